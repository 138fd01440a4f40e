import { conforms, normalizeSpawnPolicy, normalizeTemplate, spawnPolicySchema, templateSchema, type SpawnPolicy, type SpawnPolicyFile, type Template, type TemplateFile } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { SandboxChoice } from '../../domain/sandbox-choice.js';
import type { SkillDigests } from '../../domain/skills.js';

/** A version that was taken back: its file is gone. Rows are never deleted, so this says it. */
export interface Retired {
  readonly retired: true;
}
/** A template's row also keeps the digests of its skills' content, as they were when the version was made. */
export type TemplateDoc = TemplateFile & { readonly skill_digests?: SkillDigests };

interface PolicyRow<T> {
  readonly id: string;
  readonly version: number;
  readonly doc: T | Retired;
  readonly hash: Buffer;
}

/** What the gate decides by: the newest versions of policy and templates, read in the decision's own transaction. */
export interface InForce {
  readonly policy?: SpawnPolicy;
  /** 0 where no policy is in force. */
  readonly version: number;
  /** SHA-256 of the policy file, hex; empty where no policy is in force. */
  readonly hash: string;
  readonly templates: readonly Template[];
  /** Template id to the version of its row. */
  readonly templateVersions: Readonly<Record<string, number>>;
  /** Template id to the digests of its skills, as they were when its version was made: two templates may have judged the same file at different times. */
  readonly skillDigests: Readonly<Record<string, SkillDigests>>;
  /** Hashes of skills that a person has recalled. */
  readonly recalledSkills: readonly string[];
  /** A person's choice of a weaker sandbox; absent where nobody chose. */
  readonly sandboxChoice?: SandboxChoice;
}

const isRetired = (doc: object): doc is Retired => 'retired' in doc;

/** A row that does not follow the rules of its kind is as one that is not there: what nobody can read allows nothing. */
export const policyOf = (doc: SpawnPolicyFile | Retired): SpawnPolicy | undefined => (!isRetired(doc) && conforms(spawnPolicySchema, doc).length === 0 ? normalizeSpawnPolicy(doc) : undefined);

export function templateOf(doc: TemplateDoc | Retired): Template | undefined {
  const { skill_digests: _, ...file } = doc as TemplateDoc;
  return !isRetired(doc) && conforms(templateSchema, file).length === 0 ? normalizeTemplate(file) : undefined;
}

const SPAWN_POLICY = 'spawn-policy';

export async function readPolicy(tx: Tx): Promise<Pick<InForce, 'policy' | 'version' | 'hash'>> {
  return policyIn(await tx.read<PolicyRow<SpawnPolicyFile>>(sql`select id, version, doc, hash from ops.published_policies('spawn-policy') where id = ${SPAWN_POLICY}`));
}

function policyIn(rows: readonly PolicyRow<SpawnPolicyFile>[]): Pick<InForce, 'policy' | 'version' | 'hash'> {
  const row = rows.find(({ id }) => id === SPAWN_POLICY);
  const policy = row && policyOf(row.doc);
  return policy ? { policy, version: row.version, hash: row.hash.toString('hex') } : { version: 0, hash: '' };
}

function templatesIn(rows: readonly PolicyRow<TemplateDoc>[]): Pick<InForce, 'templates' | 'templateVersions' | 'skillDigests'> {
  const standing = rows.flatMap((row) => {
    const template = templateOf(row.doc);
    return template ? [{ ...row, template, doc: row.doc as TemplateDoc }] : [];
  });
  return {
    templates: standing.map(({ template }) => template),
    templateVersions: Object.fromEntries(standing.map(({ id, version }) => [id, version])),
    skillDigests: Object.fromEntries(standing.map(({ id, doc }) => [id, doc.skill_digests ?? {}])),
  };
}

export async function readSandboxChoice(tx: Tx): Promise<Pick<InForce, 'sandboxChoice'> & { readonly version: number }> {
  return choiceIn(await tx.read<PolicyRow<ChoiceDoc>>(sql`select id, version, doc, hash from ops.published_policies('sandbox-choice')`));
}

interface ChoiceDoc {
  readonly least: SandboxChoice;
}

function choiceIn([row]: readonly PolicyRow<ChoiceDoc>[]): Pick<InForce, 'sandboxChoice'> & { readonly version: number } {
  if (!row || isRetired(row.doc)) return { version: row?.version ?? 0 };
  return { version: row.version, sandboxChoice: row.doc.least };
}

type AnyRow = PolicyRow<object> & { readonly kind: string };

/** All kinds in one statement: every spawn reads them. */
export async function readInForce(tx: Tx): Promise<InForce> {
  const rows = await tx.read<AnyRow>(sql`select kind, p.id, p.version, p.doc, p.hash from unnest(array['spawn-policy', 'template', 'sandbox-choice', 'skill-recall']) as kind cross join lateral ops.published_policies(kind) p`);
  const of = <T extends object>(kind: string): PolicyRow<T>[] => rows.filter((row) => row.kind === kind) as PolicyRow<T>[];
  const { sandboxChoice } = choiceIn(of<ChoiceDoc>('sandbox-choice'));
  const recalled = of('skill-recall').filter(({ doc }) => !isRetired(doc));
  return { ...policyIn(of<SpawnPolicyFile>('spawn-policy')), ...templatesIn(of<TemplateDoc>('template')), recalledSkills: recalled.map(({ id }) => id), ...(sandboxChoice ? { sandboxChoice } : {}) };
}
