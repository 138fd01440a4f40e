import { brokenPermission, SEED_CONDITIONS, SEED_SUBJECTS, type PrecedentSeed, type SeedCondition, type SeedSubject } from '../files/precedent-seed.js';
import { count, DIALECT, flag, list, object, schemaId, slug, text } from '../files/parts.js';
import type { FileSchema } from '../files/read-yaml.js';
import { CRITERIA, type CriterionOfClass } from './scope.js';

/** What the platform's governor confirms before an evolution is approved (S4-125). */
export const CONFIRMATIONS = {
  delegation: 'Managers coordinate team members inside the team without your approval of each delegation?',
  shared_context: 'You accept that members of a team see the team’s data, kept apart from every other team?',
  mobile: 'Approvals by phone count like those at a desk, with the same record?',
  helpdesk: 'You accept a reduced service while a manager is suspended?',
  cost: 'You approve what it adds to the platform’s cost?',
  timeline: 'You accept how long it takes until the first team has it?',
} as const;
export type ConfirmationId = keyof typeof CONFIRMATIONS;
export const CONFIRMATION_IDS = Object.keys(CONFIRMATIONS) as readonly ConfirmationId[];

/** One answer of the governor; the newest of each question counts. */
export interface Confirmation {
  readonly question: ConfirmationId;
  readonly accepted: boolean;
  readonly note: string;
}

/** What is proposed (S4-1 … S4-5). The seed is what the decision becomes if it is approved. */
export interface EvolutionProposal {
  title: string;
  current: string;
  proposed: string;
  rationale: string[];
  /** The version of a bundle that it lets through: a team of it that goes further is certified with an approved evolution that names it. Absent: a decision about all teams. */
  about?: { bundle: string; version: number };
  /** The four questions of the classification, each with why it is a yes; one yes at least, or it is no evolution. */
  criteria: Record<CriterionOfClass, string[]>;
  seed: Pick<PrecedentSeed, 'seed_id' | 'type' | 'decision' | 'principle'> & { applies_to: SeedSubject[]; supersedes?: string; permits?: boolean; only_while?: SeedCondition[] };
}

const reasons = (description: string) => list(text('Why.', 500), description, 20);

export const evolutionProposalSchema: FileSchema<EvolutionProposal> = {
  kind: 'evolution',
  schema: {
    $schema: DIALECT,
    $id: schemaId('evolution'),
    title: 'Countersign evolution',
    description: 'A proposal to let agents do, touch or decide more than has been decided, and the precedent that it would become.',
    ...object(
      {
        title: text('For people.', 200),
        current: text('How it is.', 4000),
        proposed: text('How it shall be.', 4000),
        rationale: { ...reasons('Why it should be.'), minItems: 1 },
        about: object({ bundle: slug('A bundle that is published.'), version: count('A published version of it.', 100_000, 1) }, ['bundle', 'version'], 'The version of a bundle that goes further: its teams are certified when this is approved, with what its agents could touch when it was proposed.'),
        criteria: object(Object.fromEntries(Object.entries(CRITERIA).map(([id, name]) => [id, reasons(`${name}: why; empty where it does not.`)])), Object.keys(CRITERIA)),
        seed: object(
          {
            seed_id: { type: 'string', pattern: '^[A-Z]{2,8}-[0-9]{3,6}$', maxLength: 16 },
            type: { type: 'string', pattern: '^[a-z][a-z_]*$', maxLength: 63 },
            decision: text('What is decided.', 500),
            principle: text('The rule in one sentence.', 500),
            applies_to: { ...list({ type: 'string', enum: SEED_SUBJECTS }, 'What it is about.'), minItems: 1 },
            supersedes: { type: 'string', pattern: '^[A-Z]{2,8}-[0-9]{3,6}$', maxLength: 16 },
            permits: flag('Whether what it is about is permitted; absent, it permits nothing. What permits delegation_authority names both conditions.'),
            only_while: list({ type: 'string', enum: SEED_CONDITIONS }, 'What it permits holds only while all of these do.'),
          },
          ['seed_id', 'type', 'decision', 'principle', 'applies_to'],
          'The precedent that it becomes.',
        ),
      },
      ['title', 'current', 'proposed', 'rationale', 'criteria', 'seed'],
    ),
  },
  check: ({ criteria, seed }) => [
    ...(Object.values(criteria).some((why) => why.length > 0) ? [] : [{ pointer: '/criteria', rule: 'an-evolution', message: 'what increases no scope, reduces no approvals, adds no access and weakens no safety needs no evolution' }]),
    ...brokenPermission('/seed', seed),
  ],
};
