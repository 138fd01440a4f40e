import { databaseRole, subjectOf, uuidv7, type Message, type SubjectParams } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';
import { EventEmitter } from 'node:events';
import { traceparent } from './trace.js';
import { checked } from './validate.js';

/** Tells the relays of this process that a committed transaction left something to send. */
export const outboxWritten = new EventEmitter<{ written: [] }>().setMaxListeners(0);

/**
 * Queues a message on the unit of work: it is sent if and only if the transaction commits, and carries the next number of
 * its subject. Returns the message's id.
 *
 * Throws on a body that breaks its rules and on a team other than the transaction's own; a service that is not the
 * message's author is refused by the database at commit.
 */
export const publish = <T extends object, S extends string>(tx: Tx, message: Message<T, S>, params: SubjectParams<S>, body: NoInfer<T>): string => publishWith(tx, message, params, body);

/** The same, and `also` (a select list) in the same statement: what always goes together costs one statement, not two. */
export function publishWith<T extends object, S extends string>(tx: Tx, message: Message<T, S>, params: SubjectParams<S>, body: NoInfer<T>, also?: Statement): string {
  if ((params as { teamId?: string }).teamId !== tx.chainId) throw new TypeError(`${message.name}: the message is for another team than the transaction`);
  const subject = subjectOf(message, params);
  const payload = Buffer.from(JSON.stringify(checked(message.body, body, 'strict')));
  const id = uuidv7();
  const author = databaseRole(message.author);
  const headers = { 'ce-type': message.name, traceparent: traceparent() };
  const numbered = sql`numbered as (
      insert into app.outbox_key as k (team_id, service, subject, last_seq) values (sec.chain(), ${author}, ${subject}, 1)
      on conflict (team_id, service, subject) do update set last_seq = k.last_seq + 1 returning last_seq)`;
  const insert = sql`insert into app.outbox (team_id, id, service, subject, key_seq, headers, payload)
    select sec.chain(), ${id}, ${author}, ${subject}, last_seq, ${json(headers)}, ${payload} from numbered`;
  tx.write(also ? sql`with ${numbered}, sent as (${insert}) select ${also}` : sql`with ${numbered} ${insert}`);
  tx.afterCommit(() => outboxWritten.emit('written'));
  return id;
}
