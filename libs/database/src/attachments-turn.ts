import { sql } from './sql.js';
import type { Tx } from './unit-of-work.js';

/** Whoever hands in, names, erases or forgets files of a team's messages takes turns until commit: whether a message still has a file is seen by the next. */
export const attachmentsTurn = (tx: Tx): Promise<unknown> => tx.read(sql`select pg_advisory_xact_lock(hashtextextended('attachments:' || ${tx.scopeId}, 0))`);
