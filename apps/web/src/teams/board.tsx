import type { Board as BoardView, TeamDetail } from '@countersign/contracts';
import { useQuery } from '@tanstack/react-query';
import { boardQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Bones, Loaded } from '../parts/states.js';
import { BoardTools } from './board-tools.js';
import { Card } from './card.js';
import styles from './board.module.css';

interface BoardProps {
  readonly team: TeamDetail;
  readonly desktop: boolean;
}

/** The team's tasks by state. Members move the work, people say whether it is good; columns lie beside each other where there is room. */
export function Board({ team, desktop }: BoardProps) {
  const query = useQuery(boardQuery(team.id));
  return (
    <Panel title="Board" className={styles.board}>
      <Loaded query={query} what="board" skeleton={<Bones widths={[30, 80, 30, 80]} />}>
        {(board) => (
          <>
            <BoardTools team={team} board={board} desktop={desktop} />
            {board.reviewers.length > 0 && <p className={styles.reviewers}>Reviewed by {board.reviewers.map(({ name }) => name || 'somebody').join(', ')}</p>}
            <div className={styles.columns}>
              {board.columns.map((column) => (
                <Column key={column.id} column={column} version={board.version} team={team} desktop={desktop} />
              ))}
            </div>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const Column = ({ column, ...rest }: BoardProps & { readonly column: BoardView['columns'][number]; readonly version: number }) => (
  <section className={styles.column} aria-label={column.title}>
    <h3>
      {column.title} <span className={`${styles.count} num`}>{column.tasks.length}</span>
    </h3>
    {column.tasks.length === 0 ? (
      <p className={styles.none}>Nothing here</p>
    ) : (
      <ul>
        {column.tasks.map((card) => (
          <li key={card.id}>
            <Card card={card} column={column} {...rest} />
          </li>
        ))}
      </ul>
    )}
  </section>
);
