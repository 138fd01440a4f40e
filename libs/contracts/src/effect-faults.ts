/** Why the executor did not perform an effect although somebody asked for it. */
export const EFFECT_REFUSALS = [
  'approval_not_granted', 'approval_expired', 'approval_used', 'approval_spent', 'approval_unused', 'stale_epoch', 'goal_cancelled', 'goal_paused',
  'digest_mismatch', 'manifest_invalid', 'effect_unsupported', 'mirror_foreign', 'remote_not_adopted', 'remote_invalid', 'remote_not_allowed', 'branch_invalid', 'path_invalid',
  'base_missing', 'tree_mismatch', 'url_invalid', 'content_type_invalid', 'sender_invalid', 'recipient_invalid', 'subject_invalid', 'effect_not_allowed',
  'host_not_allowed', 'sender_not_allowed', 'recipient_not_allowed', 'secret_missing', 'too_large', 'not_a_text', 'assertion_missing', 'assertion_invalid',
  'assertion_late', 'assertion_spent', 'quorum_short', 'entry_foreign', 'approver_not_named', 'key_unknown', 'key_foreign', 'key_ended', 'key_not_in_effect', 'key_unfit',
  'tier_not_offered', 'tier_too_low', 'tier_unmet',
] as const;
export type EffectRefusal = (typeof EFFECT_REFUSALS)[number];

/** What became of an effect that was begun and did not end as it should. */
export const EFFECT_FAILURES = [
  'push_rejected', 'branch_checked_out', 'remote_moved', 'remote_silent', 'target_exists', 'host_unreachable', 'address_not_public', 'post_refused', 'post_deferred', 'mail_refused', 'mail_unreachable', 'mail_deferred', 'answer_lost', 'gave_up',
  'not_there', 'settled_by_person',
] as const;
export type EffectFault = EffectRefusal | (typeof EFFECT_FAILURES)[number];
