import {
  digestWords,
  effectKey,
  type ApprovalArtifact,
  type ApprovalCheck,
  type ApprovalDetail,
  type ApprovalId,
  type ApprovalSummary,
  type DecidedState,
  type DecisionView,
  type Effect,
  type EffectState,
  type PersonId,
  type QuorumOf,
  type SettledEffectView,
  type SettlementView,
  type Manifest,
  type TeamId,
} from '@countersign/contracts';
import type { KeyKind } from '@countersign/contracts/assertions';
import { factsOf, question, sentView, whatHappens } from '@countersign/contracts/effect-words';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { viewOf } from '../../domain/approval-view.js';
import { approvalSummaryWithoutContent, shownTo } from '../../domain/content.js';
import { isReversible } from '../../domain/manifest.js';
import { effectiveAtOf, isUndone, manifestOf, readApproval, readNow, readTeam, readYeses, type ApprovalRow, type StandingYes, type TeamRow } from './approval-rows.js';
import { newestHead } from './newest-head.js';
import { iso, isoOrNull, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

interface ListRow {
  readonly team_id: string;
  readonly team_name: string;
  readonly id: string;
  readonly goal_id: string;
  readonly title: string;
  readonly kind: Effect['kind'];
  readonly view: ApprovalSummary['state'];
  readonly marks: string[];
  readonly tier: number;
  readonly created_at: Date;
  readonly due_at: Date;
  readonly deferred_until: Date | null;
  readonly cost_micros: number;
  readonly cost_rehearsal: boolean;
  readonly need: number;
  readonly need_of: QuorumOf;
  readonly held_for: DecidedState | null;
  readonly effective_at: Date | null;
  /** The time to undo is over; null: nothing is held. */
  readonly late: boolean | null;
  readonly paused: boolean;
  readonly decided_by: string | null;
  readonly yes: readonly StandingYes[] | null;
}
interface EffectRow {
  readonly id: string;
  readonly state: EffectState;
  readonly kind: string;
  readonly code: string | null;
  readonly receipt: object | null;
  readonly settled_by: PersonId | null;
  readonly settled_how: SettlementView['how'] | null;
  readonly settled_reason: string | null;
  readonly finished_at: Date | null;
}
/** Names of person and device stand in the customer's scope: whoever shows it looks them up. */
export interface DecisionBy {
  readonly personId: string | null;
  readonly deviceId: string | null;
}
interface DecisionRow {
  readonly decision: DecisionView['decision'];
  readonly at: Date;
  readonly person_id: string | null;
  readonly device_id: string | null;
  readonly reason: string | null;
  readonly signed_with: KeyKind | null;
}

/** Approvals as people see them. */
@Injectable()
export class Approvals {
  constructor(private readonly database: Database) {}

  async list(caller: Caller, page: PageRequest & { state?: string }): Promise<Page<ApprovalSummary>> {
    const limit = limitOf(page);
    const rows = await this.database.ops<ListRow>('approvals_page', isStaff(caller) ? null : caller.customerId, page.state ?? null, page.cursor ?? null, limit + 1, caller.personId);
    return pageOfRows(rows, limit, ({ id }) => id, (row) => shownTo(caller, fromList(row, caller), (summary) => approvalSummaryWithoutContent(summary, row.kind)));
  }

  /** The manifest exactly as hashed. */
  async manifest(teamId: TeamId, id: ApprovalId): Promise<{ bytes: Buffer; digest: Buffer }> {
    const row = await this.database.withTeam(teamId, (tx) => tx.one<{ manifest: Buffer; digest: Buffer }>(sql`select manifest, digest from app.approval where team_id = ${teamId} and id = ${id}`));
    return { bytes: row!.manifest, digest: row!.digest };
  }

  detail(caller: Caller, teamId: TeamId, id: ApprovalId): Promise<{ detail: ApprovalDetail; kind: Effect['kind']; by: DecisionBy | undefined; settledBy: PersonId | null }> {
    return this.database.withTeam(teamId, async (tx) => {
      const [approval, team, yes, now, deferredUntil] = await Promise.all([readApproval(tx, id), readTeam(tx), readYeses(tx, id), readNow(tx), readDeferred(tx, id, caller.personId)]);
      const manifest = manifestOf(approval!);
      const [says, artifacts, checks, decision, effect, signed] = await Promise.all([readSummary(tx, approval!), readArtifacts(tx, teamId, manifest), readChecks(tx, approval!), approval!.state === 'pending' ? undefined : readDecision(tx, id), readEffect(tx, id), tx.one<{ head: string | null }>(sql`select ${newestHead} as head`)]);
      const late = approval!.effective_at && approval!.effective_at.getTime() <= now.getTime();
      const detail = { ...summaryOf({ ...approval!, yes, late, paused: approval!.goal_paused, deferred_until: deferredUntil }, team, manifest, effect, caller), ...pageOf(approval!, manifest), agentSays: says, artifacts, checks, decision: decision ? decisionOf(decision) : null, effect: effect ? effectOf(effect) : null, head: signed?.head ?? null };
      return { detail, kind: kindOf(manifest), by: decision && { personId: decision.person_id, deviceId: decision.device_id }, settledBy: effect?.settled_by ?? null };
    });
  }
}

/** The gateway itself put it there. */
const kindOf = ({ effects: [effect] }: Manifest): Effect['kind'] => effect!.kind as Effect['kind'];

const fromList = (row: ListRow, caller: Caller): ApprovalSummary => ({
  id: row.id,
  teamId: row.team_id,
  teamName: row.team_name,
  goalId: row.goal_id,
  title: row.title,
  state: row.view,
  marks: row.marks,
  tier: row.tier,
  reversible: isReversible(row),
  createdAt: iso(row.created_at),
  dueAt: iso(row.due_at),
  deferredUntil: isoOrNull(row.deferred_until),
  cost: { amountMicros: row.cost_micros, currency: 'USD', rehearsal: row.cost_rehearsal },
  quorum: row.need > 1 ? { need: row.need, of: row.need_of, yes: (row.yes ?? []).map(({ by, at }) => ({ by, at: iso(new Date(at)) })) } : null,
  heldFor: row.view === 'held' ? row.held_for : null,
  effectiveAt: effectiveAtOf({ state: row.view, effective_at: row.effective_at }),
  mayUndo: mayUndo(row, caller),
});

/** As the rule says it; whoever asks is told by the rule itself. */
function mayUndo({ view, held_for, late, paused, decided_by, yes }: ListRow, { personId }: Caller): boolean {
  const saidYes = (yes ?? []).some((each) => each.personId === personId);
  if (view === 'pending') return saidYes;
  return view === 'held' && (late !== true || paused) && (decided_by === personId || (held_for === 'approved' && saidYes));
}

type Standing = ApprovalRow & Pick<ListRow, 'yes' | 'late' | 'paused' | 'deferred_until'>;
const summaryOf = (row: Standing, team: TeamRow, manifest: Manifest, effect: EffectRow | undefined, caller: Caller): ApprovalSummary =>
  fromList({ ...row, team_id: manifest.team_id, team_name: team.name, kind: kindOf(manifest), view: viewOf(row.state, effect?.state), cost_micros: Number(manifest.cost.amount_micros), cost_rehearsal: manifest.cost.rehearsal ?? false }, caller);

function pageOf(row: ApprovalRow, manifest: Manifest) {
  const digest = row.digest.toString('hex');
  const words = { question: question(manifest), whatHappens: whatHappens(manifest), onTimeout: 'expire' as const, facts: factsOf(manifest), sent: sentView(manifest, effectKey(manifest.approval_id)) ?? null };
  return { ...words, digest, digestWords: digestWords(digest), supersededBy: row.superseded_by, validUntil: isoOrNull(row.valid_until), version: row.version };
}

async function readSummary(tx: Tx, { deliverable_id }: ApprovalRow): Promise<string> {
  const row = await tx.one<{ summary: string }>(sql`select summary from app.deliverable where team_id = ${tx.scopeId} and id = ${deliverable_id}`);
  return row?.summary ?? '';
}

async function readArtifacts(tx: Tx, teamId: TeamId, manifest: Manifest): Promise<ApprovalArtifact[]> {
  const ids = manifest.artifacts.flatMap(({ id, base }) => (base ? [id, base.artifact_id] : [id]));
  const rows = await tx.read<{ id: string; version: number; has_content: boolean; has_base: boolean }>(sql`select id, version, content is not null as has_content, base_content is not null as has_base from app.artifact where team_id = ${teamId} and id = any (${ids}::uuid[])`);
  const byId = new Map(rows.map((row) => [row.id, { ...row, url: `/v1/teams/${teamId}/artifacts/${row.id}/versions/${row.version}` }]));
  return manifest.artifacts.map((file) => {
    const [row, base] = [byId.get(file.id), file.base ? byId.get(file.base.artifact_id) : undefined];
    return {
      id: file.id,
      path: file.path,
      mediaType: file.media_type,
      size: Number(file.size),
      sha256: file.sha256,
      deleted: file.deleted,
      mode: file.mode as ApprovalArtifact['mode'],
      contentUrl: file.deleted || !row?.has_content ? null : `${row.url}/content`,
      baseContentUrl: base?.has_base ? `${base.url}/base` : null,
      baseSha256: file.base?.sha256 ?? null,
    };
  });
}

/** The checks behind the deliverable, with the end of what each one printed. */
const readChecks = (tx: Tx, { deliverable_id }: ApprovalRow): Promise<ApprovalCheck[]> =>
  tx.read<ApprovalCheck>(sql`select c ->> 'criterion' as criterion, (c ->> 'passed')::boolean as passed, coalesce(k.output_tail, '') as "outputTail"
    from app.deliverable d cross join lateral jsonb_array_elements(d.checks) with ordinality x (c, nth)
    left join app.check_run k on k.team_id = d.team_id and k.draft_id = (c ->> 'draftId')::uuid and k.criterion = c ->> 'criterion'
    where d.team_id = ${tx.scopeId} and d.id = ${deliverable_id} order by nth`);

const readDeferred = async (tx: Tx, id: ApprovalId, personId: string): Promise<Date | null> =>
  (await tx.one<{ until: Date }>(sql`select until from app.approval_mark where team_id = ${tx.scopeId} and approval_id = ${id} and kind = 'deferred' and person_id = ${personId} order by at desc limit 1`))?.until ?? null;

/** The last one that was not taken back. */
const readDecision = (tx: Tx, id: ApprovalId): Promise<DecisionRow | undefined> =>
  tx.one<DecisionRow>(sql`select decision, at, person_id, device_id, reason, assertion ->> 'kind' as signed_with from app.approval_decision d where team_id = ${tx.scopeId} and approval_id = ${id} and decision = any (${ENDS})
    and not ${isUndone} order by at desc limit 1`);
const ENDS: readonly DecisionView['decision'][] = ['approve', 'deny', 'request_changes', 'expire', 'withdraw'];

const readEffect = (tx: Tx, id: ApprovalId): Promise<EffectRow | undefined> =>
  tx.one<EffectRow>(sql`select id, state, kind, code, receipt, settled_by, settled_how, settled_reason, finished_at from app.effect where team_id = ${tx.scopeId} and approval_id = ${id}`);

const effectOf = ({ id, state, kind, code, receipt, settled_how: how, settled_reason: reason, finished_at: at }: EffectRow): SettledEffectView => ({
  id, state, kind, code, receipt,
  settlement: how && at ? { how, at: iso(at), by: null, reason: reason ?? '' } : null,
});

export const decisionOf = (row: Omit<DecisionRow, 'person_id' | 'device_id'>): DecisionView => ({ decision: row.decision, at: iso(row.at), by: null, device: null, signedWith: row.signed_with, reason: row.reason });
