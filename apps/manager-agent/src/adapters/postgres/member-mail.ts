import { firstOf, uuidv7, type AttachedFile, type AttachmentRef, type ByInstance, type MailFile, type MailView, type MemberId, type SendToMember, type TakeMail, type TaskId } from '@countersign/contracts';
import { sql, type Statement, type Tx } from '@countersign/database';

/** Under this name agents know whoever is not one of them. */
const FROM: Readonly<Record<string, string>> = { person: 'user', lead: 'team-lead', system: 'system' };
const MOST = 50;

interface MailRow {
  readonly id: string;
  readonly seq: number;
  readonly kind: string;
  readonly fromKind: string;
  readonly text: string;
  readonly summary: string;
  readonly at: Date;
  readonly files: MailFile[];
  /** The question of the agent's that it answers. */
  readonly answers: string | null;
  readonly dueAt: Date | null;
  /** It interrupts this agent, which it has not come to yet. */
  readonly interrupts: boolean;
}

/**
 * What was written to a member and not put away, as far as it is for this agent of it; what interrupts goes to each agent that was there. The oldest first: `waiting`, of what has not been delivered, and before the rest what ends a waiting, for which
 * an agent that makes no other call would never get that far (whoever gives them on puts them in order); else the newest of all.
 */
export async function readWritten(tx: Tx, { instanceId }: ByInstance, waiting = false): Promise<readonly MailRow[]> {
  const rows = await tx.read<MailRow>(sql`
    select m.* from (
      select m.id, m.seq, m.kind, m.from_kind as "fromKind", m.text, m.summary, m.at, m.answers, m.due_at as "dueAt",
        (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'mediaType', f.media_type, 'bytes', f.size, 'sha256', encode(f.sha256, 'hex')) order by a.ordinal), '[]') from app.message_attachment a join app.attachment f on f.team_id = a.team_id and f.sha256 = a.sha256 where a.team_id = m.team_id and a.message_id = m.id) as files,
        w.waits, w.interrupts
      from app.instance i cross join lateral app.mail_of(i.team_id, i.member_id, i.task_id, i.id) w join app.member_message m on m.team_id = i.team_id and m.id = w.message_id
      where i.team_id = ${tx.scopeId} and i.id = ${instanceId}) m
    where not ${waiting} or m.waits or m.interrupts order by ${waiting} and m.kind = 'message' and m.answers is null, case when ${waiting} then m.seq else -m.seq end limit ${MOST}`);
  return waiting ? rows : rows.reverse();
}

export const asMail = ({ id, kind, text, summary, fromKind, files, answers, dueAt, at }: MailRow): MailView => ({ id, type: kind === 'shutdown' ? 'shutdown_request' : 'message', from: FROM[fromKind] ?? fromKind, content: text, summary, ...(files.length > 0 ? { files } : {}), ...(answers === null ? {} : { requestId: answers }), ...(dueAt === null ? {} : { dueAt: dueAt.toISOString() }), at: at.toISOString() });

/** An agent of the member has got these, and read those. Once said it is not said again. */
export function noteDelivered(tx: Tx, { instanceId, delivered = [], read = [] }: TakeMail, memberId: MemberId): void {
  const ids = [...new Set([...delivered, ...read])];
  if (ids.length === 0) return;
  tx.write(sql`update app.message_receipt set delivered_at = coalesce(delivered_at, clock_timestamp()), delivered_to = coalesce(delivered_to, ${instanceId}), read_at = case when message_id = any (${[...read]}::uuid[]) then coalesce(read_at, clock_timestamp()) else read_at end
    where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = any (${ids}::uuid[]) and (delivered_at is null or (read_at is null and message_id = any (${[...read]}::uuid[])))`);
  tx.write(sql`insert into app.message_interrupt (team_id, message_id, instance_id) select m.team_id, m.id, ${instanceId}::uuid from app.member_message m join app.message_receipt r on r.team_id = m.team_id and r.message_id = m.id
    where m.team_id = ${tx.scopeId} and m.id = any (${ids}::uuid[]) and m.kind = 'interrupt' and r.member_id = ${memberId} on conflict do nothing`);
}

/** Whether a message of that id waits for this member's answer. */
export const awaitsAnswer = (tx: Tx, memberId: MemberId, id: string): Promise<object | undefined> =>
  tx.one(sql`select message_id from app.message_receipt where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = ${id} and answered_at is null`);

