import { personal, principalOf, type Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { helpdeskReplied, NotFoundError, type AskHelpdesk, type HelpdeskAnswer } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { answer } from '../../domain/answer.js';
import type { HelpdeskFacts } from '../../domain/facts.js';

type Status = Omit<HelpdeskFacts, 'session' | 'now'> & { readonly team: { readonly epoch: number } };

interface SessionRow {
  readonly id: string;
  readonly plan: string;
  readonly opened_at: Date;
}

interface Said {
  readonly seq: number;
  readonly text: string;
}

/**
 * The helpdesk: answers while a session is open, from the redacted status alone, and does nothing else. Question, answer,
 * entry and news are one transaction, so nothing was said that is not on record (S4-92).
 */
@Injectable()
export class Helpdesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent by message: asked again, it gives the answer it gave. */
  ask(request: AskHelpdesk): Promise<HelpdeskAnswer> {
    const principal = principalOf({ kind: 'person', id: request.by.personId });
    return this.database.withTeam(request.teamId, (tx) => this.converse(tx, request), { principal });
  }

  private async converse(tx: Tx, request: AskHelpdesk): Promise<HelpdeskAnswer> {
    const [, team, session, status, clock, before] = await Promise.all([
      // One message after the other: their numbers are their order.
      tx.read(sql`select pg_advisory_xact_lock(hashtextextended('helpdesk:' || sec.team(), 0))`),
      tx.one<{ customer_id: string; state: string }>(sql`select customer_id, state from app.team where team_id = (select sec.team())`),
      tx.one<SessionRow>(sql`select id, plan, opened_at from app.helpdesk_session where team_id = (select sec.team()) and closed_at is null`),
      tx.one<{ status: Status }>(sql`select ops.team_status() as status`),
      tx.one<{ now: Date }>(sql`select clock_timestamp() as now`),
      tx.one<Said>(sql`select seq, text from app.conversation where team_id = (select sec.team()) and message_id = ${request.messageId} and author = 'helpdesk'`),
    ]);
    if (team?.customer_id !== request.by.customerId) throw new NotFoundError('team');
    if (before) return said(before);
    if (!session) return closed(team.state);
    const { text } = answer(request.text, { ...status!.status, session: { plan: session.plan, openedAt: session.opened_at }, now: clock!.now });
    const seq = (await lastSeq(tx, session)) + 1;
    write(tx, session, request, { seq, author: 'customer', text: request.text });
    write(tx, session, request, { seq: seq + 1, author: 'helpdesk', text });
    await this.audit(tx, 'HELPDESK-INTERACTION', {
      customer_id: personal(request.by.personId, request.by.customerId),
      helpdesk_agent_id: 'helpdesk-agent',
      message: personal(request.by.personId, request.text),
      response: personal(request.by.personId, text),
      session_id: session.id,
    });
    publish(tx, helpdeskReplied, { teamId: request.teamId }, { epoch: status!.status.team.epoch, seq: seq + 1 });
    return said({ seq: seq + 1, text });
  }
}

const said = ({ seq, text }: Said): HelpdeskAnswer => ({ ok: true, code: 'ok', message: '', answer: text, seq });

/** Outside a session it is silent: an active team is asked directly. */
const closed = (state: string): HelpdeskAnswer =>
  state === 'suspended'
    ? { ok: false, code: 'helpdesk_not_open', message: 'no helpdesk was opened for this suspension' }
    : { ok: false, code: 'team_not_suspended', message: `the team is ${state}; the helpdesk answers only while it is suspended` };

async function lastSeq(tx: Tx, { id }: SessionRow): Promise<number> {
  const row = await tx.one<{ seq: number }>(sql`select coalesce(max(seq), 0) as seq from app.conversation where team_id = (select sec.team()) and session_id = ${id}`);
  return row?.seq ?? 0;
}

/** The session must still be open when the words are written: a reactivation in between leaves nothing said. */
function write(tx: Tx, { id }: SessionRow, { messageId }: AskHelpdesk, { seq, author, text }: Said & { readonly author: 'customer' | 'helpdesk' }): void {
  tx.writeExpecting(1, 'team_not_suspended', sql`insert into app.conversation (team_id, session_id, seq, message_id, author, text)
    select sec.team(), s.id, ${seq}::int4, ${messageId}::uuid, ${author}, ${text} from app.helpdesk_session s where s.team_id = (select sec.team()) and s.id = ${id} and s.closed_at is null`);
}
