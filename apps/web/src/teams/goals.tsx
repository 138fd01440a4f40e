import type { GoalSummary, TeamDetail } from '@countersign/contracts';
import { goalStatus } from '@countersign/view';
import { Link } from '@tanstack/react-router';
import { Money } from '../parts/money.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { StatusWord } from '../parts/shape.js';
import { Ago } from '../parts/time.js';
import lists from '../parts/list.module.css';
import styles from './goals.module.css';

/** The newest goals, what became of them and what each cost. */
export const Goals = ({ team }: { team: TeamDetail }) => (
  <Panel title="Goals" aside={team.goals.length === 0 ? undefined : <span className="num">{team.goals.length}</span>}>
    {team.goals.length === 0 ? (
      <p className="soft">Goals stand here with what became of them.</p>
    ) : (
      <ul className={lists.rows}>
        {team.goals.map((goal) => (
          <li key={goal.id}>
            <Goal goal={goal} teamId={team.id} />
          </li>
        ))}
      </ul>
    )}
  </Panel>
);

const Goal = ({ goal, teamId }: { goal: GoalSummary; teamId: string }) => (
  <Link to="/teams/$teamId/goals/$goalId" params={{ teamId, goalId: goal.id }} className={styles.goal}>
    <span className={`${lists.clamped} ${styles.text}`}><Revealed text={goal.text} /></span>
    <span className={styles.line}>
      <StatusWord status={goalStatus[goal.state]} live />
      <span className="soft small">
        <Ago at={goal.changedAt} /> · <Money amount={goal.cost} />
      </span>
    </span>
  </Link>
);
