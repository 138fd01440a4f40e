import { createHash } from 'node:crypto';
import type { Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { helpdeskReplied, type TeamId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { opening } from '../../domain/cards.js';
import { readConversation } from './ask.js';

/**
 * Says why, and what happens next, when the helpdesk opens: once for each session, whoever hears the news how often. Its message
 * has the session's own id, so that there is no second one.
 */
export async function tellOpening(tx: Tx, audit: Audit): Promise<void> {
  const { session, facts, epoch } = await readConversation(tx);
  const told = session && (await tx.one(sql`select 1 from app.conversation where team_id = (select sec.team()) and message_id = ${session.id}`));
  if (!session || told) return void tx.ledgerOnly();
  const { text, cards } = opening(facts!);
  const last = await tx.one<{ seq: number }>(sql`select coalesce(max(seq), 0)::int4 as seq from app.conversation where team_id = (select sec.team()) and session_id = ${session.id}`);
  const seq = (last?.seq ?? 0) + 1;
  tx.writeExpecting(1, 'team_not_suspended', sql`insert into app.conversation (team_id, session_id, seq, message_id, author, text, cards)
    select sec.team(), s.id, ${seq}::int4, s.id, 'helpdesk', ${text}, ${json(cards)} from app.helpdesk_session s where s.team_id = (select sec.team()) and s.id = ${session.id} and s.closed_at is null`);
  await audit(tx, 'HELPDESK-TOLD', { session_id: session.id, helpdesk_agent_id: 'helpdesk-agent', words_sha256: createHash('sha256').update(text).digest('hex'), cards: cards.length });
  publish(tx, helpdeskReplied, { teamId: tx.scopeId as TeamId }, { epoch, seq });
}
