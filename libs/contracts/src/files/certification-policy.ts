import { BUNDLE_EFFECT_KINDS } from '../effects.js';
import { count, DIALECT, flag, list, object, schemaId, slug, text } from './parts.js';
import type { FileSchema } from './read-yaml.js';

export const CLASSES = ['within', 'evolution'] as const;
/** `within`: what has been decided covers it; `evolution`: it goes further. */
export type Classification = (typeof CLASSES)[number];
export const REVIEWERS = ['genesis', 'systems_architect', 'vision_guardian'] as const;
export type Reviewer = (typeof REVIEWERS)[number];

/** What a team may be and touch at most without a new decision. */
export interface ScopeBaseline {
  effects: string[];
  /** Tools of all agents together. */
  tools: string[];
  hosts: string[];
  secrets: string[];
  commit: boolean;
  push: boolean;
  /** People in it, the manager included. */
  people: number;
  /** The lowest risk tier that its questions are asked at. */
  tier: number;
  needed: number;
  delaySeconds: number;
  validMinutes: number;
}

/** `policies/certification.yaml`. */
export interface CertificationPolicy {
  /** Which ways of working every team's certification covers. */
  ways: string[];
  /** Whose review a certification waits for, by its classification, beside Genesis's own. */
  reviews: Record<Classification, Exclude<Reviewer, 'genesis'>[]>;
  baseline: ScopeBaseline;
  /** A team below this score is not certified. */
  leastAlignment: number;
  size: { overheadFrom: number; subTeamsFrom: number; workspaceGb: number };
}

const reviewers = (description: string) => list({ type: 'string', enum: REVIEWERS.filter((role) => role !== 'genesis') }, description);
const names = (description: string) => list(text('A name.'), description);

export const certificationPolicySchema: FileSchema<CertificationPolicy> = {
  kind: 'certification policy',
  schema: {
    $schema: DIALECT,
    $id: schemaId('certification'),
    title: 'Countersign certification policy',
    description: 'What a team must show, and who must have looked at it, before Genesis certifies it.',
    ...object(
      {
        ways: { ...list(slug('policies/ways/<id>.yaml.'), 'Ways of working that every certification covers.', 10), minItems: 1 },
        reviews: object({ within: reviewers('For a team that stays within what has been decided.'), evolution: reviewers('For a team that goes further.') }, ['within', 'evolution'], 'Whose review, or the governor’s waiver of it, a certification waits for.'),
        baseline: object(
          {
            effects: list({ type: 'string', enum: BUNDLE_EFFECT_KINDS }, 'What may leave a team, countersigned.'),
            tools: names('Tools.'),
            hosts: names('Hosts that agents reach.'),
            secrets: names('Aliases of secrets.'),
            commit: flag('Whether agents commit.'),
            push: flag('Whether agents push.'),
            people: count('People in a team, its manager included.', 100, 2),
            tier: count('The lowest tier that its questions are asked at.', 3),
            needed: count('The fewest people who must say yes.', 10, 1),
            delaySeconds: count('The least time between the last yes and its effect.', 86_400),
            validMinutes: count('The longest that a yes may be used.', 1_440, 1),
          },
          ['effects', 'tools', 'hosts', 'secrets', 'commit', 'push', 'people', 'tier', 'needed', 'delaySeconds', 'validMinutes'],
          'What has been decided for every team: the first version of a bundle is measured by it, another by the newest of it, or of one before it, that was certified.',
        ),
        leastAlignment: count('The least score of 100.', 100),
        size: object({ overheadFrom: count('From so many people on coordination is felt.', 100, 2), subTeamsFrom: count('From so many on a team wants sub-teams.', 100, 2), workspaceGb: count('Gigabytes from which a workspace is a bottleneck.', 10_000, 1) }, ['overheadFrom', 'subTeamsFrom', 'workspaceGb'], 'What the architect warns of.'),
      },
      ['ways', 'reviews', 'baseline', 'leastAlignment', 'size'],
    ),
  },
};
