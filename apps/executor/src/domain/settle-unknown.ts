import { PLATFORM_CHAIN, type EffectState, type Role, type Settlement } from '@countersign/contracts';

/** A person's wish to end an unknown outcome. */
export interface SettleWish {
  readonly settlementId: string;
  readonly by: { readonly customerId: string; readonly roles: readonly string[] };
  readonly outcome: Settlement;
  readonly reason: string;
}

/** What is known of the effect: its state, and the settlement that ended it, where one did. */
export interface SettleFacts {
  readonly customerId: string;
  readonly effect: { readonly state: EffectState; readonly settlementId: string | null } | undefined;
}

export type SettleVerdict =
  | { readonly ok: true; readonly already: boolean }
  | { readonly ok: false; readonly code: 'not_found' | 'not_permitted' | 'reason_missing' | 'effect_not_unknown'; readonly message: string };

const no = (code: Extract<SettleVerdict, { ok: false }>['code'], message: string): SettleVerdict => ({ ok: false, code, message });
const GOVERNS: Role = 'customer_governor';
const RUNS_THE_PLATFORM: Role = 'platform_governor';

/**
 * Whether a person may settle an effect: a governor of the team's customer or of the platform, with a reason where it is their
 * own word, and only while its outcome is unknown. The same settlement again is answered as it was (`already`). For everybody
 * of another customer there is no such effect.
 */
export function settleUnknown({ settlementId, by, outcome, reason }: SettleWish, facts: SettleFacts | undefined): SettleVerdict {
  const platform = by.customerId === PLATFORM_CHAIN;
  if (!facts || (!platform && facts.customerId !== by.customerId)) return no('not_found', 'There is no such approval.');
  if (!by.roles.includes(platform ? RUNS_THE_PLATFORM : GOVERNS)) return no('not_permitted', 'Only a governor of the customer or of the platform says what became of an effect.');
  if (facts.effect?.settlementId === settlementId) return { ok: true, already: true };
  if (facts.effect?.state !== 'unknown') return no('effect_not_unknown', 'There is nothing to settle: the outcome is not unknown.');
  if (outcome !== 'look' && reason.trim() === '') return no('reason_missing', 'Say how you know: your word goes on the record.');
  return { ok: true, already: false };
}
