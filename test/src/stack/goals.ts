import type { ApprovalDetail, Created, DecisionRecorded, GoalDetail } from '@countersign/contracts';
import { until, type LocalStack } from '@countersign/testing';
import { createHash } from 'node:crypto';
import type { SampleRepository } from './sample-repository.js';

/** A goal of a team, as its customer sees it. */
export interface SubmittedGoal {
  readonly id: string;
  readonly team: string;
  readonly branch: string;
}

export async function submitGoal(stack: LocalStack, team: string, repository: SampleRepository, text = 'Document and test the package', ...flags: readonly string[]): Promise<SubmittedGoal> {
  return { team, ...(await stack.json<{ id: string; branch: string }>('goal', 'submit', text, '--team', team, '--repo', repository.folder, ...flags)) };
}

export const goalStatus = (stack: LocalStack, { team, id }: SubmittedGoal): Promise<GoalDetail> => stack.get('asha', `/v1/teams/${team}/goals/${id}`);

/** A goal takes seconds; each look at it costs the stack some twenty milliseconds of work. */
const LOOK_EVERY_MS = 300;
/** Finds what hangs: on a machine whose disk stands still now and then each of its steps may take many seconds. */
const WITHIN_MS = 240_000;

/** Waits until the goal stands in a state. */
export const untilGoal = (stack: LocalStack, goal: SubmittedGoal, state: GoalDetail['state'], limitMs = WITHIN_MS): Promise<GoalDetail> =>
  until(`goal ${state}`, async () => {
    const now = await goalStatus(stack, goal);
    if (now.state !== state) throw new Error(`it is ${now.state}: ${JSON.stringify({ tasks: now.tasks.map(({ key, state: of, notes }) => [key, of, notes]), approval: now.approval?.state, effect: now.effect })}`);
    return now;
  }, limitMs, LOOK_EVERY_MS);

/** The approval that waits for this goal: the first one there is, or the one that replaces what is named. */
export async function waitingApproval(stack: LocalStack, goal: SubmittedGoal, replaced?: string): Promise<ApprovalDetail> {
  const waiting = await until('approval pending', async () => {
    const now = await goalStatus(stack, goal);
    return now.approval?.state === 'pending' && now.approval.id !== replaced && now.approval;
  }, WITHIN_MS, LOOK_EVERY_MS);
  return stack.get('asha', `/v1/approvals/${waiting.id}`);
}

/** The customer approves on a device of theirs, after it has hashed the manifest's bytes itself. */
export async function approve(stack: LocalStack, approvalId: string): Promise<DecisionRecorded> {
  const { version } = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approvalId}`);
  const manifest = await (await stack.fetch('asha', `/v1/approvals/${approvalId}/manifest`)).arrayBuffer();
  const digest = createHash('sha256').update(Buffer.from(manifest)).digest('hex');
  await bindDevice(stack);
  const assertion = await stack.approver().sign(approvalId, digest);
  return stack.post('asha', `/v1/approvals/${approvalId}/decision`, { decision: 'approve', digest, assertion }, { 'if-match': `"${version}"` });
}

/** A decision says on which device it was made; the same address is the same device. */
export const bindDevice = (stack: LocalStack): Promise<Created> => stack.approver().register();
