/** Why an effect was not performed although somebody asked for it; the word that stands in the chain. */
export const REFUSALS = [
  'approval_not_granted',
  'approval_expired',
  'approval_used',
  'approval_spent',
  'approval_unused',
  'stale_epoch',
  'goal_cancelled',
  'goal_paused',
  'digest_mismatch',
  'manifest_invalid',
  'effect_unsupported',
  'mirror_foreign',
  'remote_not_adopted',
  'remote_invalid',
  'branch_invalid',
  'path_invalid',
  'base_missing',
  'tree_mismatch',
  'url_invalid',
  'content_type_invalid',
  'sender_invalid',
  'recipient_invalid',
  'subject_invalid',
  'effect_not_allowed',
  'host_not_allowed',
  'sender_not_allowed',
  'recipient_not_allowed',
  'secret_missing',
  'too_large',
  'not_a_text',
  'assertion_missing',
  'assertion_invalid',
  'assertion_late',
  'assertion_spent',
  'quorum_short',
  'entry_foreign',
  'approver_not_named',
  'key_unknown',
  'key_foreign',
  'key_ended',
  'key_not_in_effect',
  'key_unfit',
  'tier_not_offered',
  'tier_too_low',
  'tier_unmet',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Refusals that may be another time: they leave the approval to its own fate and stand in the chain only. The others end it for good. */
export const PASSING: ReadonlySet<Refusal> = new Set<Refusal>(['approval_not_granted', 'approval_used', 'approval_unused', 'stale_epoch', 'goal_paused']);

/** A refusal is an outcome, not an error. `found` is the hash that was met where another was approved. */
export interface Refused {
  readonly ok: false;
  readonly code: Refusal;
  readonly found?: string;
}

export const refuse = (code: Refusal, found?: string): Refused => ({ ok: false, code, ...(found === undefined ? {} : { found }) });
