import { RefusedError, type HelpdeskMessage, type TeamId, type TeamState } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso } from './pages.js';

/** What was said between a customer and the helpdesk in the session that is open. */
@Injectable()
export class Conversation {
  constructor(private readonly database: Database) {}

  /** Throws `RefusedError('team_not_suspended')` while the team works: then there is nobody to talk to here. */
  messages(teamId: TeamId): Promise<HelpdeskMessage[]> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, rows] = await Promise.all([
        tx.one<{ state: TeamState }>(sql`select state from app.team where team_id = ${teamId}`),
        tx.read<Omit<HelpdeskMessage, 'at'> & { at: Date }>(sql`select c.seq, c.author, c.text, c.at from app.conversation c join app.helpdesk_session s on s.team_id = c.team_id and s.id = c.session_id
          where c.team_id = ${teamId} and s.closed_at is null order by c.seq desc limit 100`),
      ]);
      if (team?.state !== 'suspended') throw notSuspended();
      return rows.reverse().map((row) => ({ ...row, at: iso(row.at) }));
    });
  }
}

export const notSuspended = (): RefusedError => new RefusedError('team_not_suspended', 'the helpdesk speaks only while the team is suspended');
