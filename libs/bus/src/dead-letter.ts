import { createHash } from 'node:crypto';
import { messages, SERVICES, uuidv7, type Service, type TeamId } from '@countersign/contracts';
import { json, sql, type Database } from '@countersign/database';
import { passBy, type Arrival } from './inbox.js';
import { durableOf } from './names.js';

export interface DeadLetter extends Arrival {
  readonly teamId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
  readonly code: string;
  readonly text: string;
  readonly deliveries: number;
}

/** Keeps a message that cannot be handled, with the reason, where operators see it; its successors go on. Once per consumer and message. */
export async function bury(database: Database, letter: DeadLetter): Promise<void> {
  await database.withTeam(letter.teamId as TeamId, async (tx) => {
    passBy(tx, letter);
    const known = await tx.one(sql`select from app.dead_letter where team_id = (select sec.chain()) and consumer = ${letter.consumer} and msg_id = ${letter.messageId}`);
    if (known !== undefined) return;
    tx.write(sql`insert into app.dead_letter (team_id, id, consumer, msg_id, subject, headers, payload, error_code, error_text, deliveries)
      values (sec.chain(), ${uuidv7()}, ${letter.consumer}, ${letter.messageId}, ${letter.subject}, ${json(letter.headers)}, ${Buffer.from(letter.payload)},
        ${letter.code}, ${letter.text}, ${letter.deliveries})`);
  });
}

/** What came on a subject without being its author's message. */
export interface Forged {
  readonly teamId: string;
  readonly consumer: string;
  readonly subject: string;
  /** Its place in the stream, or in the log that it was refused in: the same at every consumer. */
  readonly place: number | string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
  /** With whose rights it was sent, where that shows. */
  readonly sender: Service | undefined;
  /** When it was sent, where that is known: a team that was let go on since is not stopped for it. */
  readonly at?: Date;
}
/** Of one team and consumer since the team's last move, and as many of before: more of them say nothing new. */
const MOST_FORGED = 100;
const MOST_BYTES = 4_000;

/** Keeps that a message was forged, once per consumer and message, and a bounded number of them. */
export async function buryForged(database: Database, { teamId, consumer, subject, place, headers, payload, sender, at }: Forged): Promise<void> {
  const id = createHash('sha256').update(`${subject} ${place}`).digest('hex');
  const messageId = `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`;
  await database.withTeam(teamId as TeamId, (tx) => {
    tx.ledgerOnly();
    tx.write(sql`with w as (select least(coalesce(${at ?? null}::timestamptz, clock_timestamp()), clock_timestamp()) as at, coalesce((select t.state_changed_at from app.team t where t.team_id = (select sec.chain())), '-infinity') as since)
      insert into app.dead_letter (team_id, id, consumer, msg_id, subject, headers, payload, error_code, error_text, deliveries, dead_at)
      select sec.chain(), ${uuidv7()}::uuid, ${consumer}, ${messageId}::uuid, ${subject}, ${json(headers)}::jsonb, ${Buffer.from(payload.slice(0, MOST_BYTES))}::bytea, 'forged_message', ${sender === undefined ? 'sent by nobody known' : `sent by ${sender}`}, 1, w.at from w
      where (select count(*) filter (where d.msg_id = ${messageId}::uuid) = 0 and count(*) filter (where (d.dead_at > w.since) = (w.at > w.since)) < ${MOST_FORGED} from app.dead_letter d where d.team_id = (select sec.chain()) and d.consumer = ${consumer} and d.error_code = 'forged_message')`);
    return Promise.resolve();
  });
}

/**
 * Whose rights sent a forged message. The one way to a foreign subject is to have the broker answer there; its answer about a durable names
 * the durable, about which only its own service may ask.
 */
export function senderOf(payload: Uint8Array): Service | undefined {
  const text = Buffer.from(payload).toString('utf8');
  const name = /"type":"io\.nats\.jetstream\.api\.v1\.consumer_(?:info|create)_response".*?"name":"([^"]+)"/s.exec(text)?.[1];
  return SERVICES.find((service) => messages().some((message) => message.consumers.includes(service) && durableOf(service, message) === name));
}
