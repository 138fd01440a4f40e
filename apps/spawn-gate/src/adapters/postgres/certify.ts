import { createHash } from 'node:crypto';
import type { BodyOf } from '@countersign/audit';
import { assessTeam, reviewersOf, stableJson, uuidv7, type Assessment, type Bundle, type PersonId } from '@countersign/contracts';
import { json, readCertificationCase, sql, type Tx } from '@countersign/database';
import type { TeamRow } from './spawn-rows.js';

export interface Judged extends Assessment {
  readonly team: TeamRow;
  /** Who gave the reviews that it stands on. */
  readonly reviewerIds: readonly string[];
  /** Who wrote the bundle. */
  readonly authorIds: readonly string[];
  readonly sha256: string;
}
/** What the entry of a certification or a rejection says of what it was judged by. */
export type Certified = Omit<BodyOf<'TEAM-CERTIFIED'>, 'team_id'>;

/** Everything that stands for or against certifying the team now, read in the transaction that would certify it. */
export async function judgeCertification(tx: Tx, team: TeamRow): Promise<Judged> {
  const about = await readCertificationCase(tx, team.bundle as Bundle, { id: team.bundle_id, version: team.bundle_version });
  const assessed = assessTeam(about);
  return { ...assessed, team, sha256: about.sha256, authorIds: about.authorIds, reviewerIds: reviewersOf(assessed.reviews, about.reviews).map(({ personId }) => personId) };
}

/** Keeps the evidence as it is now, for a yes as for a no; the entry names the row and its hash. */
export function keepDecision(tx: Tx, verdict: 'certified' | 'rejected', by: PersonId, { team, sha256, classification, criteria, scope, checklists, precedents, reviews, evolution, alignment, notes, refusal }: Judged): Certified {
  const id = uuidv7();
  tx.writeExpecting(1, 'team_judged', sql`insert into app.certification (team_id, id, bundle_id, bundle_version, bundle_sha256, verdict, refusal, evolution, classification, criteria, scope, checklists, precedents, reviews, alignment, risks, notes, decided_by)
    values (${tx.scopeId}, ${id}, ${team.bundle_id}, ${team.bundle_version}, ${Buffer.from(sha256, 'hex')}, ${verdict}, ${refusal?.code ?? null}, ${evolution ?? null}, ${classification}, ${json(criteria)}, ${json(scope)}, ${json(checklists)}, ${json(precedents)}, ${json(reviews)}, ${alignment.score}, ${json(alignment.risks)}, ${json(notes)}, ${by})`);
  const named = reviews.map(({ role, state, reviewId }) => ({ role, state, review_id: reviewId ?? '' }));
  return { genesis_decision_id: id, bundle: `${team.bundle_id}@${team.bundle_version}`, bundle_sha256: sha256, classification, alignment: alignment.score, precedents: [...precedents], reviews: named, ...(evolution ? { evolution } : {}), evidence_sha256: sha256Of({ checklists, criteria, alignment }) };
}

const sha256Of = (value: object): string => createHash('sha256').update(stableJson(value)).digest('hex');
