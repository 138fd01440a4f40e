import type { ByInstance, MailView, MemberId, SendToMember } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';

/** Under this name agents know whoever is not one of them. */
const FROM: Readonly<Record<string, string>> = { person: 'user', lead: 'team-lead', system: 'system' };
const MOST = 50;

interface MailRow {
  readonly id: string;
  readonly kind: string;
  readonly fromKind: string;
  readonly text: string;
  readonly summary: string;
  readonly at: Date;
}

/** What was written to a member and not put away, the newest of it, the oldest first. */
export const readWritten = async (tx: Tx, memberId: MemberId, waiting = false): Promise<readonly MailRow[]> =>
  (await tx.read<MailRow>(sql`
    select m.id, m.kind, m.from_kind as "fromKind", m.text, m.summary, m.at from app.message_receipt r join app.member_message m on m.team_id = r.team_id and m.id = r.message_id
    where r.team_id = ${tx.scopeId} and r.member_id = ${memberId} and m.archived_at is null and (not ${waiting} or r.delivered_at is null) order by m.seq desc limit ${MOST}`)).reverse();

export const asMail = ({ id, text, summary, fromKind, at }: MailRow): MailView => ({ id, type: 'message', from: FROM[fromKind] ?? fromKind, content: text, summary, at: at.toISOString() });

/** An agent of the member has got these; `read` when it asked for them itself. Once said it is not said again. */
export function noteDelivered(tx: Tx, { instanceId }: ByInstance, memberId: MemberId, ids: readonly string[], read: boolean): void {
  if (ids.length === 0) return;
  tx.write(sql`update app.message_receipt set delivered_at = coalesce(delivered_at, clock_timestamp()), delivered_to = coalesce(delivered_to, ${instanceId}), read_at = case when ${read} then coalesce(read_at, clock_timestamp()) else read_at end
    where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = any (${[...ids]}::uuid[]) and (delivered_at is null or (${read} and read_at is null))`);
}

/** Whether a message of that id waits for this member's answer. */
export const awaitsAnswer = (tx: Tx, memberId: MemberId, id: string): Promise<object | undefined> =>
  tx.one(sql`select message_id from app.message_receipt where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = ${id} and answered_at is null`);

export function noteAnswered(tx: Tx, { instanceId }: ByInstance, memberId: MemberId, messageId: string, answerId: string): void {
  tx.writeExpecting(1, 'message_answered', sql`update app.message_receipt set delivered_at = coalesce(delivered_at, clock_timestamp()), delivered_to = coalesce(delivered_to, ${instanceId}), read_at = coalesce(read_at, clock_timestamp()),
    answered_at = clock_timestamp(), answer_id = ${answerId} where team_id = ${tx.scopeId} and member_id = ${memberId} and message_id = ${messageId} and answered_at is null`);
}

export const readSending = async (tx: Tx, { messageId, by, taskId }: SendToMember): Promise<{ readonly known: boolean; readonly lately: number; readonly taskKnown: boolean }> =>
  (await tx.one<{ known: boolean; lately: number; taskKnown: boolean }>(sql`
    select exists (select from app.member_message where team_id = ${tx.scopeId} and id = ${messageId}) as known,
      (select count(*)::int from app.member_message where team_id = ${tx.scopeId} and from_id = ${by.personId} and at > clock_timestamp() - interval '1 minute') as lately,
      ${taskId ?? null}::uuid is null or exists (select from app.task where team_id = ${tx.scopeId} and id = ${taskId ?? null}::uuid) as "taskKnown"`))!;
