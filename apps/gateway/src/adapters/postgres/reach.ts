import type { ApprovalId, ReachView, RingState, Rung, Channel, TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { People } from './people.js';
import { iso, isoOrNull } from './pages.js';

interface ReachRow {
  readonly person_id: string;
  readonly rung: Rung;
  readonly channel: Channel;
  readonly state: RingState;
  readonly reason: string | null;
  readonly at: Date;
  readonly digest: number | null;
}

/** How people were reached about a question: each step at each person by each channel, with what became of it. */
@Injectable()
export class Reach {
  constructor(
    private readonly database: Database,
    private readonly people: People,
  ) {}

  async read(teamId: TeamId, id: ApprovalId): Promise<ReachView> {
    const [rows, ladder] = await this.database.withTeam(teamId, (tx) =>
      Promise.all([
        tx.read<ReachRow>(sql`select person_id, rung, channel, state, reason, at, digest from app.ring where team_id = ${teamId} and approval_id = ${id} order by at, rung, channel`),
        tx.one<{ next_at: Date | null }>(sql`select next_at from app.ladder where team_id = ${teamId} and approval_id = ${id}`),
      ]),
    );
    const ids = [...new Set(rows.map(({ person_id }) => person_id))];
    const names = new Map(await Promise.all(ids.map(async (one) => [one, (await this.people.byId(one))?.displayName ?? 'somebody'] as const)));
    return {
      rings: rows.map(({ person_id, at, ...ring }) => ({ ...ring, person: names.get(person_id)!, at: iso(at) })),
      nextAt: isoOrNull(ladder?.next_at ?? null),
    };
  }
}
