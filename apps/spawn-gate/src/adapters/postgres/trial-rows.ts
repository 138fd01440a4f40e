import type { Audit } from '@countersign/audit';
import { usdToMicros, type TrialOutcome } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { trialEnds, type TrialFigures, type TrialTimes } from '@countersign/contracts';
import { trialCap, type TrialCap } from '../../domain/trial-cap.js';
import type { TeamRow } from './spawn-rows.js';
import { readTeamPolicy, type TeamTerms } from './team-policy.js';

export interface Trial extends TrialTimes {
  readonly extended: number;
  readonly expiredAt: Date | null;
  /** The database's time; while the team is suspended, when that began. */
  readonly now: Date;
}

export const readTrial = (tx: Tx): Promise<Trial | undefined> =>
  tx.one<Trial>(sql`select r.ends_at as "endsAt", r.grace_until as "graceUntil", r.ended_at as "endedAt", r.extended, r.expired_at as "expiredAt", coalesce(t.frozen_at, clock_timestamp()) as now
    from app.trial r join app.team t on t.team_id = r.team_id where r.team_id = ${tx.scopeId}`);

/** What the team's trial may cost the platform, by the policy in force, and what there is beyond; undefined: it is on none. */
export async function readTrialCap(tx: Tx, { mode }: Pick<TeamRow, 'mode'>): Promise<TrialCap | undefined> {
  if (mode !== 'trial') return undefined;
  const [trial, { terms }] = await Promise.all([readTrial(tx), readTeamPolicy(tx)]);
  return trialCap(terms.trial, trial?.extended ?? 0);
}

export async function readFigures(tx: Tx): Promise<TrialFigures> {
  return (await tx.one<TrialFigures>(sql`select planned, approved, reviews, revisions, answers, yeses, violations, rating from ops.trial_figures()`))!;
}

/** From the first deployment on. */
export async function beginTrial(tx: Tx, audit: Audit, team: TeamRow, now: Date, { terms, version }: TeamTerms): Promise<void> {
  const { endsAt, graceUntil } = trialEnds(now, terms.trial);
  tx.write(sql`insert into app.trial (team_id, tasks, policy_version, begun_at, ends_at, grace_until) values (${tx.scopeId}, ${terms.trial.tasks}, ${version}, ${now}, ${endsAt}, ${graceUntil})`);
  await audit(tx, 'TEAM-TRIAL-STARTED', { team_id: team.team_id, ends_at: endsAt, tasks: terms.trial.tasks, usd_micros: usdToMicros(terms.trial.usd), policy_version: version });
}

export async function expireTrial(tx: Tx, audit: Audit, { endsAt, graceUntil }: Trial): Promise<void> {
  tx.write(sql`update app.trial set expired_at = clock_timestamp() where team_id = ${tx.scopeId}`);
  await audit(tx, 'TEAM-TRIAL-EXPIRED', { team_id: tx.scopeId, ended_at: endsAt, grace_until: graceUntil });
}

/** A suspension takes no time from a trial: queued before the team's row says that it goes on. */
export const thawTrial = (tx: Tx): void =>
  tx.write(sql`update app.trial r set ends_at = r.ends_at + (clock_timestamp() - t.frozen_at), grace_until = r.grace_until + (clock_timestamp() - t.frozen_at)
    from app.team t where t.team_id = r.team_id and r.team_id = ${tx.scopeId} and r.ended_at is null and t.frozen_at is not null`);

export const endTrial = (tx: Tx, outcome: TrialOutcome): void => tx.write(sql`update app.trial set ended_at = clock_timestamp(), outcome = ${outcome} where team_id = ${tx.scopeId} and ended_at is null`);
