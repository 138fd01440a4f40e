import { CANCELLED_BY_PERSON } from '@countersign/contracts';
import type { Unfinished } from './run-ended.js';

export interface Around {
  readonly leaseHeld: boolean;
  readonly teamState: string;
  readonly epoch: number;
  readonly taskState: string;
  readonly taskRound: number;
  readonly goalPaused: boolean;
  readonly instanceState: string | null;
  readonly instanceReason: string | null;
  /** So long ago its member has agreed to end; null: it has not. */
  readonly leftMs: number | null;
}

/** So long an agent has to end in order once its member has agreed to. */
export const LEAVE_MS = 10_000;

/** Another supervisor may have ended the run; where none has, the round deserves another try. */
export const LEASE_LOST = { kind: 'failed', code: 'lease_lost', detail: 'the lease ran out before it was renewed' } as const;

/** The round is not over: another attempt follows when the goal goes on. */
export const GOAL_PAUSED = { kind: 'stopped', code: 'goal_paused', detail: 'the goal is paused' } as const;

/** It waited for a supervisor when its team was stopped. */
export const TEAM_STOPPED = { kind: 'stopped', code: 'team_suspended', detail: 'the team was stopped before anybody began' } as const;

/** A person asked the member to end, and it said yes: how its tasks go on is theirs to say. */
export const MEMBER_LEFT = { kind: 'stopped', code: CANCELLED_BY_PERSON, detail: 'the member agreed to end' } as const;

/**
 * How a run ended whose member has agreed to end since it was queued: by that, whatever went first, its supervisor, its goal or its agent. So nothing of it is tried
 * again. What goes with its team goes on with the team.
 */
export function afterYes(end: Unfinished): Unfinished {
  return end.kind === 'failed' || end.code === 'goal_paused' || end.code === 'instance_cancelled' ? MEMBER_LEFT : end;
}

/** Why a running worker may not go on, judged by rows; undefined: it may. Messages only make this look sooner. */
export function mustStop(run: { readonly epoch: number; readonly round: number }, around: Around): Unfinished | undefined {
  if (!around.leaseHeld) return LEASE_LOST;
  if (around.teamState !== 'active' || around.epoch !== run.epoch) return { kind: 'stopped', code: 'team_suspended', detail: `the team is ${around.teamState}` };
  if (['cancelled', 'blocked', 'done', 'todo'].includes(around.taskState) || around.taskRound !== run.round) return { kind: 'stopped', code: 'task_withdrawn', detail: `the task is ${around.taskState}` };
  if (around.goalPaused) return GOAL_PAUSED;
  if (around.instanceState === 'failed') return { kind: 'failed', code: 'budget_exhausted', detail: 'the gate ended the instance: its budget or time is used up' };
  if (around.instanceState === 'cancelled' && around.instanceReason === CANCELLED_BY_PERSON) return { kind: 'stopped', code: CANCELLED_BY_PERSON, detail: 'a person cancelled the instance' };
  if (around.instanceState === 'cancelled') return { kind: 'stopped', code: 'instance_cancelled', detail: 'the gate cancelled the instance' };
  return around.leftMs !== null && around.leftMs > LEAVE_MS ? MEMBER_LEFT : undefined;
}
