import { databaseRole, subjectOf, uuidv7, type Message, type SubjectParams } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';
import { EventEmitter } from 'node:events';
import { traceparent } from './trace.js';
import { checked } from './validate.js';

/** Tells the relays of this process that a committed transaction left something to send. */
export const outboxWritten = new EventEmitter<{ written: [] }>().setMaxListeners(0);

/**
 * Queues a message on the unit of work: it is sent if and only if the transaction commits, and carries the next number of
 * its subject. Returns the message's id. Of several on one subject with one `latest`, which say "look" about one thing, only the last is sent.
 *
 * Throws on a body that breaks its rules and on a team other than the transaction's own; a service that is not the
 * message's author is refused by the database at commit.
 */
export function publish<T extends object, S extends string>(tx: Tx, message: Message<T, S>, params: SubjectParams<S>, body: NoInfer<T>, latest?: string): string {
  if ((params as { teamId?: string }).teamId !== tx.chainId) throw new TypeError(`${message.name}: the message is for another team than the transaction`);
  const id = uuidv7();
  const subject = subjectOf(message, params);
  const payload = Buffer.from(JSON.stringify(checked(message.body, body, 'strict')));
  tx.writeTogether(toSend, { id, author: databaseRole(message.author), subject, headers: json({ 'ce-type': message.name, traceparent: traceparent() }), payload }, latest === undefined ? id : `${subject} ${latest}`);
  tx.afterCommit(() => outboxWritten.emit('written'));
  return id;
}

interface Queued {
  readonly id: string;
  readonly author: string;
  readonly subject: string;
  readonly headers: string;
  readonly payload: Buffer;
}

/** All messages of a transaction: each subject's numbers are taken in one go, in one order of the subjects, so that two transactions never wait for each other in a circle. */
const toSend = (messages: readonly Queued[]): Statement => sql`with message as (
    select id, author, subject, headers, payload, place, count(*) over alike as alike, row_number() over (partition by author, subject order by place) as nth
    from unnest(${messages.map(({ id }) => id)}::uuid[], ${messages.map(({ author }) => author)}::text[], ${messages.map(({ subject }) => subject)}::text[], ${messages.map(({ headers }) => headers)}::text[],
      ${messages.map(({ payload }) => payload)}::bytea[]) with ordinality as queued (id, author, subject, headers, payload, place) window alike as (partition by author, subject)),
  numbered as (
    insert into app.outbox_key as k (team_id, service, subject, last_seq) select (select sec.chain()), author, subject, count(*) from message group by author, subject order by author, subject
    on conflict (team_id, service, subject) do update set last_seq = k.last_seq + excluded.last_seq returning service, subject, last_seq)
  insert into app.outbox (team_id, id, service, subject, key_seq, headers, payload)
  select (select sec.chain()), m.id, m.author, m.subject, n.last_seq - m.alike + m.nth, m.headers::jsonb, m.payload from message m join numbered n on n.service = m.author and n.subject = m.subject order by m.place`;
