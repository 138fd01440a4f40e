import { createHash } from 'node:crypto';
import type { Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { helpdeskReplied, uuidv7, type TeamId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { farewell, opening, openingAfterwards, statusWord } from '../../domain/cards.js';
import { nextToTell, type ToTell } from '../../domain/next-to-tell.js';
import { readConversation, type Talk } from './ask.js';

/**
 * Says why, and what happens next, when a team is suspended: once for each session, whoever hears the news how often. Its message
 * has the session's own id, so that there is no second one. Heard of when the suspension is over, it says that, too.
 */
export async function tellOpening(tx: Tx, audit: Audit): Promise<void> {
  if (!(await tellUntold(tx, audit, await readConversation(tx)))) tx.ledgerOnly();
}

/** Says why where the news of it was lost, and else where things stand when the customer has heard nothing for as long as was promised; of several that look at once, one says it. */
export async function tellStatus(tx: Tx, audit: Audit): Promise<void> {
  const talk = await readConversation(tx);
  if (await tellUntold(tx, audit, talk)) return;
  const { session, facts } = talk;
  const due = session && (await tx.one(sql`select 1 where (select max(at) from app.conversation where team_id = (select sec.team()) and session_id = ${session.id} and author = 'helpdesk') < clock_timestamp() - ${session.cadence_hours}::int * interval '1 hour'`));
  if (!due) return void tx.ledgerOnly();
  await say(tx, audit, talk, { sessionId: session.id, messageId: uuidv7(), open: true }, statusWord(facts!));
}

/** The id of a session's last word: what else is said while the session closes is none. */
const LAST_WORD = sql`md5(s.id || ' over')::uuid`;

/** The last word, where a team ends while it is suspended: once, in the session that closed with it. Where that was never told why, it is now, and with it that the team has ended. */
export async function tellEnd(tx: Tx, audit: Audit): Promise<void> {
  const talk = await readConversation(tx);
  const last = await tx.one<{ id: string; wordId: string }>(sql`select s.id, ${LAST_WORD} as "wordId" from app.helpdesk_session s join app.team t on t.team_id = s.team_id
    where s.team_id = (select sec.team()) and t.state in ('completed', 'dissolved') and s.closed_at >= t.state_changed_at and exists (select from app.conversation c where c.team_id = s.team_id and c.message_id = s.id and c.at < s.closed_at)
      and not exists (select from app.conversation c where c.team_id = s.team_id and c.message_id = ${LAST_WORD})`);
  if (last) await say(tx, audit, talk, { sessionId: last.id, messageId: last.wordId, open: false }, farewell(talk.status.team));
  else if (!(await tellUntold(tx, audit, talk))) tx.ledgerOnly();
}

interface Suspended extends ToTell {
  readonly id: string;
  readonly reason: string;
  readonly plan: string;
}

/** Tells of the suspension that the rule names, if it names one. */
async function tellUntold(tx: Tx, audit: Audit, talk: Talk): Promise<boolean> {
  const [sessions, clock] = await Promise.all([
    tx.read<Suspended>(sql`select s.id, s.reason, s.plan, s.opened_at as "openedAt", s.closed_at as "closedAt", exists (select from app.conversation c where c.team_id = s.team_id and c.message_id = s.id) as told
      from app.helpdesk_session s where s.team_id = (select sec.team())`),
    tx.one<{ now: Date }>(sql`select clock_timestamp() as now`),
  ]);
  const untold = nextToTell(sessions, clock!.now);
  if (!untold) return false;
  const { id, reason, plan, openedAt, closedAt } = untold;
  const words = closedAt === null ? opening(talk.facts!) : openingAfterwards({ team: { ...talk.status.team, reason }, session: { plan, openedAt } }, closedAt);
  await say(tx, audit, talk, { sessionId: id, messageId: id, open: closedAt === null }, words);
  return true;
}

type Said = ReturnType<typeof opening>;

/** Where it is said, and whether that still has to be open when it is written. */
interface Place {
  readonly sessionId: string;
  readonly messageId: string;
  readonly open: boolean;
}
async function say(tx: Tx, audit: Audit, { epoch }: Talk, { sessionId: id, messageId, open }: Place, { text, cards }: Said): Promise<void> {
  const last = await tx.one<{ seq: number }>(sql`select coalesce(max(seq), 0)::int4 as seq from app.conversation where team_id = (select sec.team()) and session_id = ${id}`);
  const seq = (last?.seq ?? 0) + 1;
  tx.writeExpecting(1, 'team_not_suspended', sql`insert into app.conversation (team_id, session_id, seq, message_id, author, text, cards)
    select sec.team(), s.id, ${seq}::int4, ${messageId}::uuid, 'helpdesk', ${text}, ${json(cards)} from app.helpdesk_session s where s.team_id = (select sec.team()) and s.id = ${id} and (s.closed_at is null) = ${open}`);
  await audit(tx, 'HELPDESK-TOLD', { session_id: id, helpdesk_agent_id: 'helpdesk-agent', words_sha256: createHash('sha256').update(text).digest('hex'), cards: cards.length });
  publish(tx, helpdeskReplied, { teamId: tx.scopeId as TeamId }, { epoch, seq });
}
