import { certificationPolicySchema, conforms, normalizeTemplate, precedentSeedSchema, templateSchema, wayOfWorkingSchema, type Bundle, type CertificationCase, type FileSchema, type PrecedentSeed, type RecordedReview, type Reviewer, type ReviewVerdict, type TeamScope, type Template, type TemplateFile } from '@countersign/contracts';
import { platformFacts } from './platform-facts.js';
import { sql } from './sql.js';
import type { Tx } from './unit-of-work.js';

const FACTS = platformFacts();

interface PolicyRow {
  readonly kind: string;
  readonly doc: object;
}
interface ReviewRow {
  readonly id: string;
  readonly role: Reviewer;
  readonly verdict: ReviewVerdict;
  readonly sha256: Buffer;
  readonly scope_sha256: Buffer | null;
  readonly person_id: string;
  readonly at: Date;
}

/** With who wrote the bundle: whoever did certifies none of its teams. */
export interface ReadCase extends CertificationCase {
  readonly authorIds: readonly string[];
}

/** Everything that stands for or against certifying a team of this bundle now. The gate reads it in the transaction that certifies, the gateway to show it: one reading, so that they cannot differ. */
export async function readCertificationCase(tx: Tx, bundle: Bundle, { id, version }: { readonly id: string; readonly version: number }): Promise<ReadCase> {
  const [rows, published, before, reviews, evolutions] = await Promise.all([
    tx.read<PolicyRow>(sql`select kind, p.doc from unnest(array['template', 'certification', 'precedent-seed', 'way-of-working']) as kind cross join lateral ops.published_policies(kind) p`),
    tx.one<{ hash: Buffer | null; authors: string[] | null }>(sql`select ops.bundle_sha256(${id}, ${version}) as hash, ops.bundle_authors(${id}, ${version}) as authors`),
    tx.one<{ scope: TeamScope }>(sql`select scope from ops.certified_scope(${id}, ${version})`),
    readReviews(tx, 'bundle', id, version),
    tx.read<{ id: string; scope_sha256: Buffer }>(sql`select id, scope_sha256 from ops.evolutions_about(${id}, ${version})`),
  ]);
  const of = <T extends object>(kind: string, schema: FileSchema<T>): T[] => rows.filter((row) => row.kind === kind && conforms(schema, row.doc).length === 0).map(({ doc }) => doc as T);
  return {
    bundle,
    sha256: published?.hash?.toString('hex') ?? '',
    authorIds: published?.authors ?? [],
    templates: rows.filter(({ kind }) => kind === 'template').flatMap(({ doc }) => templateIn(doc)),
    policy: of('certification', certificationPolicySchema)[0],
    ways: of('way-of-working', wayOfWorkingSchema),
    seeds: of('precedent-seed', precedentSeedSchema),
    reviews,
    evolutions: evolutions.map((row) => ({ id: row.id, scopeSha256: row.scope_sha256.toString('hex') })),
    before: before?.scope,
    facts: FACTS,
  };
}

/** What was said about this version of a bundle or evolution, and about which text of it. */
export async function readReviews(tx: Tx, kind: 'bundle' | 'evolution', id: string, version: number): Promise<RecordedReview[]> {
  const rows = await tx.read<ReviewRow>(sql`select id, role, verdict, sha256, scope_sha256, person_id, at from ops.reviews_of(${kind}, ${id}, ${version})`);
  return rows.map(recorded);
}

/** The same of several evolutions, by their ids: of the platform's own tables, where those may be read. */
export async function readEvolutionReviews(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, RecordedReview[]>> {
  const rows = await tx.read<ReviewRow & { subject: string }>(sql`select id, role, verdict, sha256, scope_sha256, person_id, at, subject from app.governance_review where kind = 'evolution' and version = 1 and subject = any (${[...ids]}::text[]) order by at desc, id desc`);
  return new Map([...Map.groupBy(rows, ({ subject }) => subject)].map(([id, of]) => [id, of.map(({ subject: _, ...row }) => recorded(row))]));
}

const recorded = ({ sha256, scope_sha256, person_id, ...row }: ReviewRow): RecordedReview => ({ ...row, personId: person_id, sha256: sha256.toString('hex'), ...(scope_sha256 ? { scopeSha256: scope_sha256.toString('hex') } : {}) });

/** The precedents that are there, in force or not. */
export const readSeeds = async (tx: Tx): Promise<PrecedentSeed[]> =>
  (await tx.read<{ doc: object }>(sql`select doc from ops.published_policies('precedent-seed')`)).flatMap(({ doc }) => (conforms(precedentSeedSchema, doc).length === 0 ? [doc as PrecedentSeed] : []));

/** The templates in force. */
export const readTemplates = async (tx: Tx): Promise<Template[]> => (await tx.read<{ doc: object }>(sql`select doc from ops.published_policies('template')`)).flatMap(({ doc }) => templateIn(doc));

/** A row that does not follow the rules of its kind is as one that is not there; the gate keeps the digests of a template's skills beside it. */
function templateIn(doc: object): Template[] {
  const { skill_digests: _, ...file } = doc as TemplateFile & { skill_digests?: unknown };
  return conforms(templateSchema, file).length === 0 ? [normalizeTemplate(file)] : [];
}
