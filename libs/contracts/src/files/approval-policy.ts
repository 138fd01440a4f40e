import { EFFECT_KINDS, type Effect } from '../effects.js';
import { ladderSchema, type LadderPolicy } from './ladder-policy.js';
import { count, DIALECT, object, schemaId } from './parts.js';
import { brokenQuorum, quorumSchema, strictestQuorum, type QuorumInForce, type QuorumRule } from './quorum.js';
import type { FileSchema } from './read-yaml.js';
import { watchSchema, type WatchPolicy } from './watch-policy.js';

/** What other people get cannot be taken back: no file makes it less. */
const LEAST_TIER: Partial<Record<Effect['kind'], number>> = { 'http.post': 2, 'email.send': 2 };
export const leastTier = (kind: Effect['kind']): number => LEAST_TIER[kind] ?? 0;

/** What cannot be taken back, or is above a limit: two yeses and ten minutes in which it can be stopped. No file makes it less. */
export const HIGHEST_TIER = 3;
const LEAST_DELAY_SECONDS = 600;
export const leastDelaySeconds = (tier: number): number => (tier >= HIGHEST_TIER ? LEAST_DELAY_SECONDS : 0);
export const leastNeeded = (tier: number): number => (tier >= HIGHEST_TIER ? 2 : 1);

/** How a person is asked. */
export interface ApprovalRule {
  /** How long the question stays open. */
  timeoutMinutes: number;
  /** How long a yes may be used. */
  validMinutes: number;
  /** 0 routine … 3 delete or pay: what the person must do to say yes rises with it. */
  tier: number;
  /** Between the last yes and its effect; until then it can be undone. */
  delaySeconds?: number;
  /** Unset: one person. */
  quorum?: QuorumRule;
}
/** What of a rule goes with a tier, whatever the effect. */
export type TierRule = Pick<ApprovalRule, 'delaySeconds' | 'quorum'>;

/** How much of an effect there is. */
export interface EffectSize {
  files: number;
  bytes: number;
  /** People who get it. */
  recipients: number;
}

export interface ApprovalPolicyFile {
  /** Silence is never consent: the only outcome of a timeout is that the question expires. */
  onTimeout?: 'expire';
  defaults: ApprovalRule;
  /** Unset: `DEFAULT_LADDER`. */
  ladder?: LadderPolicy;
  /** Unset: `DEFAULT_WATCH`. */
  watch?: WatchPolicy;
  /** Whatever the effect: by the tier that it comes to. */
  tiers?: Partial<Record<'0' | '1' | '2' | '3', TierRule>>;
  /** `limit`: above any of these it is of the highest tier. */
  effects?: Partial<Record<Effect['kind'], Partial<ApprovalRule> & { limit?: Partial<EffectSize> }>>;
}
/** What holds for one effect, all of it said. */
export type RuleInForce = Required<Omit<ApprovalRule, 'quorum'>> & { readonly quorum: QuorumInForce };

const ruleParts = {
  timeoutMinutes: count('Minutes until an unanswered question expires.', 525_600, 1),
  validMinutes: count('Minutes a granted approval may be used.', 1_440, 1),
  tier: count('Risk: 0 routine, 1 reversible, 2 external and hard to undo, 3 irreversible or above a limit.', HIGHEST_TIER),
};
const tierParts = { delaySeconds: count('Seconds between the last yes and its effect, in which it can be undone; ten minutes at least at tier 3.', 86_400), quorum: quorumSchema };
const limitSchema = object({ files: count('Files.'), bytes: count('Bytes of all files together.'), recipients: count('People who get it.') }, [], 'Above any of these it is of tier 3.');
export const approvalRuleSchema = (required: readonly string[] = [], description?: string) => object({ ...ruleParts, ...tierParts }, required, description);

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
        tiers: object(Object.fromEntries([0, 1, 2, HIGHEST_TIER].map((tier) => [tier, object(tierParts, [], `At tier ${tier}.`)])), [], 'By the tier that an effect comes to.'),
        effects: object(Object.fromEntries(EFFECT_KINDS.map((kind) => [kind, object({ ...ruleParts, ...tierParts, limit: limitSchema }, [], `For ${kind}.`)])), [], 'Per kind of effect.'),
      },
      ['defaults'],
    ),
  },
  check: ({ defaults, tiers = {}, effects = {} }) => [
    ...brokenQuorum('/defaults/quorum', defaults.quorum),
    ...Object.entries(tiers).flatMap(([tier, rule]) => brokenQuorum(`/tiers/${tier}/quorum`, rule.quorum)),
    ...Object.entries(effects).flatMap(([kind, rule]) => brokenQuorum(`/effects/${kind}/quorum`, rule.quorum)),
  ],
};

/** How much of an effect there is, from the effect and its files. */
export const sizeOf = (effect: Effect, files: readonly { readonly size: number }[]): EffectSize => ({
  files: files.length,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
  recipients: effect.kind === 'email.send' ? effect.to.length + effect.cc.length : 0,
});

/**
 * What holds for one effect of one bundle: the stricter of the platform's policy and the bundle, field by field. What leaves for
 * other people is tier 2 at least, what is above a limit tier 3, and tier 3 needs two yeses and its delay whatever the files say.
 */
export function approvalRuleFor(policy: ApprovalPolicyFile | undefined, bundle: ApprovalRule, kind: Effect['kind'], size: EffectSize): RuleInForce {
  const { limit, ...named } = policy?.effects?.[kind] ?? {};
  const floor = { ...bundle, ...policy?.defaults, ...named };
  const above = (['files', 'bytes', 'recipients'] as const).some((unit) => limit?.[unit] !== undefined && size[unit] > limit[unit]);
  const tier = Math.max(floor.tier, bundle.tier, leastTier(kind), above ? HIGHEST_TIER : 0);
  const ofTier = policy?.tiers?.[String(tier) as '0' | '1' | '2' | '3'];
  const quorum = strictestQuorum([floor.quorum, bundle.quorum, ofTier?.quorum]);
  return {
    timeoutMinutes: Math.min(floor.timeoutMinutes, bundle.timeoutMinutes),
    validMinutes: Math.min(floor.validMinutes, bundle.validMinutes),
    tier,
    delaySeconds: Math.max(floor.delaySeconds ?? 0, bundle.delaySeconds ?? 0, ofTier?.delaySeconds ?? 0, leastDelaySeconds(tier)),
    quorum: { ...quorum, need: Math.max(quorum.need, leastNeeded(tier)) },
  };
}
