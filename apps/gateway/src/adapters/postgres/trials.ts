import { beyondTrialWords, NotFoundError, promotionUnmet, trialStanding, type TeamId, type TrialFigures, type TrialView } from '@countersign/contracts';
import { Database, readTeamPolicy, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso } from './pages.js';

interface TrialRow {
  readonly endsAt: Date;
  readonly graceUntil: Date;
  readonly endedAt: Date | null;
  readonly outcome: TrialView['outcome'];
  readonly tasks: number;
  readonly extended: number;
  /** While the team is suspended, when that began: its time stands still. */
  readonly now: Date;
}

/** How a team's trial stands, by the rule that the gate decides with. */
@Injectable()
export class Trials {
  constructor(private readonly database: Database) {}

  read(teamId: TeamId): Promise<TrialView> {
    return this.database.withTeam(teamId, async (tx) => {
      const [row, figures, { terms }] = await Promise.all([
        tx.one<TrialRow>(sql`select r.ends_at as "endsAt", r.grace_until as "graceUntil", r.ended_at as "endedAt", r.outcome, r.tasks, r.extended, coalesce(t.frozen_at, clock_timestamp()) as now
          from app.trial r join app.team t on t.team_id = r.team_id where r.team_id = ${teamId}`),
        tx.one<TrialFigures>(sql`select planned, approved, reviews, revisions, answers, yeses, violations, rating from ops.trial_figures()`),
        readTeamPolicy(tx),
      ]);
      if (!row) throw new NotFoundError('trial');
      const { endsAt, graceUntil, outcome, tasks, extended, now } = row;
      return { standing: trialStanding(row, now), endsAt: iso(endsAt), graceUntil: iso(graceUntil), outcome, tasks, planned: figures!.planned, extended, mostExtensions: terms.trial.extension.times, beyond: beyondTrialWords(terms.trial, extended), unmet: promotionUnmet(figures!, terms.promotion) };
    });
  }
}
