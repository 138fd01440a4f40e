import { NotFoundError, wireId, type CustomerId, type InstanceId, type MemberId, type MemberMessageView, type MessageFile, type SenderKind, type SentKind, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { receiptState, type ReceiptTimes } from '../../domain/receipt-state.js';
import { iso, isoOrNull, limitOf, type Page } from './pages.js';

interface MessageRow {
  readonly id: string;
  readonly seq: number;
  readonly kind: SentKind;
  readonly fromKind: SenderKind;
  readonly fromId: string | null;
  readonly leadName: string | null;
  readonly toId: string | null;
  readonly toName: string | null;
  readonly taskId: string | null;
  readonly text: string;
  readonly summary: string;
  readonly at: Date;
  readonly archivedAt: Date | null;
  readonly erasedAt: Date | null;
  readonly attachments: MessageFile[];
}
interface ReceiptRow extends ReceiptTimes {
  readonly messageId: string;
  readonly memberId: string;
  readonly name: string;
  readonly deliveredTo: string | null;
  readonly answerId: string | null;
}
export interface Wanted {
  readonly member?: string;
  readonly archived: boolean;
  readonly cursor?: string;
  readonly limit?: number;
}

/** What was written to members, the newest first, with how far it has come with each. */
@Injectable()
export class MemberMessages {
  constructor(private readonly database: Database) {}

  async page(teamId: TeamId, customerId: CustomerId, { member, archived, cursor, limit: asked }: Wanted): Promise<Page<MemberMessageView>> {
    const limit = limitOf(asked === undefined ? {} : { limit: asked });
    const people = await this.database.withCustomer(customerId, (tx) => tx.read<{ id: string; name: string }>(sql`select id, display_name as name from app.person where customer_id = ${customerId}`));
    const names = new Map(people.map(({ id, name }) => [id, name]));
    return this.database.withTeam(teamId, async (tx) => {
      const rows = await tx.read<MessageRow>(sql`
        select m.id, m.seq, m.kind, m.from_kind as "fromKind", m.from_id as "fromId", l.name as "leadName", m.to_id as "toId", t.name as "toName", m.task_id as "taskId", m.text, m.summary, m.at, m.archived_at as "archivedAt", m.erased_at as "erasedAt",
          (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'sha256', encode(f.sha256, 'hex'), 'bytes', f.size, 'mediaType', f.media_type) order by a.ordinal), '[]') from app.message_attachment a join app.attachment f on f.team_id = a.team_id and f.sha256 = a.sha256 where a.team_id = m.team_id and a.message_id = m.id and m.erased_at is null) as attachments
        from app.member_message m left join app.member t on t.team_id = m.team_id and t.id = m.to_id left join app.member l on l.team_id = m.team_id and l.id = m.from_id and m.from_kind = 'lead'
        where m.team_id = ${teamId} and (m.archived_at is not null) = ${archived} and (${cursor ?? null}::bigint is null or m.seq < ${cursor ?? null}::bigint)
          and (${member ?? null}::uuid is null or exists (select from app.message_receipt r where r.team_id = m.team_id and r.message_id = m.id and r.member_id = ${member ?? null}::uuid)) order by m.seq desc limit ${limit + 1}`);
      const shown = rows.slice(0, limit);
      const receipts = await readReceipts(tx, shown.map(({ id }) => id));
      const items = shown.map((row) => viewOf(row, receipts.filter(({ messageId }) => messageId === row.id), row.fromId === null ? 'system' : (row.leadName ?? names.get(row.fromId) ?? '')));
      return { items, nextCursor: rows.length > limit ? String(shown.at(-1)!.seq) : null };
    });
  }

  /** Rejects where the team has no such member. */
  async known(teamId: TeamId, memberId: MemberId): Promise<void> {
    if (!(await this.database.withTeam(teamId, (tx) => tx.one(sql`select id from app.member where team_id = ${teamId} and id = ${memberId}`)))) throw new NotFoundError('member');
  }

  /** The agents of a member that work on a task, or are about to. */
  async openOf(teamId: TeamId, memberId: MemberId): Promise<readonly InstanceId[]> {
    const open = await this.database.withTeam(teamId, (tx) => tx.read<{ id: InstanceId }>(sql`select id from app.instance where team_id = ${teamId} and member_id = ${memberId} and state in ('queued', 'running') and task_id is not null`));
    return open.map(({ id }) => id);
  }
}

const readReceipts = (tx: Tx, ids: readonly string[]): Promise<ReceiptRow[]> =>
  tx.read<ReceiptRow>(sql`
    select r.message_id as "messageId", r.member_id as "memberId", m.name, r.delivered_at as "deliveredAt", r.delivered_to as "deliveredTo", r.read_at as "readAt", r.answered_at as "answeredAt", r.answer_id as "answerId"
    from app.message_receipt r join app.member m on m.team_id = r.team_id and m.id = r.member_id where r.team_id = ${tx.scopeId} and r.message_id = any (${[...ids]}::uuid[]) order by m.kind, m.name, m.id`);

const viewOf = ({ toId, toName, fromId: _, leadName: __, at, archivedAt, erasedAt, ...row }: MessageRow, receipts: readonly ReceiptRow[], from: string): MemberMessageView => ({
  ...row, from,
  to: toId === null ? null : { id: toId, name: toName ?? '' },
  at: iso(at),
  archivedAt: isoOrNull(archivedAt),
  erasedAt: isoOrNull(erasedAt),
  receipts: receipts.map((receipt) => ({
    member: { id: receipt.memberId, name: receipt.name },
    state: receiptState(receipt),
    deliveredAt: isoOrNull(receipt.deliveredAt),
    deliveredTo: receipt.deliveredTo === null ? null : wireId('instance', receipt.deliveredTo),
    readAt: isoOrNull(receipt.readAt),
    answeredAt: isoOrNull(receipt.answeredAt),
    answerId: receipt.answerId,
  })),
});
