import type { ApprovalState, DecidedState, Decision } from '@countersign/contracts';

export interface UndoFacts {
  readonly now: Date;
  readonly personId: string;
  readonly approval: { readonly state: ApprovalState; readonly effectiveAt: Date | undefined; readonly heldFor: DecidedState | undefined; readonly decidedBy: string | undefined; readonly paused: boolean; /** The team was stopped after it asked. */ readonly stopped: boolean };
  /** Of this approval, the newest first; of each whether it was taken back. */
  readonly decisions: readonly RecordedDecision[];
}
export interface RecordedDecision {
  readonly id: string;
  readonly decision: Decision | 'expire' | 'withdraw' | 'undo';
  readonly personId: string | null;
  readonly undone: boolean;
}
export type Undoable = RecordedDecision & { readonly decision: (typeof DECIDES)[number] };
export type UndoVerdict = { readonly outcome: 'undone'; readonly takes: Undoable } | { readonly outcome: 'refused'; readonly code: UndoRefusal; readonly message: string };
export type UndoRefusal = 'undo_not_yours' | 'nothing_to_undo' | 'undo_too_late' | 'superseded' | 'withdrawn' | 'expired';

const refused = (code: UndoRefusal, message: string): UndoVerdict => ({ outcome: 'refused', code, message });
const DECIDES = ['approve', 'deny', 'request_changes'] as const;
const decides = (recorded: RecordedDecision): recorded is Undoable => (DECIDES as readonly string[]).includes(recorded.decision);

/**
 * Whether a person may take back what they decided: their own word, until it takes effect. While time stands still with the goal, so
 * does the time to undo. A yes of several that are needed has no effect yet, so it can be taken back as long as the question waits;
 * while somebody's no is held, only theirs can.
 */
export function undoDecision({ now, personId, approval, decisions }: UndoFacts): UndoVerdict {
  if (approval.state === 'superseded') return refused('superseded', 'a newer version replaced this request, and your decision with it');
  if (approval.state === 'withdrawn' || (approval.stopped && ['pending', 'held'].includes(approval.state))) return refused('withdrawn', 'the request was taken back, and your decision with it');
  if (approval.state === 'expired') return refused('expired', 'the time to answer is over: there is nothing to undo');
  const made = decisions.filter(decides);
  const heldNo = approval.state === 'held' && approval.heldFor !== 'approved';
  const takes = heldNo && approval.decidedBy !== personId ? undefined : made.find((each) => each.personId === personId && !each.undone);
  if (!takes) return made.some((each) => each.personId !== personId && !each.undone) ? refused('undo_not_yours', 'somebody else decided: only they can take it back') : refused('nothing_to_undo', 'nothing was decided, or it was taken back already');
  if (approval.state === 'pending' || (approval.state === 'held' && (approval.paused || approval.effectiveAt!.getTime() > now.getTime()))) return { outcome: 'undone', takes };
  return refused('undo_too_late', 'it has taken effect: it cannot be taken back any more');
}
