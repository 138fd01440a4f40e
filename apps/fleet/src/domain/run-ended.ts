import type { CANCELLED_BY_PERSON, RunState } from '@countersign/contracts';

/** Why a worker's run is over. The codes are stable: they stand in rows, messages and screens. */
export type RunEnd =
  | { readonly kind: 'submitted' }
  | { readonly kind: 'stopped'; readonly code: 'team_suspended' | 'task_withdrawn' | 'goal_paused' | 'instance_cancelled' | typeof CANCELLED_BY_PERSON; readonly detail: string }
  | { readonly kind: 'failed'; readonly code: RunFailureCode | (string & {}); readonly detail: string };

/** A run that handed nothing in. */
export type Unfinished = Exclude<RunEnd, { kind: 'submitted' }>;

export type RunFailureCode =
  | 'worker_garbage'
  | 'worker_flood'
  | 'worker_silent'
  | 'worker_exit'
  | 'worker_timeout'
  | 'worker_failed'
  | 'worker_start'
  | 'budget_exhausted'
  | 'supervisor_lost'
  | 'lease_lost'
  | 'agent_unknown'
  | 'base_missing'
  | 'base_too_large';

/** Failed runs per round: a crash of ours is worth another try, the same mistake of a worker is not; what a pause or a suspension stopped is no failure. */
export const MAX_FAILURES = 3;
const WORTH_ANOTHER_TRY: readonly string[] = ['supervisor_lost', 'lease_lost', 'worker_start', 'gate_unreachable'];

export interface AfterRun {
  readonly state: Extract<RunState, 'submitted' | 'failed' | 'stopped'>;
  /** Queue the next attempt of the same round; of a paused goal it is taken when the goal goes on. */
  readonly retry: boolean;
}

/** `failedBefore`: runs of the round that have failed before this one. */
export function afterRun(end: RunEnd, failedBefore: number): AfterRun {
  switch (end.kind) {
    case 'submitted':
      return { state: 'submitted', retry: false };
    case 'stopped':
      return { state: 'stopped', retry: end.code === 'goal_paused' };
    case 'failed':
      return { state: 'failed', retry: failedBefore + 1 < MAX_FAILURES && WORTH_ANOTHER_TRY.includes(end.code) };
  }
}

/** How the gate is told that a run's instance is over. */
export const INSTANCE_AFTER = { submitted: 'completed', stopped: 'cancelled', failed: 'failed' } as const satisfies Record<RunEnd['kind'], string>;
