import { personal } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { taskWithdrawn, type GoalId, type PersonId, type TeamId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';

/** The goal that is paused or goes on, of either origin. A person who wished it is the transaction's principal; nobody did where an alert stops the agent. */
export interface PausedGoal {
  readonly teamId: TeamId;
  readonly goalId: GoalId;
  readonly epoch: number;
  readonly by: PersonId | undefined;
}
/** `code`: why, in the record, where no person says it. */
export interface PauseReason {
  readonly words: string;
  readonly code: string;
}

/** Marks the goal as paused and has its members stopped. Its state stays: that is where it goes on. */
export async function writePause(tx: Tx, audit: Audit, { teamId, goalId, epoch, by }: PausedGoal, { words, code }: PauseReason): Promise<void> {
  const busy = await tx.read<{ id: string; memberId: string; round: number }>(sql`
    select k.id, k.member_id as "memberId", k.round from app.task k where k.team_id = ${teamId} and k.goal_id = ${goalId} and k.member_id is not null and k.state in ('assigned', 'in_progress')`);
  tx.writeExpecting(1, 'paused_meanwhile', sql`update app.goal set paused_at = clock_timestamp(), pause_reason = ${words} where team_id = ${teamId} and id = ${goalId} and paused_at is null and finished_at is null`);
  await audit(tx, 'GOAL-PAUSED', { goal_id: goalId, reason: by === undefined || words.trim() === '' ? code : personal(by, words) });
  // the message only makes the supervisor look sooner: it reads that the goal is paused
  for (const { id, memberId, round } of busy) publish(tx, taskWithdrawn, { teamId, memberId }, { epoch, goalId, taskId: id as never, round });
}

/** Lets it go on, with every deadline moved by the time that stood still; `pausedMs` is how long that was. */
export async function writeResume(tx: Tx, audit: Audit, { teamId, goalId }: Pick<PausedGoal, 'teamId' | 'goalId'>, pausedMs: number): Promise<void> {
  tx.write(sql`select sec.thaw(${goalId})`);
  tx.writeExpecting(1, 'resumed_meanwhile', sql`update app.goal set paused_at = null, pause_reason = '', running_since = clock_timestamp(), paused_ms = paused_ms + (extract(epoch from clock_timestamp() - paused_at) * 1000)::int8
    where team_id = ${teamId} and id = ${goalId} and paused_at is not null`);
  await audit(tx, 'GOAL-RESUMED', { goal_id: goalId, paused_ms: pausedMs });
}
