import type { TeamDetail } from '@countersign/contracts';
import { Link } from '@tanstack/react-router';
import { Revealed } from '../parts/revealed.js';
import { Shape } from '../parts/shape.js';
import { Ago } from '../parts/time.js';
import styles from './suspended-band.module.css';

type Suspended = Pick<TeamDetail, 'id' | 'state' | 'stateReason' | 'stateChangedAt'>;

/** On every page of a suspended team: why, since when, what still works, and who to talk to. */
export function SuspendedBand({ team, chat = true }: { team: Suspended; chat?: boolean }) {
  if (team.state !== 'suspended') return null;
  return (
    <aside className={styles.band} aria-label="This team is suspended">
      <p className={styles.title}>
        <Shape tone="stopped" />
        <span>
          Suspended <Ago at={team.stateChangedAt} />
          {team.stateReason !== '' && <Revealed text={`: ${team.stateReason}`} />}
        </span>
      </p>
      <p className="soft small">Nobody works, nothing is spent and nothing leaves the team. Everything done so far is kept, and you can read it.</p>
      {chat && (
        <Link to="/chat/$teamId" params={{ teamId: team.id }} className={styles.chat}>
          Talk to the helpdesk
        </Link>
      )}
    </aside>
  );
}
