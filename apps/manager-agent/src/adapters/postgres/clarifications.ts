import { COORDINATION, uuidv7, type AskClarification, type GivenUpFor, type GoalId, type InstanceId, type MemberId, type SenderKind, type TaskId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { answerSummary, type AskingFacts, type OpenClarification } from '../../domain/clarify.js';
import { fromRecords } from '../../domain/answer-question.js';
import { readGoal } from './goal-rows.js';
import { writeAboutTask } from './member-mail.js';
import { readSharedTexts } from './questions.js';

/** What an agent works on when it asks, and around it. */
export interface Wondering extends Omit<AskingFacts, 'before' | 'recorded'> {
  readonly taskId: TaskId;
  readonly epoch: number;
  /** Null: nobody leads the team now. */
  readonly managerId: MemberId | null;
}

/** A member waits for an answer to the question `c` of the instance `i`. */
const WAITING = sql`c.given_up_at is null and c.due_at > clock_timestamp() and not exists (select from app.member_message a where a.team_id = c.team_id and a.answers = c.id)`;

/** Undefined where the agent has no task of its own. */
export const readWondering = (tx: Tx, instanceId: InstanceId): Promise<Wondering | undefined> =>
  tx.one<Wondering>(sql`
    select k.id as "taskId", t.epoch, coalesce((t.bundle #>> '{coordination,answerMinutes}')::int, ${COORDINATION.answerMinutes}) as "answerMinutes",
      (select m.id from app.member m where m.team_id = t.team_id and m.kind = 'manager' and m.state = 'active' limit 1) as "managerId",
      (select count(*)::int from app.clarification c where c.team_id = k.team_id and c.task_id = k.id) as asked, exists (select from app.clarification c where c.team_id = i.team_id and c.instance_id = i.id and ${WAITING}) as waiting
    from app.instance i join app.task k on k.team_id = i.team_id and k.id = i.task_id join app.team t on t.team_id = i.team_id where i.team_id = ${tx.scopeId} and i.id = ${instanceId}`);

/** What a person answered to the same question about the task, whichever of its agents asked; what is erased or put away is no answer. Held until commit: whoever erases it meanwhile finds what is made of it. */
export const readBefore = async (tx: Tx, taskId: TaskId, question: string): Promise<string | undefined> =>
  (await tx.one<{ text: string }>(sql`select a.text from app.clarification c join app.member_message a on a.team_id = c.team_id and a.answers = c.id
    where c.team_id = ${tx.scopeId} and c.task_id = ${taskId} and c.question = ${question} and a.from_kind = 'person' and a.archived_at is null order by c.at desc limit 1 for share of a`))?.text;

/** What the manager's records say of what is asked: of files and texts that it names, those of its own task and of all. */
export async function readRecorded(tx: Tx, goalId: GoalId, { taskId }: Pick<Wondering, 'taskId'>, question: string): Promise<string | undefined> {
  const [facts, shared] = [await readGoal(tx, goalId), await readSharedTexts(tx, goalId)];
  return facts && fromRecords(facts, question, shared.filter((text) => text.taskId === null || text.taskId === taskId));
}

/** How long the same call still waits, where it has asked before. */
export const readAskedBefore = (tx: Tx, questionId: string, instanceId: InstanceId): Promise<{ readonly waitMs: number } | undefined> =>
  tx.one(sql`select greatest(0, extract(epoch from due_at - clock_timestamp()) * 1000)::int8 as "waitMs" from app.clarification where team_id = ${tx.scopeId} and id = ${questionId} and instance_id = ${instanceId}`);

export interface Asking {
  readonly memberId: MemberId;
  readonly taskId: TaskId;
  readonly of: string;
  readonly waitMs: number;
}
export function writeQuestion(tx: Tx, { callId, instanceId, question, choices = [] }: AskClarification, { memberId, taskId, of, waitMs }: Asking): void {
  tx.write(sql`insert into app.clarification (team_id, id, task_id, member_id, instance_id, asked_of, question, choices, at, due_at)
    select ${tx.scopeId}::uuid, ${callId}::uuid, ${taskId}::uuid, ${memberId}::uuid, ${instanceId}::uuid, ${of}::text, ${question}::text, ${json(choices)}, now.at, now.at + make_interval(secs => ${waitMs / 1000}) from (select clock_timestamp() as at) now`);
}

export interface AskedQuestion extends OpenClarification {
  readonly taskId: TaskId;
  readonly goalId: GoalId;
  readonly memberId: MemberId;
  /** Whose the task is now: whoever asked may have lost it since. */
  readonly ownerId: MemberId | null;
  readonly instanceId: InstanceId;
  readonly question: string;
  readonly epoch: number;
  readonly givenUp: boolean;
  /** It was answered, and what was answered is erased. */
  readonly erased: boolean;
}
/** Held until commit: whoever answers, whoever gives up and whoever hands the task to another take turns, and what the other did is read once it is one's own. */
export async function readQuestion(tx: Tx, questionId: string): Promise<AskedQuestion | undefined> {
  const [, asked] = await Promise.all([tx.read(sql`select from app.clarification c join app.task k on k.team_id = c.team_id and k.id = c.task_id where c.team_id = ${tx.scopeId} and c.id = ${questionId} for update of c for share of k`), readAsIs(tx, questionId)]);
  return asked;
}
const readAsIs = (tx: Tx, questionId: string): Promise<AskedQuestion | undefined> =>
  tx.one<AskedQuestion>(sql`
    select c.task_id as "taskId", k.goal_id as "goalId", c.member_id as "memberId", k.member_id as "ownerId", c.instance_id as "instanceId", c.question, t.epoch, c.given_up_at is not null as "givenUp", c.given_up_at is not null or c.due_at <= clock_timestamp() as over,
      exists (select from app.member_message a where a.team_id = c.team_id and a.answers = c.id) as answered,
      exists (select from app.member_message a where a.team_id = c.team_id and a.answers = c.id and a.erased_at is not null) as erased,
      exists (select from app.instance i where i.team_id = c.team_id and i.id = c.instance_id and i.state = 'running' and i.epoch = t.epoch) and c.given_up_for is distinct from 'withdrawn' as waits
    from app.clarification c join app.task k on k.team_id = c.team_id and k.id = c.task_id join app.team t on t.team_id = c.team_id where c.team_id = ${tx.scopeId} and c.id = ${questionId}`);

export interface Answer {
  readonly messageId: string;
  readonly questionId: string;
  readonly from: { readonly kind: SenderKind; readonly id: string };
  readonly text: string;
}
/** An answer is a message to the member about the task: it comes to who asked, or, where that one is gone in the meantime, to whoever works on it next (`passOnAnswers` where that is another member). */
export function writeAnswer(tx: Tx, { taskId, memberId, ownerId = null, question }: Pick<AskedQuestion, 'taskId' | 'memberId' | 'question'> & Partial<Pick<AskedQuestion, 'ownerId'>>, { messageId, questionId, from, text }: Answer): void {
  tx.write(sql`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, task_id, text, summary, answers)
    values (${tx.scopeId}, ${messageId}, 'message', ${from.kind}, ${from.id}, ${memberId}, ${taskId}, ${text}, ${answerSummary(question)}, ${questionId})`);
  tx.write(sql`insert into app.message_receipt (team_id, message_id, member_id) select distinct ${tx.scopeId}::uuid, ${messageId}::uuid, m.id from unnest(${[memberId, ownerId ?? memberId]}::uuid[]) m (id)`);
}

/** What people answered about the task comes to whoever has it now, too, once and in the order it was written. Not what the manager answered: its records may say more by now. */
export const passOnAnswers = (tx: Tx, taskId: TaskId, to: MemberId): void =>
  tx.write(sql`insert into app.message_receipt (team_id, message_id, member_id) select a.team_id, a.id, ${to}::uuid from app.clarification c join app.member_message a on a.team_id = c.team_id and a.answers = c.id
    where c.team_id = ${tx.scopeId} and c.task_id = ${taskId} and a.from_kind = 'person' and a.archived_at is null on conflict do nothing`);

/**
 * What nobody had answered when the team was suspended: whoever asked is gone with it, so the questions end here, and whoever has the task now
 * hears that from the platform, once. Else its agents would go on without knowing that they have to ask again.
 */
export async function tellUnanswered(tx: Tx, audit: Audit, { taskId, goalId, title, to }: { readonly taskId: TaskId; readonly goalId: GoalId; readonly title: string; readonly to: MemberId }): Promise<void> {
  const unanswered = await tx.read<{ id: string; memberId: MemberId; instanceId: InstanceId }>(sql`select c.id, c.member_id as "memberId", c.instance_id as "instanceId"
    from app.clarification c join app.instance i on i.team_id = c.team_id and i.id = c.instance_id join app.team t on t.team_id = c.team_id
    where c.team_id = ${tx.scopeId} and c.task_id = ${taskId} and c.given_up_at is null and i.epoch < t.epoch and not exists (select from app.member_message a where a.team_id = c.team_id and a.answers = c.id) order by c.at`);
  for (const { id, memberId, instanceId } of unanswered) {
    writeGivenUp(tx, id, 'withdrawn');
    writeTaskEvent(tx, taskId, 'clarification_withdrawn', memberId, { clarification: id });
    await audit(tx, 'CLARIFICATION-EXPIRED', { question_id: id, task_id: taskId, goal_id: goalId, instance_id: instanceId, outcome: 'withdrawn' });
  }
  // without the agent's own words: these are the platform's, and whoever reads them may be another
  if (unanswered.length > 0) writeAboutTask(tx, { to, taskId, text: `The team was suspended before anybody answered what an agent had asked about “${title}”. Nobody is asked that any more. Ask again if the work still needs it.` });
}

export const writeGivenUp = (tx: Tx, questionId: string, outcome: GivenUpFor): void =>
  tx.writeExpecting(1, 'question_over', sql`update app.clarification set given_up_at = clock_timestamp(), given_up_for = ${outcome} where team_id = ${tx.scopeId} and id = ${questionId} and given_up_at is null`);

/** Beside the task's work: it moves neither the work nor its review. */
export const writeTaskEvent = (tx: Tx, taskId: TaskId, kind: 'clarification_asked' | 'clarification_answered' | 'clarification_expired' | 'clarification_withdrawn', actor: string, body: object): void =>
  tx.write(sql`insert into app.task_event (team_id, id, task_id, kind, actor, body) values (${tx.scopeId}, ${uuidv7()}, ${taskId}, ${kind}, ${actor}, ${json(body)})`);
