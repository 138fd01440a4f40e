import { EFFECT_REFUSALS, type EffectRefusal } from '@countersign/contracts';

/** Why an effect was not performed although somebody asked for it; the word that stands in the chain. */
export const REFUSALS = EFFECT_REFUSALS;
export type Refusal = EffectRefusal;

/** Refusals that may be another time: they leave the approval to its own fate and stand in the chain only. The others end it for good. */
export const PASSING: ReadonlySet<Refusal> = new Set<Refusal>(['approval_not_granted', 'approval_used', 'approval_unused', 'stale_epoch', 'goal_paused']);

/** A refusal is an outcome, not an error. `found` is the hash that was met where another was approved. */
export interface Refused {
  readonly ok: false;
  readonly code: Refusal;
  readonly found?: string;
}

export const refuse = (code: Refusal, found?: string): Refused => ({ ok: false, code, ...(found === undefined ? {} : { found }) });
