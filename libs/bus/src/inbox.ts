import { sql, type Tx } from '@countersign/database';
import { OutOfOrderError } from './errors.js';

/** A message at a consumer: what the inbox and the cursor are kept by. */
export interface Arrival {
  readonly consumer: string;
  readonly messageId: string;
  readonly subject: string;
  /** The message's number on its subject. */
  readonly sequence: number;
}

/**
 * Notes the message as seen and moves the subject's cursor to it; false when it was seen before.
 *
 * The inbox row stops a repeat also while the first is still running: the insert waits for it. The cursor row puts the
 * messages of one subject in line, also between processes: one whose predecessor was not handled makes this throw
 * `OutOfOrderError`, unless it is taken out of turn. A late one, passed by its successor, is still new and taken.
 */
export async function firstTime(tx: Tx, { consumer, messageId, subject, sequence }: Arrival, outOfTurn: boolean): Promise<boolean> {
  const [fresh, moved] = await Promise.all([
    tx.one(sql`insert into app.inbox (team_id, consumer, msg_id) values (sec.chain(), ${consumer}, ${messageId}) on conflict do nothing returning 1`),
    tx.one(sql`insert into app.cursor as c (team_id, consumer, subject, last_seq)
      select sec.chain(), ${consumer}, ${subject}, ${sequence}::bigint
      where ${sequence} = 1 or ${outOfTurn} or exists (select from app.cursor where team_id = (select sec.chain()) and consumer = ${consumer} and subject = ${subject})
      on conflict (team_id, consumer, subject) do update set last_seq = greatest(c.last_seq, excluded.last_seq)
      where ${outOfTurn} or c.last_seq >= excluded.last_seq - 1 returning 1`),
  ]);
  if (fresh === undefined) return false;
  if (moved === undefined) throw new OutOfOrderError(subject, sequence);
  return true;
}

/** Moves the cursor past a message that ended without an effect, so that its successor does not wait for it. */
export function passBy(tx: Tx, { consumer, subject, sequence }: Arrival): void {
  tx.ledgerOnly();
  tx.write(sql`insert into app.cursor as c (team_id, consumer, subject, last_seq) values (sec.chain(), ${consumer}, ${subject}, ${sequence})
    on conflict (team_id, consumer, subject) do update set last_seq = greatest(c.last_seq, excluded.last_seq)`);
}
