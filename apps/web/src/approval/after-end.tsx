import type { ApprovalDetail } from '@countersign/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { goalQuery } from '../api/queries.js';
import { AskAgain } from '../teams/ask-again.js';
import styles from './outcome.module.css';

/** Where it goes on from a request that is over: to its next version, or to the same goal once more. */
export function AfterEnd({ approval: { id, state, teamId, goalId } }: { approval: ApprovalDetail }) {
  const goal = useQuery(goalQuery(teamId, goalId)).data;
  if (goal === undefined) return null;
  if ((state === 'changes_requested' || state === 'failed') && goal.approval && goal.approval.id !== id) {
    return (
      <Link to="/a/$approvalId" params={{ approvalId: goal.approval.id }} className={styles.link}>
        Open the next version
      </Link>
    );
  }
  return goal.approval?.id === id ? <AskAgain teamId={teamId} goal={goal} /> : null;
}
