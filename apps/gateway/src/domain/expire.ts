import type { ApprovalState, TeamState } from '@countersign/contracts';

export interface WaitingApproval {
  readonly state: ApprovalState;
  readonly dueAt: Date;
  /** Of a decision that is held: when it takes effect. */
  readonly effectiveAt: Date | undefined;
  /** Of a yes that is held: until when the executor would take it. */
  readonly goodUntil: Date | undefined;
  /** Of a yes that is held: as many as it takes still stand, on devices that are theirs. */
  readonly counts: boolean;
  readonly epoch: number;
  /** The goal behind it was cancelled: its answer would be used by nobody. */
  readonly goalCancelled: boolean;
  /** Its goal stands still, and its time with it. */
  readonly paused: boolean;
  /** An approval that was used belongs to its effect; nothing takes it back. */
  readonly used: boolean;
}

/**
 * What time and the team's life make of an approval that nobody touches.
 *
 * Silence is its own outcome: neither a yes nor a person's no (P6). A team that was stopped, even if it runs again,
 * takes back what it asked for or was granted before (P9); while it or the goal stands still no deadline passes. A cancelled goal
 * takes its question back as well. A decision that is held was made in time: it does not expire, and takes effect when its time to
 * be undone is over; but a yes that nobody would carry out any more, because its goal stood still or no gateway was there for so long,
 * is not granted late: it lapses, and is asked for again. So does one that counts no more, because a device it came from was removed.
 */
export function untouched(approval: WaitingApproval, team: { readonly state: TeamState; readonly epoch: number }, now: Date): 'wait' | 'expire' | 'withdraw' | 'release' | 'lapse' {
  const open = approval.state === 'pending' || approval.state === 'held';
  if (!open && approval.state !== 'approved') return 'wait';
  const stopped = team.state !== 'active' || team.epoch !== approval.epoch;
  if ((stopped || approval.goalCancelled) && !approval.used) return 'withdraw';
  if (approval.paused) return 'wait';
  if (approval.state === 'held') {
    if (approval.effectiveAt!.getTime() > now.getTime()) return 'wait';
    return !approval.counts || (approval.goodUntil && approval.goodUntil.getTime() <= now.getTime()) ? 'lapse' : 'release';
  }
  return open && approval.dueAt.getTime() <= now.getTime() ? 'expire' : 'wait';
}
