import type { ApprovalSummary, ApprovalView, EffectState, GoalState, InstanceState, TaskState, TeamState } from '@countersign/contracts';

/** What a state looks like: each tone has a shape and a colour of its own, and always its word beside them. */
export type Tone = 'idle' | 'working' | 'waiting' | 'stopped' | 'failed' | 'done';
export interface Status {
  readonly tone: Tone;
  readonly word: string;
}

/** For terminals and texts; screens draw the same shapes. */
export const SHAPE: Readonly<Record<Tone, string>> = { idle: '○', working: '●', waiting: '◐', stopped: '■', failed: '✕', done: '✓' };

export const status = (tone: Tone, word: string): Status => ({ tone, word });

export const approvalStatus: Readonly<Record<ApprovalView, Status>> = {
  pending: status('waiting', 'Waiting for an answer'),
  held: status('waiting', 'Can still be undone'),
  approved: status('working', 'Approved'),
  executing: status('working', 'Being carried out'),
  executed: status('done', 'Carried out'),
  failed: status('failed', 'Failed'),
  unknown: status('waiting', 'Outcome unknown'),
  changes_requested: status('stopped', 'Changes requested'),
  denied: status('failed', 'Denied'),
  expired: status('stopped', 'Expired'),
  superseded: status('stopped', 'Replaced'),
  withdrawn: status('stopped', 'Withdrawn'),
};

export const goalStatus: Readonly<Record<GoalState, Status>> = {
  planned: status('idle', 'Planned'),
  running: status('working', 'Working'),
  proposed: status('waiting', 'Waiting for approval'),
  changes_requested: status('working', 'Revising'),
  executing: status('working', 'Being carried out'),
  done: status('done', 'Done'),
  blocked: status('failed', 'Blocked'),
  denied: status('failed', 'Denied'),
  expired: status('stopped', 'Expired'),
  failed: status('failed', 'Failed'),
  cancelled: status('stopped', 'Cancelled'),
};

export const taskStatus: Readonly<Record<TaskState, Status>> = {
  todo: status('idle', 'To do'),
  assigned: status('idle', 'Assigned'),
  in_progress: status('working', 'Working'),
  review: status('working', 'In review'),
  // by the manager's checks; it is not on the goal's branch yet
  approved: status('working', 'Checks passed'),
  done: status('done', 'Done'),
  blocked: status('failed', 'Blocked'),
  cancelled: status('stopped', 'Cancelled'),
};

export const teamStatus: Readonly<Record<TeamState, Status>> = {
  requested: status('waiting', 'Waiting for certification'),
  certified: status('idle', 'Ready to start'),
  rejected: status('failed', 'Rejected'),
  active: status('working', 'Active'),
  suspended: status('stopped', 'Suspended'),
  completed: status('done', 'Completed'),
  dissolved: status('stopped', 'Dissolved'),
  archived: status('stopped', 'Archived'),
};

/** `queued` is a place that waits for a supervisor. */
export const instanceStatus: Readonly<Record<InstanceState, Status>> = {
  queued: status('waiting', 'Waiting for a run'),
  running: status('working', 'Working'),
  completed: status('done', 'Done'),
  failed: status('failed', 'Failed'),
  cancelled: status('stopped', 'Stopped'),
};

export const effectStatus: Readonly<Record<EffectState, Status>> = {
  started: status('working', 'Being carried out'),
  executed: status('done', 'Carried out'),
  failed: status('failed', 'Failed'),
  refused: status('failed', 'Refused'),
  unknown: status('waiting', 'Outcome unknown'),
};

/** States in which nobody has to do or to wait for anything any more. */
export const OVER: ReadonlySet<GoalState> = new Set(['done', 'denied', 'expired', 'failed', 'cancelled']);
export const isOpenGoal = (state: GoalState): boolean => !OVER.has(state);

/** Risk in words, only where it should make one slower: what can be undone inside needs none. Of the highest tier is also what can be undone and is above a limit. */
export function riskWords({ tier, reversible }: Pick<ApprovalSummary, 'tier' | 'reversible'>): string | undefined {
  if (tier < 2) return undefined;
  if (tier === 2) return 'Leaves the team';
  return reversible ? 'High risk' : 'Cannot be undone';
}
