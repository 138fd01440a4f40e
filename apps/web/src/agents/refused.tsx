import type { DenialView } from '@countersign/contracts';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Shape } from '../parts/shape.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import lists from '../parts/list.module.css';
import styles from './agents.module.css';

/** What was refused lately, with its code: spawns, and what agents tried and may not do. */
export function Refused({ denials }: { denials: readonly DenialView[] }) {
  const { teams } = useMe();
  return (
    <Panel title="Refused">
      {denials.length === 0 ? (
        <p className="soft">What the gate or an agent’s limits refuse stands here, with the rule that said no.</p>
      ) : (
        <ul className={lists.rows}>
          {denials.map(({ id, teamId, kind, code, reason, what, at }) => (
            <li key={`${kind} ${id}`} className={styles.mission}>
              <div className={styles.line}>
                <span className={styles.due}>
                  <Shape tone="failed" />
                  <code className={styles.exact}>{code}</code>
                </span>
                <span className="soft small">
                  <Ago at={at} />
                </span>
              </div>
              <p className={`${lists.clamped} ${styles.why}`}><Revealed text={what} /></p>
              <p className="soft small">
                {teams.find((team) => team.id === teamId)?.name ?? 'A team'}, {kind === 'spawn' ? 'a spawn' : 'an agent’s call'}
                {reason !== '' && <>: <Revealed text={reason} /></>}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
