import { createHash } from 'node:crypto';
import { person, personal, principalOf, type Audit } from '@countersign/audit';
import {
  conforms, evolutionProposalSchema, InvalidInputError, NotFoundError, REVIEWERS, reviewersOf, standingOf,
  scopeOf, scopeSha256, seedName, seedsInForce, stableJson, supersedesFault, type Bundle, type CommandReply, type Confirmation, type ConfirmEvolution, type DecideEvolution, type EvolutionProposal, type EvolutionReply, type EvolutionState, type PersonId, type PrecedentSeed, type ProposeEvolution, type RecordReview,
} from '@countersign/contracts';
import { Database, json, readReviews, readSeeds, readTemplates, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { decideConfirmation, decideEvolution, mayPropose, SUPERSEDES_WORDS, type EvolutionRefusal } from '../../domain/evolution.js';
import { decideReview, type Reviewed } from '../../domain/review.js';
import { done, refused } from './replies.js';

interface EvolutionRow {
  readonly id: string;
  readonly proposal: EvolutionProposal;
  readonly sha256: Buffer;
  readonly state: EvolutionState;
  readonly proposed_by: PersonId;
  readonly answers: Confirmation[];
}

/** How Genesis, the architect, the guardian and the platform's governor decide about what teams may be: reviews, waivers, evolutions and the precedents that they become. Each is an entry of the platform's chain. */
@Injectable()
export class GovernanceDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent by the review's id. Earlier reviews stay; the newest of a role about a text counts. */
  review(request: RecordReview): Promise<CommandReply> {
    const { by, reviewId, kind, id, version, role, verdict, notes } = request;
    return this.asPerson(by.personId, async (tx) => {
      await oneAtATime(tx); // one person's two reviews, each of which sees the other
      const [known, reviewed] = await Promise.all([tx.one(sql`select 1 from app.governance_review where id = ${reviewId}`), readReviewed(tx, request)]);
      if (!reviewed) throw new NotFoundError(kind === 'bundle' ? 'bundle' : 'evolution');
      const decision = decideReview(by, request, reviewed);
      if (decision.outcome === 'refused') return refused(decision.code, decision.message);
      if (known) return done('unchanged', 'this was recorded before');
      tx.write(sql`insert into app.governance_review (id, kind, subject, version, sha256, scope_sha256, role, verdict, notes, person_id) values (${reviewId}, ${kind}, ${id}, ${version}, ${Buffer.from(reviewed.sha256, 'hex')}, ${reviewed.scopeSha256 === undefined ? null : Buffer.from(reviewed.scopeSha256, 'hex')}, ${role}, ${verdict}, ${notes}, ${by.personId})`);
      const body = { review_id: reviewId, subject: `${kind}:${id}@${version}`, sha256: reviewed.sha256, ...(reviewed.scopeSha256 === undefined ? {} : { scope_sha256: reviewed.scopeSha256 }), role };
      if (verdict === 'waived') await this.audit(tx, 'REVIEW-WAIVED', { ...body, waived_by: person(by.personId), reason: personal(by.personId, notes) });
      else await this.audit(tx, 'REVIEW-RECORDED', { ...body, verdict, reviewed_by: person(by.personId), notes: personal(by.personId, notes) });
      return done('ok', verdict === 'waived' ? 'the waiver is on record' : 'the review is on record');
    });
  }

  /** Idempotent by the request's id: its proposal is made once. Throws `InvalidInputError` for a proposal that is none. */
  propose({ by, requestId, proposal }: ProposeEvolution): Promise<EvolutionReply> {
    if (!mayPropose(by)) return Promise.resolve(refused('not_permitted', 'evolutions are proposed by Genesis, the architect, the guardian or the governor'));
    const broken = conforms(evolutionProposalSchema, proposal);
    if (broken.length > 0) throw new InvalidInputError('this is no evolution', broken);
    return this.asPerson(by.personId, async (tx) => {
      await oneAtATime(tx);
      const [known, { next } = { next: 0 }] = await Promise.all([
        tx.one<{ id: string }>(sql`select id from app.evolution where request_id = ${requestId}`),
        tx.one<{ next: number }>(sql`select coalesce(max(number), ${OF_THE_SEEDS}) + 1 as next from app.evolution`),
      ]);
      if (known) return { ...done('unchanged', 'this was proposed before'), evolutionId: known.id };
      const { about, seed } = proposal as EvolutionProposal;
      const scope = about && (await readReviewed(tx, { kind: 'bundle', id: about.bundle, version: about.version }))?.scopeSha256;
      const fault = supersedesFault(seed, await readSeeds(tx));
      if (fault) return refused(fault, SUPERSEDES_WORDS[fault]);
      if (about && scope === undefined) return refused('bundle_unknown', `there is no published version ${about.version} of ${about.bundle}`);
      const [evolutionId, sha256] = [`EVOLUTION-${String(next).padStart(3, '0')}`, sha256Of(proposal)];
      tx.write(sql`insert into app.evolution (id, number, request_id, proposal, sha256, scope_sha256, state, proposed_by) values (${evolutionId}, ${next}, ${requestId}, ${json(proposal)}, ${Buffer.from(sha256, 'hex')}, ${scope === undefined ? null : Buffer.from(scope, 'hex')}, 'proposed', ${by.personId})`);
      await this.audit(tx, 'EVOLUTION-PROPOSED', { evolution_id: evolutionId, sha256, seed: seed.seed_id, ...(about && scope !== undefined ? { about: `${about.bundle}@${about.version}`, scope_sha256: scope } : {}), proposed_by: person(by.personId) });
      return { ...done('ok', `${evolutionId} waits for its reviews and the governor’s six answers`), evolutionId };
    });
  }

  confirm({ by, evolutionId, question, accepted, note }: ConfirmEvolution): Promise<EvolutionReply> {
    return this.asPerson(by.personId, async (tx) => {
      const row = await lockEvolution(tx, evolutionId);
      const decision = decideConfirmation(by, { state: row.state, proposedBy: row.proposed_by });
      if (decision.outcome === 'refused') return refusalOf(decision, evolutionId);
      const answers: Confirmation[] = [...row.answers.filter((each) => each.question !== question), { question, accepted, note }];
      tx.writeExpecting(1, 'evolution_confirmed', sql`update app.evolution set answers = ${json(answers)} where id = ${evolutionId}`);
      await this.audit(tx, 'EVOLUTION-CONFIRMED', { evolution_id: evolutionId, question_id: question, accepted, confirmed_by: person(by.personId), note: personal(by.personId, note) });
      return { ...done('ok', accepted ? 'accepted' : 'not accepted'), evolutionId };
    });
  }

  /** An approval makes the precedent in the same transaction; a rejection keeps its rationale. */
  decide({ by, evolutionId, verb, rationale }: DecideEvolution): Promise<EvolutionReply> {
    return this.asPerson(by.personId, async (tx) => {
      await oneAtATime(tx);
      const row = await lockEvolution(tx, evolutionId);
      const [recorded, seeds, taken] = await Promise.all([readReviews(tx, 'evolution', evolutionId, 1), readSeeds(tx), tx.one(sql`select 1 from app.policy where kind = 'precedent-seed' and id = ${row.proposal.seed.seed_id}`)]);
      const reviews = REVIEWERS.map((role) => standingOf(recorded, { sha256: row.sha256.toString('hex') }, role));
      const decision = decideEvolution(verb, by, rationale, { state: row.state, proposedBy: row.proposed_by, answers: row.answers, reviews, reviewerIds: reviewersOf(reviews, recorded).map(({ personId }) => personId), seedTaken: taken !== undefined, supersedes: supersedesFault(row.proposal.seed, seeds) });
      if (decision.outcome === 'refused') return refusalOf(decision, evolutionId);
      if (decision.outcome === 'unchanged') return { ...done('unchanged', `it is ${row.state} already`), evolutionId };
      tx.writeExpecting(1, 'evolution_decided', sql`update app.evolution set state = ${decision.to}, decided_by = ${by.personId}, decided_at = clock_timestamp(), rationale = ${json(rationale)} where id = ${evolutionId}`);
      const seed = decision.to === 'approved' ? await this.plantSeed(tx, row, rationale, seeds) : undefined;
      await this.audit(tx, 'EVOLUTION-DECIDED', { evolution_id: evolutionId, sha256: row.sha256.toString('hex'), decision: decision.to, decided_by: person(by.personId), rationale: personal(by.personId, rationale.join('\n')), ...(seed === undefined ? {} : { seed }), reviews: reviews.map(({ role, state, reviewId = '' }) => ({ role, state, review_id: reviewId })) });
      return { ...done('ok', seed === undefined ? `it is ${decision.to}` : `it is approved, and is the precedent ${seed} from now on`), evolutionId };
    });
  }

  private async plantSeed(tx: Tx, { id, proposal: { seed } }: EvolutionRow, rationale: readonly string[], seeds: readonly PrecedentSeed[]): Promise<string> {
    const { today } = (await tx.one<{ today: string }>(sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD') as today`))!;
    const doc: PrecedentSeed = { ...seed, version: 1, rationale: rationale.join('\n'), approved_by: 'Platform Governor', date: today, supersedes: seed.supersedes ?? null, status: 'active', evolution: id };
    await this.putSeed(tx, doc, 1);
    await this.retireSeed(tx, doc, seeds);
    return seedName(doc);
  }

  /** What nothing stands on any more says so itself; what still decides about something else stays as it is. */
  private async retireSeed(tx: Tx, by: PrecedentSeed, seeds: readonly PrecedentSeed[]): Promise<void> {
    const old = seeds.find(({ seed_id }) => seed_id === by.supersedes);
    if (!old || seedsInForce([...seeds, by]).some(({ seed }) => seed === old)) return;
    const { next } = (await tx.one<{ next: number }>(sql`select max(version) + 1 as next from app.policy where kind = 'precedent-seed' and id = ${old.seed_id}`))!;
    await this.putSeed(tx, { ...old, version: old.version + 1, status: 'superseded' }, next);
  }

  private async putSeed(tx: Tx, doc: PrecedentSeed, version: number): Promise<void> {
    const sha256 = sha256Of(doc);
    tx.write(sql`insert into app.policy (kind, id, version, doc, hash, source) values ('precedent-seed', ${doc.seed_id}, ${version}, ${json(doc)}, ${Buffer.from(sha256, 'hex')}, 'person')`);
    await this.audit(tx, 'POLICY-CHANGED', { policy: `precedent-seed/${doc.seed_id}`, version: String(version), sha256 });
  }

  private asPerson<T>(personId: PersonId, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withPlatform(work, { principal: principalOf({ kind: 'person', id: personId }) });
  }
}

/** EVOLUTION-001 is the one that GEN-002 ships with. */
const OF_THE_SEEDS = 1;

const oneAtATime = (tx: Tx): Promise<unknown> => tx.read(sql`select pg_advisory_xact_lock(hashtextextended('policies', 0))`);

async function lockEvolution(tx: Tx, id: string): Promise<EvolutionRow> {
  const row = await tx.one<EvolutionRow>(sql`select id, proposal, sha256, state, proposed_by, answers from app.evolution where id = ${id} for update`);
  if (!row) throw new NotFoundError('evolution');
  return row;
}

async function readReviewed(tx: Tx, { kind, id, version }: Pick<RecordReview, 'kind' | 'id' | 'version'>): Promise<Reviewed | undefined> {
  if (kind === 'evolution') {
    const row = await tx.one<{ sha256: Buffer; author: string }>(sql`select sha256, proposed_by as author from app.evolution where id = ${id} and ${version} = 1`);
    return row && withReviewers(tx, { kind, id, version }, { sha256: row.sha256.toString('hex'), authorIds: [row.author] });
  }
  const row = await tx.one<{ sha256: Buffer; authors: string[]; doc: Bundle }>(sql`select hash as sha256, ops.bundle_authors(id, version) as authors, doc from app.bundle where id = ${id} and version = ${version}`);
  return row && withReviewers(tx, { kind, id, version }, { sha256: row.sha256.toString('hex'), scopeSha256: scopeSha256(scopeOf(row.doc, await readTemplates(tx))), authorIds: row.authors });
}

async function withReviewers(tx: Tx, { kind, id, version }: Pick<RecordReview, 'kind' | 'id' | 'version'>, about: Omit<Reviewed, 'reviewers'>): Promise<Reviewed> {
  const recorded = await readReviews(tx, kind, id, version);
  return { ...about, reviewers: reviewersOf(REVIEWERS.map((role) => standingOf(recorded, about, role)), recorded) };
}

const refusalOf = ({ code, message }: EvolutionRefusal, evolutionId: string): EvolutionReply => ({ ...refused(code, message), evolutionId });
const sha256Of = (value: object): string => createHash('sha256').update(stableJson(value)).digest('hex');
