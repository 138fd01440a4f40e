import { uuidv7, type TeamId } from '@countersign/contracts';
import { json, sql, type Database } from '@countersign/database';
import { passBy, type Arrival } from './inbox.js';

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
