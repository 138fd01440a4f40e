import { approvalRuleFor, type ApprovalPolicyFile, type ApprovalRule, type ApprovalState, type Bundle, type Effect, type EntryId, type LadderPolicy, type LineCommentView, type TeamId, type TeamState } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';

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
  readonly valid_until: Date | null;
  readonly superseded_by: string | null;
  readonly version: number;
}

export const readApproval = (tx: Tx, id: string): Promise<ApprovalRow | undefined> => tx.one<ApprovalRow>(sql`
  select a.*, g.paused_at is not null as goal_paused from app.approval a join app.goal g on g.team_id = a.team_id and g.id = a.goal_id where a.team_id = ${tx.scopeId} and a.id = ${id}`);
export const readTeam = async (tx: Tx): Promise<TeamRow> => (await tx.one<TeamRow>(sql`select name, state, epoch, customer_id, bundle from app.team where team_id = ${tx.scopeId}`))!;
/** The database's clock: deadlines are its, not ours. */
export const readNow = async (tx: Tx): Promise<Date> => (await tx.one<{ now: Date }>(sql`select clock_timestamp() as now`))!.now;

export interface PolicyInForce {
  readonly id: string;
  readonly version: number;
  readonly rule: ApprovalRule;
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
export const policyInForce = (row: PolicyRow | undefined, bundle: Partial<Bundle>, kind: Effect['kind']): PolicyInForce => ({
  id: row?.id ?? 'bundle',
  version: row?.version ?? 0,
  rule: approvalRuleFor(row?.doc, bundle.approval ?? FALLBACK, kind),
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
  /** Of the entry in the chain that says so. */
  readonly entryId: EntryId;
}
export const insertDecision = (teamId: TeamId, row: DecisionRow): Statement =>
  sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id, reason, assertion, comments, report, entry_id)
    values (${teamId}, ${row.id}, ${row.approvalId}, ${row.decision}, ${row.digest}, ${row.personId ?? null}, ${row.deviceId ?? null}, ${row.reason ?? null}, ${row.assertion ? json(row.assertion) : null}, ${json(row.comments ?? [])}, ${row.report ?? false}, ${row.entryId})`;

/** What is settled does not ring any more, and its ladder is looked at once more, to take its notices' place. The ladder is locked first, as whoever sends does. */
export const silence = (teamId: TeamId, approvalId: string): Statement => sql`with l as (update app.ladder set next_at = clock_timestamp() where team_id = ${teamId} and approval_id = ${approvalId} and closed_at is null returning approval_id)
  update app.notification set state = 'withdrawn' where team_id = ${teamId} and approval_id = coalesce((select approval_id from l), ${approvalId}) and state = 'due' and kind <> 'resolved'`;

/** True for an approval that an effect was started with. */
export const isUsed = sql`exists (select from app.approval_use u where u.team_id = a.team_id and u.approval_id = a.id)`;

/** Whoever had a hand in it: members whose drafts went into the goal's branch, by the record of the runs. From the goal step by step, however small the tables were when it was planned. */
export async function readAuthors(tx: Tx, approvalId: string): Promise<string[]> {
  const team = tx.scopeId;
  const rows = await tx.read<{ member_id: string }>(sql`select distinct r.member_id from app.worker_run r where r.team_id = ${team} and r.id = any (array(
    select d.run_id from app.draft d where d.team_id = ${team} and d.state = 'committed' and d.task_id = any (array(
      select k.id from app.task k where k.team_id = ${team} and k.goal_id = (select p.goal_id from app.approval p where p.team_id = ${team} and p.id = ${approvalId})))))`);
  return rows.map(({ member_id }) => member_id);
}