export function noteAnswered(tx: Tx, { instanceId }: ByInstance, memberId: MemberId, messageId: string, answerId: string): void {
  tx.writeExpecting(1, 'message_answered', sql`update app.message_receipt set delivered_at = coalesce(delivered_at, clock_timestamp()), delivered_to = coalesce(delivered_to, ${instanceId}), read_at = coalesce(read_at, clock_timestamp()),
    answered_at = clock_timestamp(), answer_id = ${answerId} where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = ${messageId} and answered_at is null`);
}

/** Whether the member `to` was asked to end and may still answer, and whether any agent of it is there. */
export const readEnding = async (tx: Tx, to: MemberId): Promise<{ readonly asked: boolean; readonly running: boolean }> =>
  (await tx.one<{ asked: boolean; running: boolean }>(sql`
    select exists (select from app.member_message m join app.message_receipt r on r.team_id = m.team_id and r.message_id = m.id where m.team_id = ${tx.scopeId} and m.id = app.end_asked(${tx.scopeId}, ${to}) and m.due_at > clock_timestamp() and r.answered_at is null) as asked,
      exists (select from app.instance i where i.team_id = ${tx.scopeId} and i.member_id = ${to} and i.state in ('queued', 'running')) as running`))!;

/** What a message of that id that asks this agent's member to end was answered with, null while it is not; undefined: none does that is for this agent. */
export const readEndAsked = (tx: Tx, { instanceId }: Pick<ByInstance, 'instanceId'>, id: string): Promise<{ readonly approve: boolean | null } | undefined> =>
  tx.one(sql`select r.approve from app.instance i cross join lateral app.mail_of(i.team_id, i.member_id, i.task_id, i.id) w
      join app.message_receipt r on r.team_id = i.team_id and r.member_id = i.member_id and r.message_id = w.message_id join app.member_message m on m.team_id = r.team_id and m.id = r.message_id
    where i.team_id = ${tx.scopeId} and i.id = ${instanceId} and r.message_id = ${id} and m.kind = 'shutdown' for update of r`);

/** One of the member's agents answers for it. */
export function noteEnding(tx: Tx, { instanceId }: Pick<ByInstance, 'instanceId'>, memberId: MemberId, { messageId, approve, reason = '' }: { readonly messageId: string; readonly approve: boolean; readonly reason?: string }): void {
  tx.writeExpecting(1, 'message_answered', sql`update app.message_receipt set delivered_at = coalesce(delivered_at, clock_timestamp()), delivered_to = coalesce(delivered_to, ${instanceId}), read_at = coalesce(read_at, clock_timestamp()),
    answered_at = clock_timestamp(), approve = ${approve}, reason = ${reason} where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = ${messageId} and answered_at is null`);
}

/** Whoever sends takes turns with themselves: what is counted stays so until this is kept. */
export const readSending = async (tx: Tx, { messageId, by, taskId, kind }: Pick<SendToMember, 'messageId' | 'by' | 'taskId' | 'kind'>): Promise<{ readonly known: boolean; readonly lately: number; readonly taskKnown: boolean }> => {
  const [, facts] = await Promise.all([
    tx.read(sql`select pg_advisory_xact_lock(hashtextextended('mail:' || ${tx.scopeId} || ${by.personId}, 0))`),
    tx.one<{ known: boolean; lately: number; taskKnown: boolean }>(sql`
    select exists (select from app.member_message where team_id = ${tx.scopeId} and id = ${messageId}) as known,
      (select count(*)::int from app.member_message where team_id = ${tx.scopeId} and from_id = ${by.personId} and kind = ${kind} and at > clock_timestamp() - interval '1 minute') as lately,
      ${taskId ?? null}::uuid is null or exists (select from app.task where team_id = ${tx.scopeId} and id = ${taskId ?? null}::uuid) as "taskKnown"`),
  ]);
  return facts!;
};

/** What was handed in under these hashes and is still there. */
export async function readHandedIn(tx: Tx, refs: readonly AttachmentRef[]): Promise<readonly (AttachedFile & { readonly sha256: string })[]> {
  if (refs.length === 0) return [];
  const rows = await tx.read<{ sha256: string; bytes: number; width: number | null; height: number | null }>(sql`select encode(sha256, 'hex') as sha256, size::int as bytes, width, height from app.attachment
    where team_id = ${tx.scopeId} and erased_at is null and sha256 = any (select decode(h, 'hex') from unnest(${refs.map(({ sha256 }) => sha256)}::text[]) h)`);
  return rows.map(({ width, height, ...row }) => ({ ...row, ...(width === null || height === null ? {} : { image: { width, height } }) }));
}

