import type { ApprovalDetail, GoalDetail } from '@countersign/contracts';
import { until, type LocalStack } from './local-stack.js';
import type { SampleRepository } from './sample-repository.js';

export interface SubmittedGoal {
  readonly id: string;
  readonly branch: string;
}

export const submitGoal = (stack: LocalStack, team: string, repository: SampleRepository, text = 'Document and test the package'): Promise<SubmittedGoal> =>
  stack.json('goal', 'submit', text, '--team', team, '--repo', repository.folder);

export const goalStatus = (stack: LocalStack, id: string): Promise<GoalDetail> => stack.json('goal', 'status', id);

/** Waits until the goal stands in a state; a goal that ended otherwise fails at once. */
export const untilGoal = (stack: LocalStack, id: string, state: GoalDetail['state'], limitMs = 90_000): Promise<GoalDetail> =>
  until(`goal ${state}`, async () => {
    const goal = await goalStatus(stack, id);
    return goal.state === state && goal;
  }, limitMs);

/** The approval that waits for this goal. */
export async function waitingApproval(stack: LocalStack, goalId: string): Promise<ApprovalDetail> {
  const goal = await until('approval pending', async () => {
    const now = await goalStatus(stack, goalId);
    return now.approval?.state === 'pending' && now;
  }, 90_000);
  return stack.json('approvals', 'show', goal.approval!.id);
}

export const approve = (stack: LocalStack, approvalId: string): Promise<unknown> => stack.json('approvals', 'approve', approvalId, '--yes');
