import { NotFoundError, RefusedError, type HandoffPacket, type HelpdeskMessage, type HelpdeskNote, type TeamId, type TeamState } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { handoffOf, type HandoffFacts } from '../../domain/handoff.js';
import { iso, isoOrNull } from './pages.js';

/** What was said between a customer and the helpdesk in the session that is open, or closed for good with the team's end. */
@Injectable()
export class Conversation {
  constructor(private readonly database: Database) {}

  /** Throws `RefusedError('team_not_suspended')` while the team works: then there is nobody to talk to here. */
  messages(teamId: TeamId): Promise<HelpdeskMessage[]> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, rows] = await Promise.all([
        tx.one<{ state: TeamState }>(sql`select state from app.team where team_id = ${teamId}`),
        tx.read<Omit<HelpdeskMessage, 'at'> & { at: Date }>(sql`select c.seq, c.author, c.text, c.cards, c.at from app.conversation c join app.helpdesk_session s on s.team_id = c.team_id and s.id = c.session_id
          join app.team t on t.team_id = s.team_id
          where c.team_id = ${teamId} and (t.state = 'suspended' and s.closed_at is null or t.state in ('completed', 'dissolved') and s.closed_at >= t.state_changed_at) and not c.to_person order by c.seq desc limit 100`),
      ]);
      if (team?.state !== 'suspended' && rows.length === 0) throw notSuspended();
      return rows.reverse().map((row) => ({ ...row, at: iso(row.at) }));
    });
  }
}

type SessionRow = Omit<HandoffFacts['session'], 'openedAt' | 'closedAt'> & { readonly openedAt: Date; readonly closedAt: Date | null };

/** What was left for a person, the newest first, with how that person resolved it; also when the helpdesk is closed again. */
export const readNotes = (database: Database, teamId: TeamId): Promise<HelpdeskNote[]> =>
  database.withTeam(teamId, async (tx) => {
    const rows = await tx.read<Omit<HelpdeskNote, 'at' | 'answeredAt'> & { at: Date; answeredAt: Date | null }>(sql`select c.message_id as id, c.text, c.at, x.resolution as answer, x.resolved_at as "answeredAt" from app.conversation c
      left join app.escalation x on x.team_id = c.team_id and x.trigger = 'customer_message' and x.subject = c.message_id::text and x.state = 'resolved' where c.team_id = ${teamId} and c.to_person order by c.at desc limit 100`);
    return rows.map((row) => ({ ...row, answer: row.answer ?? null, at: iso(row.at), answeredAt: isoOrNull(row.answeredAt) }));
  });

/** The packet of the newest suspension. Throws `NotFoundError` where there was none. */
export const readHandoff = (database: Database, teamId: TeamId, decides: boolean): Promise<HandoffPacket> =>
  database.withTeam(teamId, async (tx) => {
    const [team, session] = await Promise.all([
      tx.one<{ customerId: string; mode: HandoffFacts['mode'] }>(sql`select customer_id as "customerId", mode from app.team where team_id = ${teamId}`),
      tx.one<SessionRow & { epoch: number; reason: string; causes: string[] }>(sql`select id, plan, reason, epoch, causes, talks, cadence_hours as "cadenceHours", opened_at as "openedAt", closed_at as "closedAt", snapshot from app.helpdesk_session where team_id = ${teamId} order by opened_at desc limit 1`),
    ]);
    if (!team || !session) throw new NotFoundError('handoff');
    const { epoch, reason, causes, ...rest } = session;
    const incidents = await tx.read<Omit<HandoffFacts['incidents'][number], 'at'> & { at: Date }>(sql`select id, kind, member_id as "memberId", counted, recorded_as as "recordedAs", words, at from app.incident where team_id = ${teamId} and id = any (${causes}::uuid[]) order by at`);
    return handoffOf({ teamId, ...team, reason, epoch, decides, session: { ...rest, openedAt: iso(rest.openedAt), closedAt: isoOrNull(rest.closedAt) }, incidents: incidents.map((one) => ({ ...one, at: iso(one.at) })) });
  });

export const notSuspended = (): RefusedError => new RefusedError('team_not_suspended', 'the helpdesk speaks only while the team is suspended');
