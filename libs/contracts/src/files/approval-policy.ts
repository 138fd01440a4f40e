import { EFFECT_KINDS, type Effect } from '../effects.js';
import { ladderSchema, type LadderPolicy } from './ladder-policy.js';
import { count, DIALECT, object, schemaId } from './parts.js';
import type { FileSchema } from './read-yaml.js';
import { watchSchema, type WatchPolicy } from './watch-policy.js';

/** What other people get cannot be taken back: no file makes it less. */
const LEAST_TIER: Partial<Record<Effect['kind'], number>> = { 'http.post': 2, 'email.send': 2 };
export const leastTier = (kind: Effect['kind']): number => LEAST_TIER[kind] ?? 0;

/** How a person is asked. */
export interface ApprovalRule {
  /** How long the question stays open. */
  timeoutMinutes: number;
  /** How long a yes may be used. */
  validMinutes: number;
  /** 0 routine … 3 delete or pay: what the person must do to say yes rises with it. */
  tier: number;
}

export interface ApprovalPolicyFile {
  /** Silence is never consent: the only outcome of a timeout is that the question expires. */
  onTimeout?: 'expire';
  defaults: ApprovalRule;
  /** Unset: `DEFAULT_LADDER`. */
  ladder?: LadderPolicy;
  /** Unset: `DEFAULT_WATCH`. */
  watch?: WatchPolicy;
  effects?: Partial<Record<Effect['kind'], Partial<ApprovalRule>>>;
}

const ruleParts = {
  timeoutMinutes: count('Minutes until an unanswered question expires.', 525_600, 1),
  validMinutes: count('Minutes a granted approval may be used.', 1_440, 1),
  tier: count('Risk: 0 routine, 1 reversible, 2 external and hard to undo, 3 delete or pay.', 3),
};
export const approvalRuleSchema = (required: readonly string[] = [], description?: string) => object(ruleParts, required, description);

export const approvalPolicySchema: FileSchema<ApprovalPolicyFile> = {
  kind: 'approval policy',
  schema: {
    $schema: DIALECT,
    $id: schemaId('approval-policy'),
    title: 'Countersign approval policy',
    description: "The platform's own floor for approvals. A bundle may be stricter, never laxer.",
    ...object(
      {
        onTimeout: { const: 'expire', description: 'Silence is never consent.' },
        defaults: approvalRuleSchema(Object.keys(ruleParts), 'For every effect that is not named below.'),
        ladder: ladderSchema,
        watch: watchSchema,
        effects: object(Object.fromEntries(EFFECT_KINDS.map((kind) => [kind, approvalRuleSchema([], `For ${kind}.`)])), [], 'Per kind of effect.'),
      },
      ['defaults'],
    ),
  },
};

/** What holds for one effect of one bundle: the stricter of the platform's policy and the bundle, field by field; what leaves for other people is tier 2 at least. */
export function approvalRuleFor(policy: ApprovalPolicyFile | undefined, bundle: ApprovalRule, kind: Effect['kind']): ApprovalRule {
  const floor = { ...bundle, ...policy?.defaults, ...policy?.effects?.[kind] };
  return {
    timeoutMinutes: Math.min(floor.timeoutMinutes, bundle.timeoutMinutes),
    validMinutes: Math.min(floor.validMinutes, bundle.validMinutes),
    tier: Math.max(floor.tier, bundle.tier, leastTier(kind)),
  };
}
