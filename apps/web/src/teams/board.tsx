import type { TeamDetail } from '@countersign/contracts';
import { useQuery } from '@tanstack/react-query';
import { boardQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded } from '../parts/states.js';
import { BoardTools } from './board-tools.js';
import { Column } from './column.js';
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
            {board.reviewers.length > 0 && <p className={styles.reviewers}>Reviewed by <Revealed text={board.reviewers.map(({ name }) => name || 'somebody').join(', ')} /></p>}
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
