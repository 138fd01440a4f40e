import { createHash } from 'node:crypto';
import type { Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { helpdeskReplied, uuidv7, type TeamId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { opening, statusWord } from '../../domain/cards.js';
import { readConversation, type Talk } from './ask.js';

/**
 * Says why, and what happens next, when a team is suspended: once for each session, whoever hears the news how often. Its message
 * has the session's own id, so that there is no second one.
 */
export async function tellOpening(tx: Tx, audit: Audit): Promise<void> {
  const talk = await readConversation(tx);
  const { session, facts } = talk;
  const told = session && (await tx.one(sql`select 1 from app.conversation where team_id = (select sec.team()) and message_id = ${session.id}`));
  if (!session || told) return void tx.ledgerOnly();
  await say(tx, audit, talk, session.id, opening(facts!));
}

/** Says where things stand when the customer has heard nothing for as long as was promised; of several that look at once, one says it. */
export async function tellStatus(tx: Tx, audit: Audit): Promise<void> {
  const talk = await readConversation(tx);
  const { session, facts } = talk;
  const due = session && (await tx.one(sql`select 1 where coalesce((select max(at) from app.conversation where team_id = (select sec.team()) and session_id = ${session.id} and author = 'helpdesk'), ${session.opened_at}) < clock_timestamp() - ${session.cadence_hours}::int * interval '1 hour'`));
  if (!session || !due) return void tx.ledgerOnly();
  const told = await tx.one(sql`select 1 from app.conversation where team_id = (select sec.team()) and message_id = ${session.id}`);
  await say(tx, audit, talk, told ? uuidv7() : session.id, told ? statusWord(facts!) : opening(facts!));
}

type Said = ReturnType<typeof opening>;

async function say(tx: Tx, audit: Audit, { session, epoch }: Talk, messageId: string, { text, cards }: Said): Promise<void> {
  const { id } = session!;
  const last = await tx.one<{ seq: number }>(sql`select coalesce(max(seq), 0)::int4 as seq from app.conversation where team_id = (select sec.team()) and session_id = ${id}`);
  const seq = (last?.seq ?? 0) + 1;
  tx.writeExpecting(1, 'team_not_suspended', sql`insert into app.conversation (team_id, session_id, seq, message_id, author, text, cards)
    select sec.team(), s.id, ${seq}::int4, ${messageId}::uuid, 'helpdesk', ${text}, ${json(cards)} from app.helpdesk_session s where s.team_id = (select sec.team()) and s.id = ${id} and s.closed_at is null`);
  await audit(tx, 'HELPDESK-TOLD', { session_id: id, helpdesk_agent_id: 'helpdesk-agent', words_sha256: createHash('sha256').update(text).digest('hex'), cards: cards.length });
  publish(tx, helpdeskReplied, { teamId: tx.scopeId as TeamId }, { epoch, seq });
}
