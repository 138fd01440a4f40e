import type { TeamDetail } from '@countersign/contracts';
import { Revealed } from '../parts/revealed.js';
import { Shape } from '../parts/shape.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import styles from './suspended-band.module.css';

type Over = Pick<TeamDetail, 'id' | 'state' | 'stateReason' | 'stateChangedAt'>;

export const isOver = ({ state }: Pick<TeamDetail, 'state'>): boolean => state === 'completed' || state === 'dissolved' || state === 'archived';

/** When and why the team ended, what is kept of it, and how to have that. */
export function Ended({ team: { id, state, stateReason, stateChangedAt } }: { team: Over }) {
  const keeps = useMe().roles.includes('customer_governor');
  return (
    <>
      <p className={styles.title}>
        <Shape tone="stopped" />
        <span>
          {state === 'archived' ? 'Put away' : 'Ended'} <Ago at={stateChangedAt} />
          {stateReason !== '' && <Revealed text={`: ${stateReason}`} />}
        </span>
      </p>
      <p className="soft small">It works no more, and costs nothing. Everything that it has made is kept{keeps ? ', and yours to save.' : '.'}</p>
      {keeps && (
        <a href={`/v1/teams/${id}/export`} download className={styles.chat}>
          Save what it has made
        </a>
      )}
    </>
  );
}

/** On the page of a team that has ended. */
export const EndedBand = ({ team }: { team: Over }) =>
  isOver(team) ? (
    <aside className={styles.band} aria-label="This team has ended">
      <Ended team={team} />
    </aside>
  ) : null;
