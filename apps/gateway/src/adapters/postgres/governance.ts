import {
  assessTeam, bundleSchema, conforms, CONFIRMATION_IDS, CONFIRMATIONS, evolutionWords, headingName, lackWords, NotFoundError, RefusedError, REVIEWERS, scopeOf, scopeSha256, stableJson, standingOf,
  type Bundle, type CertificationForecast, type CertificationView, type Checklist, type Confirmation, type EvolutionProposal, type EvolutionState, type EvolutionView, type PrecedentSeed, type RecordedReview, type ReviewedKind, type ReviewList, type ReviewView, type TeamId, type TeamScope,
} from '@countersign/contracts';
import { Database, readCertificationCase, readEvolutionReviews, readSeeds, readTeamPolicy, readTemplates, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { charterOf } from '../../domain/charter.js';
import { iso, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

interface TeamRow {
  readonly team_id: string;
  readonly name: string;
  readonly state: string;
  readonly mode: string;
  readonly bundle: Bundle;
  readonly bundle_id: string;
  readonly bundle_version: number;
}
interface CertificationRow extends Pick<CertificationView, 'id' | 'classification' | 'criteria' | 'reviews' | 'evolution' | 'alignment' | 'risks' | 'precedents' | 'notes'> {
  readonly checklists: Checklist[];
  readonly scope: TeamScope;
  readonly decided_at: Date;
}
interface EvolutionRow {
  readonly id: string;
  readonly proposal: EvolutionProposal;
  readonly sha256: Buffer;
  readonly state: EvolutionState;
  readonly answers: Confirmation[];
  readonly proposed_at: Date;
  readonly proposed_by: string;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly rationale: string[];
}
interface ReviewRow extends Omit<ReviewView, 'sha256' | 'scopeSha256' | 'at' | 'by'> {
  readonly person_id: string;
  readonly sha256: Buffer;
  readonly scope_sha256: Buffer | null;
  readonly at: Date;
}

/** What Genesis, architect, guardian and governor decided, or would decide now. The gate decides; here it is only shown. */
@Injectable()
export class Governance {
  constructor(private readonly database: Database) {}

  /** The record where the team was certified; else what stands for and against it at this moment. */
  certification(teamId: TeamId): Promise<CertificationView> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, record] = await Promise.all([readTeam(tx), readRecord(tx)]);
      const bundle = `${team.bundle_id}@${team.bundle_version}`;
      if (record) {
        const { decided_at, scope, ...kept } = record;
        return { ...kept, scopeSha256: scopeSha256(scope), bundle, certifiedAt: iso(decided_at), checklists: viewOf(record.checklists), refusal: null, refusalWords: null };
      }
      const { alignment, refusal, ...now } = assessTeam(await readCertificationCase(tx, team.bundle, { id: team.bundle_id, version: team.bundle_version }));
      return {
        id: null, certifiedAt: null, bundle, scopeSha256: scopeSha256(now.scope), classification: now.classification, criteria: mapped(now.criteria, (why) => [...why]), checklists: viewOf(now.checklists),
        reviews: now.reviews.map(({ role, state }) => ({ role, state })), evolution: now.evolution ?? null, alignment: alignment.score, risks: alignment.risks.map((risk) => ({ ...risk, inputs: [...risk.inputs] })), precedents: [...now.precedents], notes: [...now.notes],
        refusal: refusal?.code ?? null, refusalWords: refusal?.message ?? null,
      };
    });
  }

  /** What certifying a team of this bundle would come to, were it published as it stands. Nobody has reviewed it yet: reviews are of what is published. */
  forecast(bundle: Bundle): Promise<CertificationForecast> {
    return this.database.withPlatform(async (tx) => {
      const { classification, criteria, reviews, evolution, lacks, alignment, refusal } = assessTeam(await readCertificationCase(tx, bundle, bundle));
      return { classification, criteria: mapped(criteria, (why) => [...why]), reviews: reviews.map(({ role }) => role), evolution: evolution === null, lacks: [...lacks.map((lack) => lackWords([lack])), ...(refusal && !SAID_ABOVE.has(refusal.code) ? [refusal.message] : []), ...(evolution === null ? [evolutionWords(bundle)] : [])], alignment: alignment.score };
    });
  }

  /** The charter as it is enforced now, whatever it was certified by. */
  charter(teamId: TeamId): Promise<string> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, record] = await Promise.all([readTeam(tx), readRecord(tx)]);
      const [about, policy] = await Promise.all([readCertificationCase(tx, team.bundle, { id: team.bundle_id, version: team.bundle_version }), readTeamPolicy(tx)]);
      const published = await tx.one<{ by_file: boolean }>(sql`select ops.bundle_by_file(${team.bundle_id}, ${team.bundle_version}) as by_file`);
      const publishedBy = published?.by_file === false ? 'a governor of the platform' : 'the operator’s file';
      const certified = record && { id: record.id!, at: record.decided_at, alignment: record.alignment, classification: record.classification };
      return charterOf({ ...about, policy, publishedBy, team: { id: team.team_id, name: team.name, state: team.state, mode: team.mode }, checklists: assessTeam(about).checklists, certified });
    });
  }

  /** What was said about it, and the hashes of what a review would be about now. */
  async reviews(kind: ReviewedKind, id: string, version: number): Promise<ReviewList> {
    const [rows, now] = await this.database.withPlatform((tx) => Promise.all([
      tx.read<ReviewRow>(sql`select id, role, verdict, sha256, scope_sha256, notes, person_id, at from app.governance_review where kind = ${kind} and subject = ${id} and version = ${version} order by at desc, id desc limit 500`),
      kind === 'bundle' ? bundleNow(tx, id, version) : evolutionNow(tx, id),
    ]));
    const named = await this.names(rows.map(({ person_id }) => person_id));
    const items = rows.map(({ sha256, scope_sha256, person_id, at, ...row }) => ({ ...row, sha256: sha256.toString('hex'), scopeSha256: scope_sha256?.toString('hex') ?? null, by: named(person_id), at: iso(at) }));
    return { items, ...now };
  }

  /** The newest first; of the rows only what the page shows is read. */
  async evolutions(page: PageRequest): Promise<Page<EvolutionView>> {
    const { items, nextCursor } = await this.database.withPlatform(async (tx) => {
      const before = page.cursor === undefined ? MOST_NUMBER : numberOf(page.cursor);
      const [rows, files] = await Promise.all([tx.read<EvolutionRow>(sql`${EVOLUTION} where number < ${before} order by number desc limit ${limitOf(page) + 1}`), ofFiles(tx)]);
      const reviews = await readEvolutionReviews(tx, rows.map(({ id }) => id));
      const found = [...rows.map((row) => evolutionView(row, reviews.get(row.id) ?? [])), ...files.filter(({ id }) => numberOf(id) < before)].sort((a, b) => numberOf(b.id) - numberOf(a.id));
      return pageOfRows(found, limitOf(page), ({ id }) => id, (view) => view);
    });
    return { items: await this.withNames(items), nextCursor };
  }

  async evolution(id: string): Promise<EvolutionView> {
    const view = await this.database.withPlatform(async (tx) => {
      const row = await tx.one<EvolutionRow>(sql`${EVOLUTION} where id = ${id}`);
      const view = row ? evolutionView(row, (await readEvolutionReviews(tx, [id])).get(id) ?? []) : viewOfFile(id, await readSeeds(tx));
      if (!view) throw new NotFoundError('evolution');
      return view;
    });
    return (await this.withNames([view]))[0]!;
  }

  private async withNames(views: readonly Unnamed[]): Promise<EvolutionView[]> {
    const named = await this.names(views.flatMap(({ proposedBy, decidedBy }) => [proposedBy, decidedBy]).filter((id) => id !== null));
    return views.map(({ decidedBy, decidedAs = null, ...view }) => ({ ...view, proposer: view.proposedBy && named(view.proposedBy), decider: decidedBy ? named(decidedBy) : decidedAs }));
  }

  /** People by id, whoever they belong to. */
  private async names(ids: readonly string[]): Promise<(id: string) => string | null> {
    const rows = await Promise.all([...new Set(ids)].map((id) => this.database.ops<{ id: string; display_name: string }>('person_by_id', id)));
    const known = new Map(rows.flat().map((row) => [row.id, row.display_name]));
    return (id) => known.get(id) ?? null;
  }
}

