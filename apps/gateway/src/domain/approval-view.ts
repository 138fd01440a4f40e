import type { ApprovalState, ApprovalView, EffectState } from '@countersign/contracts';

/** Stored state and effect together are what people see (design §2). */
export function viewOf(state: ApprovalState, effect: EffectState | undefined): ApprovalView {
  if (state !== 'approved' || effect === undefined) return state;
  return effect === 'started' ? 'executing' : effect === 'refused' ? 'failed' : effect;
}
