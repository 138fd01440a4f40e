import { sql } from '@countersign/database';

/** The newest signed head of the scope's chain, as the notary wrote it; an expression. */
export const newestHead = sql`(select c.note from audit.checkpoint c where c.team_id = (select sec.chain()) order by c.size desc limit 1)`;
