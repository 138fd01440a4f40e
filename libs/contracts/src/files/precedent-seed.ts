import { count, DIALECT, flag, list, object, schemaId, text } from './parts.js';
import type { Violation } from '../errors.js';
import type { FileSchema } from './read-yaml.js';

export const SEED_STATUSES = ['active', 'superseded', 'withdrawn'] as const;
/** What a seed may be about; decisions and the manager ask by these. */
export const SEED_SUBJECTS = ['manager_agents', 'team_coordination', 'delegation_authority', 'shared_context', 'mobile_approvals', 'helpdesk_mode', 'team_bundles'] as const;
export type SeedSubject = (typeof SEED_SUBJECTS)[number];
/** What must be so for a seed's permission to hold; each is looked up in what the platform enforces. */
export const SEED_CONDITIONS = ['customer_governor_decides_communication', 'customer_governor_decides_execution'] as const;
export type SeedCondition = (typeof SEED_CONDITIONS)[number];

/** `policies/precedents/<seed_id>.yaml`: a decision that later ones stand on (S4-122); the fields are the original's, with what we need to look it up. */
export interface PrecedentSeed {
  seed_id: string;
  version: number;
  type: string;
  decision: string;
  principle: string;
  rationale: string;
  approved_by: string;
  date: string;
  supersedes: string | null;
  status: (typeof SEED_STATUSES)[number];
  applies_to: SeedSubject[];
  /** That what it is about is permitted. Absent or false: it permits nothing, whatever its words say. */
  permits?: boolean;
  /** What it permits holds only while all of these do. */
  only_while?: SeedCondition[];
  /** The evolution that it came from. */
  evolution?: string;
}

const seedId = { type: 'string', pattern: '^[A-Z]{2,8}-[0-9]{3,6}$', maxLength: 16 };

export const precedentSeedSchema: FileSchema<PrecedentSeed> = {
  kind: 'precedent seed',
  schema: {
    $schema: DIALECT,
    $id: schemaId('precedent-seed'),
    title: 'Countersign precedent seed',
    description: 'A decision of the platform governor that later decisions stand on and name.',
    ...object(
      {
        seed_id: { ...seedId, description: 'Same as the file name without .yaml.' },
        version: count('Raised with every change.', 100_000, 1),
        type: { type: 'string', pattern: '^[a-z][a-z_]*$', maxLength: 63, description: 'Such as agent_lifecycle.' },
        decision: text('What was decided.', 500),
        principle: text('The rule in one sentence.', 500),
        rationale: text('Why.', 8000),
        approved_by: text('By whom, as a role.', 100),
        date: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: 'When.' },
        supersedes: { anyOf: [seedId, { type: 'null' }], description: 'The seed that it takes the place of.' },
        status: { type: 'string', enum: SEED_STATUSES },
        applies_to: { ...list({ type: 'string', enum: SEED_SUBJECTS }, 'What it is about.'), minItems: 1 },
        permits: flag('Whether what it is about is permitted; absent, it permits nothing. What permits delegation_authority names both conditions.'),
        only_while: list({ type: 'string', enum: SEED_CONDITIONS }, 'What it permits holds only while all of these do.'),
        evolution: { type: 'string', pattern: '^EVOLUTION-[0-9]{3,6}$', description: 'The evolution that it came from.' },
      },
      ['seed_id', 'version', 'type', 'decision', 'principle', 'rationale', 'approved_by', 'date', 'supersedes', 'status', 'applies_to'],
    ),
  },
  check: (seed) => brokenPermission('', seed),
};

/** Delegation is permitted only while the customer's governor keeps the authority over what is said and done outside (S4-123), whichever precedent permits it. */
export function brokenPermission(pointer: string, { permits = false, applies_to, only_while = [] }: Pick<PrecedentSeed, 'permits' | 'applies_to' | 'only_while'>): Violation[] {
  const kept = !permits || !applies_to.includes('delegation_authority') || SEED_CONDITIONS.every((condition) => only_while.includes(condition));
  return kept ? [] : [{ pointer: `${pointer}/permits`, rule: 'keeps-authority', message: `what permits delegation_authority does so only_while ${SEED_CONDITIONS.join(' and ')}` }];
}

/** The seeds that a decision about this stands on: in force, and not taken the place of. */
export function seedsAbout(seeds: readonly PrecedentSeed[], subject: SeedSubject): PrecedentSeed[] {
  const about = seeds.filter(({ status, applies_to }) => status === 'active' && applies_to.includes(subject));
  const replaced = new Set(about.flatMap(({ supersedes }) => supersedes ?? []));
  return about.filter(({ seed_id }) => !replaced.has(seed_id));
}
/** Every seed that anything stands on, with what it still decides about: another takes its place only where it is about the same. */
export const seedsInForce = (seeds: readonly PrecedentSeed[]): { readonly seed: PrecedentSeed; readonly subjects: readonly SeedSubject[] }[] =>
  seeds.map((seed) => ({ seed, subjects: seed.applies_to.filter((subject) => seedsAbout(seeds, subject).includes(seed)) })).filter(({ subjects }) => subjects.length > 0);
/** Why a seed cannot take the place of the one that it names. */
export function supersedesFault({ supersedes, applies_to }: { readonly supersedes?: string | null; readonly applies_to: readonly SeedSubject[] }, seeds: readonly PrecedentSeed[]): 'supersedes_unknown' | 'supersedes_other_subject' | undefined {
  if (supersedes === undefined || supersedes === null) return undefined;
  const standing = seedsInForce(seeds).find(({ seed }) => seed.seed_id === supersedes);
  if (!standing) return 'supersedes_unknown';
  return standing.subjects.some((subject) => applies_to.includes(subject)) ? undefined : 'supersedes_other_subject';
}
/** How an entry names a seed. */
export const seedName = ({ seed_id, version }: Pick<PrecedentSeed, 'seed_id' | 'version'>): string => `${seed_id}@${version}`;
