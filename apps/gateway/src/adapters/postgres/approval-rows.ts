import { approvalRuleFor, type ApprovalPolicyFile, type ApprovalRule, type ApprovalState, type Bundle, type Effect, type EntryId, type LadderPolicy, type LineCommentView, type TeamId, type TeamState, type DecidedState, type EffectSize, type Manifest, type QuorumOf, type RuleInForce } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';
import { iso, isoOrNull } from './pages.js';

export interface TeamRow {
  readonly name: string;
  readonly state: TeamState;
  readonly epoch: number;
  readonly customer_id: string;
  readonly bundle: Bundle;
}
export interface ApprovalRow {
  readonly id: string;
  readonly goal_id: string;
  readonly deliverable_id: string;
  readonly manifest: Buffer;
  readonly digest: Buffer;
  readonly title: string;
  readonly tier: number;
  readonly state: ApprovalState;
  readonly marks: string[];
  readonly epoch: number;
  readonly customer_id: string;
  readonly requested_by: string;
  readonly created_at: Date;
  readonly due_at: Date;
  readonly goal_paused: boolean;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly held_for: DecidedState | null;
  readonly effective_at: Date | null;
  readonly need: number;
  readonly need_of: QuorumOf;
  readonly valid_until: Date | null;
  readonly superseded_by: string | null;
  readonly version: number;
}

export const readApproval = (tx: Tx, id: string): Promise<ApprovalRow | undefined> => tx.one<ApprovalRow>(sql`
  select a.*, g.paused_at is not null as goal_paused from app.approval a join app.goal g on g.team_id = a.team_id and g.id = a.goal_id where a.team_id = ${tx.scopeId} and a.id = ${id}`);
/** By what its manifest says: a policy that was changed since changes no question that was asked. */
export const manifestOf = ({ manifest }: Pick<ApprovalRow, 'manifest'>): Manifest => JSON.parse(manifest.toString('utf8')) as Manifest;
export const readTeam = async (tx: Tx): Promise<TeamRow> => (await tx.one<TeamRow>(sql`select name, state, epoch, customer_id, bundle from app.team where team_id = ${tx.scopeId}`))!;
/** The database's clock: deadlines are its, not ours. */
export const readNow = async (tx: Tx): Promise<Date> => (await tx.one<{ now: Date }>(sql`select clock_timestamp() as now`))!.now;

export interface PolicyInForce {
  readonly id: string;
  readonly version: number;
  readonly rule: RuleInForce;
  readonly ladder: LadderPolicy | undefined;
}
const FALLBACK: ApprovalRule = { timeoutMinutes: 60, validMinutes: 15, tier: 2 };

export interface PolicyRow {
  readonly id: string;
  readonly version: number;
  readonly doc: ApprovalPolicyFile;
}
export const readPolicy = (tx: Tx): Promise<PolicyRow | undefined> => tx.one<PolicyRow>(sql`select id, version, doc from ops.published_policies('approval-policy') limit 1`);

/** The stricter of the platform's policy and the team's bundle, for this kind of effect. */
export const policyInForce = (row: PolicyRow | undefined, bundle: Partial<Bundle>, kind: Effect['kind'], size: EffectSize): PolicyInForce => ({
  id: row?.id ?? 'bundle',
  version: row?.version ?? 0,
  rule: approvalRuleFor(row?.doc, bundle.approval ?? FALLBACK, kind, size),
  ladder: row?.doc.ladder,
});

export interface DecisionRow {
  readonly id: string;
  readonly approvalId: string;
  readonly decision: string;
  readonly digest: Buffer;
  readonly personId?: string;
  readonly deviceId?: string;
  readonly reason?: string;
  readonly assertion?: object;
  readonly comments?: readonly LineCommentView[];
  readonly report?: boolean;
  /** By the device's clock, of what waited there for a connection. */
  readonly offlineAt?: Date | undefined;
  /** Of the entry in the chain that says so. */
  readonly entryId: EntryId;
  /** Of an undo: what it takes back. */
  readonly undoes?: string;
  /** Of the approval, when it was said. */
  readonly version: number;
}
export const insertDecision = (teamId: TeamId, row: DecisionRow): Statement =>
  sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id, reason, assertion, comments, report, offline_at, entry_id, undoes, version)
    values (${teamId}, ${row.id}, ${row.approvalId}, ${row.decision}, ${row.digest}, ${row.personId ?? null}, ${row.deviceId ?? null}, ${row.reason ?? null}, ${row.assertion ? json(row.assertion) : null}, ${json(row.comments ?? [])}, ${row.report ?? false}, ${row.offlineAt ?? null}, ${row.entryId}, ${row.undoes ?? null}, ${row.version})`;

/** A yes that stands, where several are needed. */
export interface StandingYes {
  readonly personId: string;
  readonly deviceId: string;
  /** The name of the key that signed it. */
  readonly key: string;
  readonly by: string;
  readonly at: string;
}
export const readYeses = async (tx: Tx, approvalId: string): Promise<StandingYes[]> => (await tx.one<{ yes: StandingYes[] | null }>(sql`select ops.yeses_of(${approvalId}) as yes`))?.yes ?? [];

/** What is settled does not ring any more, and its ladder is looked at once more, to take its notices' place. The ladder is locked first, as whoever sends does. */
export const silence = (teamId: TeamId, approvalId: string): Statement => sql`with l as (update app.ladder set next_at = clock_timestamp() where team_id = ${teamId} and approval_id = ${approvalId} and closed_at is null returning approval_id)
  update app.notification set state = 'withdrawn' where team_id = ${teamId} and approval_id = coalesce((select approval_id from l), ${approvalId}) and state = 'due' and kind <> 'resolved'`;

/** Whoever had a hand in a goal's work, as the database has it. */
export async function readAuthors(tx: Tx, goalId: Statement): Promise<string[]> {
  const rows = await tx.read<{ member_id: string }>(sql`select h.member_id from app.hands_of(${tx.scopeId}, ${goalId}) h (member_id)`);
  return rows.map(({ member_id }) => member_id);
}

/** Of the goal that an approval is about. */
export const readAuthorsOf = (tx: Tx, approvalId: string): Promise<string[]> => readAuthors(tx, sql`(select p.goal_id from app.approval p where p.team_id = ${tx.scopeId} and p.id = ${approvalId})`);

/** What is true now, to go with a refusal: a screen can show it without another look. */
export const currentOf = (approval: ApprovalRow) => ({
  state: approval.state, version: approval.version, digest: approval.digest.toString('hex'), dueAt: iso(approval.due_at), decidedAt: isoOrNull(approval.decided_at), effectiveAt: effectiveAtOf(approval), supersededBy: approval.superseded_by,
});

/** When a decision takes effect, or took it: of what was replaced or taken back, none will. */
export const effectiveAtOf = ({ state, effective_at }: Pick<ApprovalRow, 'effective_at'> & { readonly state: string }): string | null => (state === 'superseded' || state === 'withdrawn' ? null : isoOrNull(effective_at));

/** True for a decision that was taken back. */
export const isUndone = sql`exists (select from app.approval_decision u where u.team_id = d.team_id and u.undoes = d.id)`;

/** True for an approval that an effect was started with. */
export const isUsed = sql`exists (select from app.approval_use u where u.team_id = a.team_id and u.approval_id = a.id)`;
