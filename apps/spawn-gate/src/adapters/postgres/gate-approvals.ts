import { personal, type Audit } from '@countersign/audit';
import { APPROVAL_CODE, wireId, type GateApprovalKind, type GateApprovalState, type PersonId } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';
import { tell, type EventSubject } from './events.js';

/** The kinds whose questions this desk asks and ends. */
export type QuestionKind = keyof typeof APPROVAL_CODE;

/** A question to a person, as it stands. */
export interface QuestionRow {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly goal_id: string | null;
  readonly task_id: string | null;
  readonly instance_id: string | null;
  readonly requested_by: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly digest: Buffer;
  readonly code: string;
  readonly reason: string;
  readonly state: GateApprovalState;
  readonly epoch: number;
  readonly due_at: Date;
  readonly overdue: boolean;
  readonly decided_by: PersonId | null;
  readonly used_at: Date | null;
  readonly used_by: string | null;
  readonly result_id: string | null;
}

export interface NewQuestion {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly goalId: string | null;
  readonly taskId: string | null;
  readonly instanceId: string | null;
  readonly requestedBy: string;
  readonly request: object;
  /** SHA-256, hex, over who asks and what will be done. Not in it: what a person said with it, by which role they asked, and a call's id; a question that is asked again with other words is the same. */
  readonly digest: string;
  readonly code: string;
  readonly reason: string;
  readonly epoch: number;
  readonly waitMs: number;
  /** It never waits longer than this instance lives. */
  readonly until?: string;
}

const columns: Statement = sql`q.id, q.kind, q.goal_id, q.task_id, q.instance_id, q.requested_by, q.request, q.digest, q.code, q.reason, q.state, q.epoch, q.due_at, q.due_at <= clock_timestamp() as overdue, q.decided_by, q.used_at, q.used_by, q.result_id`;
const KINDS: readonly GateApprovalKind[] = Object.keys(APPROVAL_CODE) as QuestionKind[];
const select = (tx: Tx): Statement => sql`select ${columns} from app.gate_approval q where q.team_id = ${tx.scopeId} and q.kind = any (${[...KINDS]}::text[])`;

export const questionById = (tx: Tx, id: string): Promise<QuestionRow | undefined> => tx.one<QuestionRow>(sql`${select(tx)} and q.id = ${id}`);
/** The latest question about exactly this; before any other one that was opened, or whose answer was heard, under the id `own`. */
export const latestQuestion = (tx: Tx, digest: string, own?: string): Promise<QuestionRow | undefined> =>
  tx.one<QuestionRow>(sql`${select(tx)} and q.digest = ${Buffer.from(digest, 'hex')} order by coalesce(${own ?? null}::uuid in (q.id, q.used_by), false) desc, q.created_at desc, q.id desc limit 1`);

/** The words of the record per kind. */
const ACTION = {
  spawn: { requested: 'SPAWN-APPROVAL-REQUESTED', approved: 'SPAWN-APPROVAL-GRANTED', denied: 'SPAWN-APPROVAL-DENIED', expired: 'SPAWN-APPROVAL-EXPIRED', withdrawn: 'SPAWN-APPROVAL-WITHDRAWN' },
  tool: { requested: 'TOOL-APPROVAL-REQUESTED', approved: 'TOOL-APPROVAL-GRANTED', denied: 'TOOL-APPROVAL-DENIED', expired: 'TOOL-APPROVAL-EXPIRED', withdrawn: 'TOOL-APPROVAL-WITHDRAWN' },
  budget: { requested: 'BUDGET-APPROVAL-REQUESTED', approved: 'BUDGET-APPROVAL-GRANTED', denied: 'BUDGET-APPROVAL-DENIED', expired: 'BUDGET-APPROVAL-EXPIRED', withdrawn: 'BUDGET-APPROVAL-WITHDRAWN' },
} as const;

/** What the question had left that is asked again after its team was stopped: the last of the same task with the same words, whoever's instance asks now. */
const leftMs = (tx: Tx, { kind, goalId, taskId, request }: NewQuestion): Statement => sql`(select q.left_ms from app.gate_approval q where q.team_id = ${tx.scopeId} and q.kind = ${kind} and q.goal_id is not distinct from ${goalId}::uuid
      and q.task_id is not distinct from ${taskId}::uuid and q.request - 'callId' = ${json(request)}::jsonb - 'callId' order by q.created_at desc, q.id desc limit 1)`;

