import type { BoardCard, BoardColumn } from '@countersign/contracts';
import { workerName } from '@countersign/contracts/worker-name';
import { taskStatus } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { boardQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { Panel } from '../parts/panel.js';
import { StatusWord } from '../parts/shape.js';
import { Bones, Loaded } from '../parts/states.js';
import styles from './board.module.css';

/** The team's tasks by state. Cards move by themselves; columns lie beside each other where there is room. */
export function Board({ teamId }: { teamId: string }) {
  const query = useQuery(boardQuery(teamId));
  return (
    <Panel title="Board" className={styles.board}>
      <Loaded query={query} what="board" skeleton={<Bones widths={[30, 80, 30, 80]} />}>
        {({ columns }) => (
          <div className={styles.columns}>
            {columns.map((column) => (
              <Column key={column.id} column={column} teamId={teamId} />
            ))}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

const Column = ({ column: { title, tasks }, teamId }: { column: BoardColumn; teamId: string }) => (
  <section className={styles.column}>
    <h3>
      {title} <span className={`${styles.count} num`}>{tasks.length}</span>
    </h3>
    {tasks.length === 0 ? (
      <p className={styles.none}>Nothing here</p>
    ) : (
      <ul>
        {tasks.map((task) => (
          <li key={task.id}>
            <Card task={task} teamId={teamId} />
          </li>
        ))}
      </ul>
    )}
  </section>
);

const Card = ({ task, teamId }: { task: BoardCard; teamId: string }) => (
  <Link to="/teams/$teamId/goals/$goalId" params={{ teamId, goalId: task.goalId }} className={styles.card}>
    <span>{task.title}</span>
    <span className={styles.foot}>
      <span className={styles.member}>
        <Avatar name={workerName(task)} size={22} />
        {workerName(task)}
        {task.round > 1 && <span className="num">· round {task.round}</span>}
      </span>
      <StatusWord status={taskStatus[task.state]} live />
    </span>
  </Link>
);
