import { createHash } from 'node:crypto';
import type { BodyOf } from '@countersign/audit';
import { assessTeam, certificationPolicySchema, conforms, precedentSeedSchema, uuidv7, wayOfWorkingSchema, type Assessment, type Bundle, type CertificationPolicy, type FileSchema, type PersonId, type PrecedentSeed, type TeamScope, type WayOfWorking } from '@countersign/contracts';
import { json, platformFacts, sql, type Tx } from '@countersign/database';
import { stableJson } from '../../domain/stable-json.js';
import { readInForce } from './in-force.js';
import type { TeamRow } from './spawn-rows.js';

const FACTS = platformFacts();

export interface Judged extends Assessment {
  readonly team: TeamRow;
  readonly sha256: string;
}
/** What the entry of a certification says beside the team. */
export type Certified = Omit<BodyOf<'TEAM-CERTIFIED'>, 'team_id'>;

interface PolicyRow {
  readonly kind: string;
  readonly doc: object;
}

/** Everything that stands for or against certifying the team now, read in the transaction that would certify it. */
export async function judgeCertification(tx: Tx, team: TeamRow): Promise<Judged> {
  const [inForce, rows, published, before] = await Promise.all([
    readInForce(tx),
    tx.read<PolicyRow>(sql`select kind, p.doc from unnest(array['certification', 'precedent-seed', 'way-of-working']) as kind cross join lateral ops.published_policies(kind) p`),
    tx.one<{ hash: Buffer | null }>(sql`select ops.bundle_sha256(${team.bundle_id}, ${team.bundle_version}) as hash`),
    tx.one<{ scope: TeamScope }>(sql`select scope from ops.certified_scope(${team.bundle_id}, ${team.bundle_version})`),
  ]);
  const of = <T extends object>(kind: string, schema: FileSchema<T>): T[] => rows.filter((row) => row.kind === kind && conforms(schema, row.doc).length === 0).map(({ doc }) => doc as T);
  const sha256 = published?.hash?.toString('hex') ?? sha256Of(team.bundle);
  const assessed = assessTeam({
    bundle: team.bundle as Bundle,
    sha256,
    templates: inForce.templates,
    policy: of<CertificationPolicy>('certification', certificationPolicySchema)[0],
    ways: of<WayOfWorking>('way-of-working', wayOfWorkingSchema),
    seeds: of<PrecedentSeed>('precedent-seed', precedentSeedSchema),
    reviews: [],
    before: before?.scope,
    facts: FACTS,
  });
  return { ...assessed, team, sha256 };
}

/** Keeps the evidence as it is now; the entry names the row and its hash. */
export function keepCertification(tx: Tx, by: PersonId, { team, sha256, classification, criteria, scope, checklists, precedents, reviews, alignment, notes }: Judged): Certified {
  const id = uuidv7();
  tx.writeExpecting(1, 'team_certified', sql`insert into app.certification (team_id, id, bundle_id, bundle_version, bundle_sha256, classification, criteria, scope, checklists, precedents, reviews, alignment, risks, notes, decided_by)
    values (${tx.scopeId}, ${id}, ${team.bundle_id}, ${team.bundle_version}, ${Buffer.from(sha256, 'hex')}, ${classification}, ${json(criteria)}, ${json(scope)}, ${json(checklists)}, ${json(precedents)}, ${json(reviews)}, ${alignment.score}, ${json(alignment.risks)}, ${json(notes)}, ${by})`);
  const named = reviews.map(({ role, state, reviewId }) => ({ role, state, review_id: reviewId ?? '' }));
  return { genesis_decision_id: id, bundle: `${team.bundle_id}@${team.bundle_version}`, bundle_sha256: sha256, classification, alignment: alignment.score, precedents: [...precedents], reviews: named, evidence_sha256: sha256Of({ checklists, criteria, alignment }) };
}

const sha256Of = (value: object): string => createHash('sha256').update(stableJson(value)).digest('hex');
