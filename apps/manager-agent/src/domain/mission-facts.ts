import type { MissionCommand, MissionState } from '@countersign/contracts';

/** Everything the reducer needs to know about one mission, read in one transaction under its row's lock. */
export interface MissionFacts {
  readonly mission: MissionState;
  /** The database's clock. */
  readonly nowMs: number;
  /** How often each work item was handed out. */
  readonly rounds: ReadonlyMap<string, number>;
  /** When its time is over; null before it was started, and where no limit was set. */
  readonly deadlineMs: number | null;
  /** Events about runs and approvals that were taken before; each of their ids counts once. */
  readonly past: readonly PastEvent[];
}

export interface PastEvent {
  readonly type: 'run_started' | 'run_finished' | 'approval_granted' | 'approval_denied';
  readonly workItemId: string;
  /** The run's id, or the approval's. */
  readonly id: string;
}

/** Ours, and nobody can post it: the mission's means are used up. `reason` is the limit's name in the original's events. */
export interface MissionExhausted {
  readonly type: 'mission_exhausted';
  readonly mission_id: string;
  readonly reason: string;
}

export const REFUSALS = [
  'mission_event_mismatch',
  'mission_event_invalid',
  'mission_over',
  'mission_paused',
  'mission_transition_refused',
  'work_item_not_found',
  'work_item_not_ready',
  'work_item_transition_refused',
  'work_item_rounds_used_up',
  'run_mismatch',
] as const;
export type MissionRefusal = { readonly ok: false; readonly code: (typeof REFUSALS)[number]; readonly message: string };

/** The mission after an event, and what is to be done about it. `changed: false`: nothing of it is new, and its revision stays. */
export type Reduction = { readonly ok: true; readonly changed: boolean; readonly mission: MissionState; readonly commands: readonly MissionCommand[] } | MissionRefusal;