export const readErasable = (tx: Tx, messageId: string): Promise<{ readonly text: string; readonly erased: boolean; readonly files: number } | undefined> =>
  tx.one(sql`select text, erased_at is not null as erased, (select count(*)::int from app.message_attachment a where a.team_id = m.team_id and a.message_id = m.id) as files from app.member_message m where team_id = ${tx.scopeId} and id = ${messageId} for update`);

/** Where the lead gave a person's answer again, word for word, to who asked the same about the task later. */
export const readCopies = (tx: Tx, messageId: string): Promise<readonly { readonly id: string; readonly text: string; readonly files?: number }[]> =>
  tx.read(sql`select x.id, x.text from app.member_message m join app.clarification c on c.team_id = m.team_id and c.id = m.answers join app.clarification o on o.team_id = c.team_id and o.task_id = c.task_id and o.question = c.question
      join app.member_message x on x.team_id = o.team_id and x.answers = o.id and x.from_kind = 'lead' and x.text = m.text and x.erased_at is null
    where m.team_id = ${tx.scopeId} and m.id = ${messageId} and m.from_kind = 'person' order by x.seq`);

/** The words of a message, and those of its files that no other message has. */
export function eraseWords(tx: Tx, messageId: string): void {
  tx.write(sql`update app.member_message set text = '', summary = '', erased_at = clock_timestamp(), archived_at = coalesce(archived_at, clock_timestamp()) where team_id = ${tx.scopeId} and id = ${messageId} and erased_at is null`);
  tx.write(sql`update app.message_receipt set reason = '' where team_id = ${tx.scopeId} and message_id = ${messageId} and reason <> ''`);
  tx.write(sql`update app.attachment f set content = null, erased_at = clock_timestamp() where f.team_id = ${tx.scopeId} and f.erased_at is null
    and exists (select from app.message_attachment a where a.team_id = f.team_id and a.sha256 = f.sha256 and a.message_id = ${messageId})
    and not exists (select from app.message_attachment a join app.member_message m on m.team_id = a.team_id and m.id = a.message_id where a.team_id = f.team_id and a.sha256 = f.sha256 and m.erased_at is null)`);
}

/** Up to a message: not yet put away, and no answer that whoever asked still has to be given, who would wait for nothing and hear that nobody answered. */
const notWaitedFor = (tx: Tx, upTo: number): Statement => sql`m.team_id = ${tx.scopeId} and m.seq <= ${upTo} and m.archived_at is null and not exists (
    select from app.clarification c join app.instance i on i.team_id = c.team_id and i.id = c.instance_id join app.message_receipt r on r.team_id = c.team_id and r.message_id = m.id and r.member_id = c.member_id
    where c.team_id = m.team_id and c.id = m.answers and i.state = 'running' and c.given_up_for is distinct from 'withdrawn' and r.delivered_at is null)`;

/** How many messages up to this one can be put away. */
export const readOld = async (tx: Tx, upTo: number): Promise<number> => (await tx.one<{ count: number }>(sql`select count(*)::int as count from app.member_message m where ${notWaitedFor(tx, upTo)}`))!.count;

export const putAway = (tx: Tx, upTo: number): void => tx.write(sql`update app.member_message m set archived_at = clock_timestamp() where ${notWaitedFor(tx, upTo)}`);

/** What the lead, or where none is named the platform itself, tells a member about a task: it comes with the member's next run of it. */
export function writeAboutTask(tx: Tx, { managerId = null, to, taskId, text }: { readonly managerId?: MemberId | null; readonly to: MemberId; readonly taskId: TaskId; readonly text: string }): void {
  const id = uuidv7();
  tx.write(sql`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, task_id, text) values (${tx.scopeId}, ${id}, 'message', ${managerId === null ? 'system' : 'lead'}, ${managerId}, ${to}, ${taskId}, ${firstOf(text, 10_000)})`);
  tx.write(sql`insert into app.message_receipt (team_id, message_id, member_id) values (${tx.scopeId}, ${id}, ${to})`);
}