/** Queues a question with its entry and event. */
export async function openQuestion(tx: Tx, audit: Audit, question: NewQuestion): Promise<void> {
  const { id, kind, goalId, taskId, instanceId, requestedBy, request, digest, code, reason, epoch, waitMs, until } = question;
  tx.write(sql`insert into app.gate_approval (team_id, id, kind, goal_id, task_id, instance_id, requested_by, request, digest, code, reason, epoch, due_at)
    values (${tx.scopeId}, ${id}, ${kind}, ${goalId}, ${taskId}, ${instanceId}, ${requestedBy}, ${json(request)}, ${Buffer.from(digest, 'hex')}, ${code}, ${reason}, ${epoch},
      least(clock_timestamp() + coalesce(${leftMs(tx, question)}, ${waitMs}::int8) * interval '1 millisecond', (select i.deadline_at from app.instance i where i.team_id = ${tx.scopeId} and i.id = ${until ?? null}::uuid)))`);
  await audit(tx, ACTION[kind].requested, { approval_id: id, digest, code, ...(instanceId === null ? {} : { instance_id: instanceId }), ...(taskId === null ? {} : { task_id: taskId }) });
  tell(tx, subjectOf({ id, kind, goal_id: goalId, task_id: taskId, instance_id: instanceId, epoch }), 'approval.requested', { approvalID: wireApproval(kind, id), kind, code, reason });
}

export interface Answer {
  readonly state: Exclude<GateApprovalState, 'pending'>;
  /** A person's words, or a code where none speaks. */
  readonly by?: { readonly personId: PersonId; readonly words: string };
  readonly reason?: string;
  readonly resultId?: string;
}

/** Queues the end of a question. It must still be pending: of two answers one counts. */
export async function endQuestion(tx: Tx, audit: Audit, question: QuestionRow, { state, by, reason = '', resultId }: Answer): Promise<void> {
  const { id, kind, digest, due_at } = question;
  tx.writeExpecting(1, 'already_decided', sql`update app.gate_approval set state = ${state}, decided_at = clock_timestamp(), decided_by = ${by?.personId ?? null}, decision_reason = ${by?.words ?? reason}, result_id = ${resultId ?? null}
    where team_id = ${tx.scopeId} and id = ${id} and state = 'pending'`);
  const bound = { approval_id: id, digest: digest.toString('hex') };
  const said = by && by.words.trim() !== '' ? personal(by.personId, by.words) : reason || 'unspecified';
  if (state === 'expired') await audit(tx, ACTION[kind].expired, { ...bound, expired_at: due_at });
  else if (state === 'withdrawn') await audit(tx, ACTION[kind].withdrawn, { ...bound, reason: reason || 'unspecified' });
  else await audit(tx, ACTION[kind][state], { ...bound, reason: said, ...(resultId === undefined ? {} : { decision_id: resultId }) }, state === 'denied' ? { result: 'denied' } : {});
  const code = state === 'approved' ? 'ok' : APPROVAL_CODE[kind][state];
  tell(tx, subjectOf(question), 'approval.decided', { approvalID: wireApproval(kind, id), kind, decision: state, code, ...(by?.words ? { reason: by.words } : {}) });
  if (kind === 'spawn' && state !== 'approved') tellRefusal(tx, question, code, by?.words ?? reason);
}

/** The requester of a spawn hears the end in the words it listens for. */
function tellRefusal(tx: Tx, question: QuestionRow, code: string, error: string): void {
  const { wish } = question.request as { readonly wish?: { readonly role?: string; readonly templateId?: string } };
  tell(tx, { ...subjectOf(question), source: question.request['source'] as never }, 'spawn.denied', { requestedRole: wish?.role ?? null, templateID: wish?.templateId ?? null, code, error, approvalID: wireApproval('spawn', question.id) });
}

/** Withdraws every pending question that `which` (a condition on `q`) is about. */
export async function withdrawQuestions(tx: Tx, audit: Audit, which: Statement, reason: string): Promise<void> {
  const rows = await tx.read<QuestionRow>(sql`${select(tx)} and q.state = 'pending' and ${which} order by q.id`);
  for (const question of rows) await endQuestion(tx, audit, question, { state: 'withdrawn', reason });
}

/** Notes that the asker has heard the outcome, and with which call: the same call may hear it again, another asks anew. */
export function markHeard(tx: Tx, { id }: QuestionRow, callId: string): void {
  tx.writeExpecting(1, 'already_heard', sql`update app.gate_approval set used_at = clock_timestamp(), used_by = ${callId} where team_id = ${tx.scopeId} and id = ${id} and used_at is null`);
}

export const isUnheard = ({ used_at, used_by }: QuestionRow, callId: string): boolean => used_at === null || used_by === callId;

const wireApproval = (kind: QuestionKind, id: string): string => wireId(`${kind}Approval`, id);

/** A spawn's question stands for an instance that is not there yet: the one that asked is its parent. */
const subjectOf = ({ id, kind, goal_id, task_id, instance_id, epoch }: Pick<QuestionRow, 'id' | 'kind' | 'goal_id' | 'task_id' | 'instance_id' | 'epoch'>): EventSubject => ({
  instanceId: kind === 'spawn' ? null : instance_id,
  subjectId: instance_id ?? id,
  goalId: goal_id,
  taskId: task_id,
  runId: null,
  parentId: kind === 'spawn' ? instance_id : null,
  epoch,
});