/** Before the people in it have their names. */
type Unnamed = Omit<EvolutionView, 'proposer' | 'decider'> & { readonly decidedBy: string | null; readonly decidedAs?: string };

type Hashes = Pick<ReviewList, 'sha256' | 'scopeSha256'>;

/** What the forecast's own members say. */
const SAID_ABOVE: ReadonlySet<string> = new Set(['evidence_missing', 'review_missing', 'evolution_missing']);

const MOST_NUMBER = 2_147_483_647;
const numberOf = (id: string): number => Number(/^EVOLUTION-(\d{1,9})$/.exec(id)?.[1] ?? MOST_NUMBER);
const EVOLUTION = sql`select id, proposal, sha256, state, answers, proposed_at, proposed_by, decided_at, decided_by, rationale from app.evolution`;

/** One that was decided before this platform kept any: the precedent of the operator's file is the record of it, and says neither who proposed it nor what was answered. */
function viewOfFile(id: string, seeds: readonly PrecedentSeed[]): Unnamed | undefined {
  const seed = seeds.find(({ evolution }) => evolution === id);
  if (!seed) return undefined;
  const { seed_id, type, decision, principle, rationale, approved_by, date, applies_to, supersedes } = seed;
  const at = `${date}T00:00:00.000Z`;
  const proposal = { title: decision, proposed: principle, seed: { seed_id, type, decision, principle, applies_to, ...(supersedes === null ? {} : { supersedes }) } };
  return { id, title: decision, state: 'approved', proposedAt: at, proposedBy: null, sha256: createHash('sha256').update(stableJson(seed)).digest('hex'), proposal, answers: [], reviews: [], decidedAt: at, decidedBy: null, decidedAs: approved_by, rationale: [rationale], seed: seed_id };
}

