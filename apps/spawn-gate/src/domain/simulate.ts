import type { AgentRole, SpawnPolicy, SpawnVerdict, Template } from '@countersign/contracts';
import { decideSpawn, templateFor, type SpawnAsk, type SpawnDecision, type SpawnFacts } from './decide-spawn.js';
import type { Sha256, SkillDigests } from './skills.js';

/** A decision as it was written down, with the policy and the templates that were in force. */
export interface RecordedDecision {
  readonly id: string;
  readonly role: AgentRole;
  readonly verdict: SpawnVerdict;
  readonly code: string;
  readonly ask: SpawnAsk;
  readonly facts: Omit<SpawnFacts, 'policy' | 'templates'>;
  readonly policy?: SpawnPolicy;
  readonly templates: readonly Template[];
}

/** What would be in force: another policy, or another version of one template. */
export type Draft = { readonly policy: SpawnPolicy } | { readonly template: Template; readonly skillDigests: SkillDigests };

export interface Turned<R extends RecordedDecision> {
  readonly recorded: R;
  readonly verdict: SpawnVerdict;
  readonly decision: SpawnDecision;
}

export interface Replay<R extends RecordedDecision> {
  readonly replayed: number;
  /** Of these today's rule says something else even under their own policy: that the draft does too shows nothing. */
  readonly incomparable: number;
  /** Decisions with another outcome under the draft, in the order they came. */
  readonly turned: readonly Turned<R>[];
}

export const verdictOf = (decision: Pick<SpawnDecision, 'allowed'> & { readonly requiresUserApproval?: boolean }): SpawnVerdict => (decision.allowed ? 'allowed' : decision.requiresUserApproval ? 'asks' : 'denied');

/** Judges each decision again by the one rule, on the facts of its time and under the draft. */
export function simulate<R extends RecordedDecision>(recorded: readonly R[], draft: Draft, sha256: Sha256): Replay<R> {
  const comparable = recorded.filter((each) => {
    const again = judge(each, each, sha256);
    return verdictOf(again) === each.verdict && again.code === each.code;
  });
  const turned = comparable
    .map((each): Turned<R> => {
      const decision = judge(withDigests(each, draft), drafted(each, draft), sha256);
      return { recorded: each, decision, verdict: verdictOf(decision) };
    })
    .filter(({ recorded: { verdict }, verdict: now }) => verdict !== now);
  return { replayed: recorded.length, incomparable: recorded.length - comparable.length, turned };
}

interface Rules {
  readonly policy?: SpawnPolicy;
  readonly templates: readonly Template[];
}

const judge = ({ ask, facts }: RecordedDecision, { policy, templates }: Rules, sha256: Sha256): SpawnDecision => decideSpawn(ask, { ...facts, ...(policy ? { policy } : {}), templates }, sha256);

/** A template brings the content of its own skills. */
function withDigests<R extends RecordedDecision>(recorded: R, draft: Draft): R {
  if (!('template' in draft)) return recorded;
  const others = recorded.templates.filter(({ id }) => id !== draft.template.id);
  const picked = templateFor(recorded.ask, [...others, draft.template]);
  return picked === draft.template ? { ...recorded, facts: { ...recorded.facts, skillDigests: draft.skillDigests } } : recorded;
}

const drafted = ({ policy, templates }: RecordedDecision, draft: Draft): Rules =>
  'policy' in draft ? { policy: draft.policy, templates } : { ...(policy ? { policy } : {}), templates: [...templates.filter(({ id }) => id !== draft.template.id), draft.template] };
