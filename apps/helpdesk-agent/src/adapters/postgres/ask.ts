import { personal, principalOf, type Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { helpdeskReplied, NotFoundError, type AskHelpdesk, type CommandReply, type HelpdeskAnswer, type HelpdeskCard, type LeaveNote } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { cardsBeside } from '../../domain/cards.js';
import type { HelpdeskFacts } from '../../domain/facts.js';
import { answerWith } from '../../domain/understand.js';
import { Understanding } from '../model/understanding.js';

type Status = Omit<HelpdeskFacts, 'session' | 'now'> & { readonly team: { readonly epoch: number } };

interface SessionRow {
  readonly id: string;
  readonly plan: string;
  readonly opened_at: Date;
  /** Whether the helpdesk answers; the customer is told why, and may leave a message, also where it does not. */
  readonly talks: boolean;
  readonly cadence_hours: number;
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
    private readonly understanding: Understanding,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent by message: asked again, it gives the answer it gave. */
  async ask(request: AskHelpdesk): Promise<HelpdeskAnswer> {
    const principal = principalOf({ kind: 'person', id: request.by.personId });
    const understood = this.understanding.helps ? await this.understand(request) : undefined;
    return this.database.withTeam(request.teamId, (tx) => this.converse(tx, request, understood), { principal });
  }

  /** Before anything is held: a model takes its time. Nothing is asked of it that will not be answered, or was already. */
  private async understand({ teamId, by, messageId, text }: AskHelpdesk): Promise<readonly string[] | undefined> {
    const facts = await this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      const [{ team, session, facts }, before] = await Promise.all([readConversation(tx), tx.one(sql`select 1 from app.conversation where team_id = (select sec.team()) and message_id = ${messageId}`)]);
      return team?.customer_id === by.customerId && session?.talks && !before ? facts : undefined;
    });
    return facts && this.understanding.of(text, facts);
  }

  /** Idempotent by message: it waits for a person, and the helpdesk says nothing to it. */
  leave({ teamId, by, messageId, text }: LeaveNote): Promise<CommandReply> {
    const principal = principalOf({ kind: 'person', id: by.personId });
    return this.database.withTeam(teamId, async (tx) => {
      const { team, session } = await readConversation(tx);
      if (team?.customer_id !== by.customerId) throw new NotFoundError('team');
      if (await tx.one(sql`select 1 from app.conversation where team_id = (select sec.team()) and message_id = ${messageId}`)) return { ok: true, code: 'unchanged', message: 'it was left already' };
      if (!session) return closed(team.state);
      write(tx, session, { messageId }, { seq: (await lastSeq(tx, session)) + 1, author: 'customer', text, cards: [], toPerson: true });
      await this.audit(tx, 'HELPDESK-NOTE-LEFT', { session_id: session.id, message_id: messageId, customer_id: personal(by.personId, by.customerId), message: personal(by.personId, text) });
      return { ok: true, code: 'ok', message: 'it waits for a person' };
    }, { principal });
  }

  private async converse(tx: Tx, request: AskHelpdesk, understood: readonly string[] | undefined): Promise<HelpdeskAnswer> {
    const [{ team, session, facts, epoch }, before] = await Promise.all([readConversation(tx), tx.one<Said>(sql`select seq, text from app.conversation where team_id = (select sec.team()) and message_id = ${request.messageId} and author = 'helpdesk'`)]);
    if (team?.customer_id !== request.by.customerId) throw new NotFoundError('team');
    if (before) return said(before);
    if (!session?.talks) return closed(team.state);
    const { text, intents } = answerWith(request.text, facts!, understood);
    const seq = (await lastSeq(tx, session)) + 1;
    write(tx, session, request, { seq, author: 'customer', text: request.text, cards: [] });
    write(tx, session, request, { seq: seq + 1, author: 'helpdesk', text, cards: cardsBeside(intents, facts!) });
    await this.audit(tx, 'HELPDESK-INTERACTION', {
      customer_id: personal(request.by.personId, request.by.customerId),
      helpdesk_agent_id: 'helpdesk-agent',
      message: personal(request.by.personId, request.text),
      response: personal(request.by.personId, text),
      session_id: session.id,
    });
    publish(tx, helpdeskReplied, { teamId: request.teamId }, { epoch, seq: seq + 1 });
    return said({ seq: seq + 1, text });
  }
}

export interface Talk {
  readonly team: { readonly customer_id: string; readonly state: string } | undefined;
  readonly session: SessionRow | undefined;
  /** What the helpdesk knows; only while a session is open. */
  readonly facts: HelpdeskFacts | undefined;
  readonly status: Status;
  readonly epoch: number;
}

/** One message after the other: their numbers are their order. */
export async function readConversation(tx: Tx): Promise<Talk> {
  const [, team, session, status, clock] = await Promise.all([
    tx.read(sql`select pg_advisory_xact_lock(hashtextextended('helpdesk:' || sec.team(), 0))`),
    tx.one<{ customer_id: string; state: string }>(sql`select customer_id, state from app.team where team_id = (select sec.team())`),
    tx.one<SessionRow>(sql`select id, plan, opened_at, talks, cadence_hours from app.helpdesk_session where team_id = (select sec.team()) and closed_at is null`),
    tx.one<{ status: Status }>(sql`select ops.team_status() as status`),
    tx.one<{ now: Date }>(sql`select clock_timestamp() as now`),
  ]);
  return { team, session, facts: session && { ...status!.status, session: { plan: session.plan, openedAt: session.opened_at }, now: clock!.now }, status: status!.status, epoch: status!.status.team?.epoch ?? 1 };
}

const said = ({ seq, text }: Said): HelpdeskAnswer => ({ ok: true, code: 'ok', message: '', answer: text, seq });

/** Outside a session it is silent: an active team is asked directly. */
const closed = (state: string): HelpdeskAnswer =>
  state === 'suspended'
    ? { ok: false, code: 'helpdesk_not_open', message: 'the helpdesk does not answer for this suspension; why the team stands still is said above, and a message for a person can be left' }
    : { ok: false, code: 'team_not_suspended', message: `the team is ${state}; the helpdesk answers only while it is suspended` };

async function lastSeq(tx: Tx, { id }: SessionRow): Promise<number> {
  const row = await tx.one<{ seq: number }>(sql`select coalesce(max(seq), 0) as seq from app.conversation where team_id = (select sec.team()) and session_id = ${id}`);
  return row?.seq ?? 0;
}

interface Words extends Said {
  readonly author: 'customer' | 'helpdesk';
  readonly cards: readonly HelpdeskCard[];
  readonly toPerson?: boolean;
}
/** The session must still be open when the words are written: a reactivation in between leaves nothing said. */
function write(tx: Tx, { id }: SessionRow, { messageId }: Pick<AskHelpdesk, 'messageId'>, { seq, author, text, cards, toPerson = false }: Words): void {
  tx.writeExpecting(1, 'team_not_suspended', sql`insert into app.conversation (team_id, session_id, seq, message_id, author, text, cards, to_person)
    select sec.team(), s.id, ${seq}::int4, ${messageId}::uuid, ${author}, ${text}, ${json(cards)}::jsonb, ${toPerson} from app.helpdesk_session s where s.team_id = (select sec.team()) and s.id = ${id} and s.closed_at is null`);
}