/** All that no row is of. */
async function ofFiles(tx: Tx): Promise<Unnamed[]> {
  const seeds = await readSeeds(tx);
  const named = [...new Set(seeds.flatMap(({ evolution }) => evolution ?? []))];
  const kept = new Set((await tx.read<{ id: string }>(sql`select id from app.evolution where id = any (${named})`)).map(({ id }) => id));
  return named.filter((id) => !kept.has(id)).map((id) => viewOfFile(id, seeds)!);
}

/** What a review of this version would be about: its text, and what a team of it could be and touch by the templates in force. */
async function bundleNow(tx: Tx, id: string, version: number): Promise<Hashes> {
  const row = await tx.one<{ doc: Bundle; hash: Buffer }>(sql`select doc, hash from app.bundle where id = ${id} and version = ${version}`);
  if (!row) throw new NotFoundError('bundle');
  return { sha256: row.hash.toString('hex'), scopeSha256: scopeSha256(scopeOf(row.doc, await readTemplates(tx))) };
}
async function evolutionNow(tx: Tx, id: string): Promise<Hashes> {
  const row = await tx.one<{ sha256: Buffer }>(sql`select sha256 from app.evolution where id = ${id}`);
  const sha256 = row?.sha256.toString('hex') ?? viewOfFile(id, await readSeeds(tx))?.sha256;
  if (sha256 === undefined) throw new NotFoundError('evolution');
  return { sha256, scopeSha256: null };
}

function evolutionView({ id, proposal, sha256, state, answers, proposed_at, proposed_by, decided_at, decided_by, rationale }: EvolutionRow, recorded: readonly RecordedReview[]): Unnamed {
  const hash = sha256.toString('hex');
  return {
    id, title: proposal.title, state, proposedAt: iso(proposed_at), proposedBy: proposed_by, sha256: hash, proposal,
    answers: CONFIRMATION_IDS.map((question) => {
      const answer = answers.find((each) => each.question === question);
      return { question, words: CONFIRMATIONS[question], accepted: answer?.accepted ?? null, note: answer?.note ?? '' };
    }),
    reviews: REVIEWERS.map((role) => standingOf(recorded, { sha256: hash }, role)).map(({ role, state: standing }) => ({ role, state: standing })),
    decidedAt: decided_at && iso(decided_at), decidedBy: decided_by, rationale, seed: state === 'approved' ? proposal.seed.seed_id : null,
  };
}

async function readTeam(tx: Tx): Promise<TeamRow> {
  const team = (await tx.one<TeamRow>(sql`select team_id, name, state, mode, bundle, bundle_id, bundle_version from app.team where team_id = ${tx.scopeId}`))!;
  if (conforms(bundleSchema, team.bundle).length > 0) throw new RefusedError('invalid_bundle', 'the bundle that this team was hired with does not follow the rules of today: nothing can be said about it');
  return team;
}
const readRecord = (tx: Tx): Promise<CertificationRow | undefined> =>
  tx.one<CertificationRow>(sql`select id, classification, criteria, scope, checklists, reviews, evolution, alignment, risks, precedents, notes, decided_at from app.certification where team_id = ${tx.scopeId} and verdict = 'certified' order by decided_at desc limit 1`);

const viewOf = (checklists: readonly Checklist[]): CertificationView['checklists'] => checklists.map(({ headings, ...about }) => ({ ...about, headings: headings.map((each) => ({ ...each, name: headingName(each.heading), evidence: [...each.evidence] })) }));
const mapped = <K extends string, T, U>(record: Readonly<Record<K, T>>, of: (value: T) => U): Record<K, U> => Object.fromEntries(Object.entries<T>(record).map(([key, value]) => [key, of(value)])) as Record<K, U>;
