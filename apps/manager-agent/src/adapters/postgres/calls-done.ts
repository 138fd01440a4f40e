import { databaseRole } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';

/** What workers asked for that leaves no row of its own by which a repeat is known. */
export type Verb = 'join_team' | 'update_todo';

/** Remembered as messages are that were taken in, and forgotten with them. */
const consumerOf = (verb: Verb): string => `${databaseRole('manager-agent')}:${verb}`;

/** Whether a call, or of what is done once the asker's own, was carried out before. */
export const wasDone = async (tx: Tx, verb: Verb, id: string): Promise<boolean> =>
  (await tx.one(sql`select 1 from app.inbox where team_id = ${tx.scopeId} and consumer = ${consumerOf(verb)} and msg_id = ${id}`)) !== undefined;

/** Queues that it was. */
export const noteDone = (tx: Tx, verb: Verb, id: string): void =>
  tx.write(sql`insert into app.inbox (team_id, consumer, msg_id) values (${tx.scopeId}, ${consumerOf(verb)}, ${id})`);
