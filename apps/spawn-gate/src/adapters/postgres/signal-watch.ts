import type { Audit } from '@countersign/audit';
import { escalationOf, type CommandReply, type ReportPace, type TeamId } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CAUSE_WORDS, escalationsDue, escalationsLate, escalationsOver, memberSuspensions, teamSuspension, type Signal, type Standing } from '../../domain/signals.js';
import { takeTurn } from './account-book.js';
import { markLate, raiseEscalation, readSignals, readStanding, recordIncident, resolveEscalation } from './escalation-rows.js';
import { readMembers, suspendMember, type MemberRow } from './members.js';
import { carryOut, readMove } from './move-team.js';
import { done } from './replies.js';
import { readTeam, type TeamRow } from './spawn-rows.js';
import { tellTeam } from './team-news.js';
import { readTeamPolicy, type TeamTerms } from './team-policy.js';

const EVERY_MS = 5_000;

/** What one team's look is judged by. */
interface Look {
  readonly team: TeamRow;
  readonly terms: TeamTerms;
  readonly signals: readonly Signal[];
  readonly standing: readonly Standing[];
  readonly members: readonly MemberRow[];
  readonly now: Date;
}

/**
 * Looks at what is measured about teams: raises what an authority has to look at, once for one cause, and stops a team or a
 * member where the policy says so. Found from rows alone: whatever dies in between only delays it.
 */
@Injectable()
export class SignalWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds: Sweep;

  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.rounds = new Sweep('signals', EVERY_MS, () => this.sweep(), log);
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round: every team about which something is measured, or stands open. One team's trouble is not another's. */
  async sweep(): Promise<void> {
    const { terms } = await this.database.withPlatform(async (tx) => {
      tx.ledgerOnly();
      return readTeamPolicy(tx);
    });
    const noted = await this.database.ops<{ team_id: TeamId }>('noted_teams', json(terms));
    for (const { team_id } of noted) await this.look(team_id).catch((error: unknown) => this.log.error({ err: error, teamId: team_id }, 'what is measured about a team could not be followed, to be tried again'));
  }

  /** Everything that follows from what is measured about one team, in one transaction. */
  look(teamId: TeamId): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const look = await readLook(tx);
      if (!look) return;
      await this.escalate(tx, look);
      if (look.team.state === 'active') await this.suspend(tx, look);
    });
  }

  /** The API is the whole platform's: too slow, it is escalated in the platform's own record. */
  pace({ requests, p95Ms }: ReportPace): Promise<CommandReply> {
    return this.database.withPlatform(async (tx) => {
      await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('escalations', 0))`);
      const [terms, standing, clock] = await Promise.all([readTeamPolicy(tx), readStanding(tx), tx.one<{ now: Date }>(sql`select clock_timestamp() as now`)]);
      const { escalation } = terms.terms;
      if (p95Ms <= escalation.apiMs) return done('unchanged', 'fast enough');
      const slow: Signal = { signal: 'api_slow', subject: 'api', memberId: null, counted: 1, at: clock!.now, figures: { p95Ms, requests } };
      const due = escalationsDue([slow], standing, escalation, clock!.now);
      for (const one of due) await raiseEscalation(tx, this.audit, one, null, terms);
      return done(due.length > 0 ? 'ok' : 'unchanged', 'too slow');
    });
  }

  private async escalate(tx: Tx, { team, terms, signals, standing, now }: Look): Promise<void> {
    for (const one of escalationsOver(signals, standing)) await resolveEscalation(tx, this.audit, one.id, { words: 'over' });
    for (const one of escalationsLate(standing, now)) await markLate(tx, this.audit, one, escalationOf(one.trigger).to);
    for (const due of escalationsDue(signals, standing, terms.terms.escalation, now)) await raiseEscalation(tx, this.audit, due, team.customer_id, terms);
  }

  /** The whole team where its manager is the cause, or else the members that are. */
  private async suspend(tx: Tx, { team, terms, signals, members }: Look): Promise<void> {
    const managerId = members.find(({ kind }) => kind === 'manager')?.id ?? null;
    const { suspension } = terms.terms;
    const whole = teamSuspension(signals, suspension, managerId);
    if (whole) {
      await recordIncident(tx, this.audit, { ...whole, kind: whole.cause }, team.epoch);
      const read = await readMove(tx, { teamId: team.team_id, verb: 'suspend', code: whole.cause, reason: CAUSE_WORDS[whole.cause], ...(whole.memberId === null ? {} : { rootCause: whole.memberId }) });
      if ('move' in read) await carryOut(tx, this.audit, read);
      return;
    }
    const active = memberSuspensions(signals, suspension, managerId).filter(({ memberId }) => members.some(({ id, state }) => id === memberId && state === 'active'));
    for (const { cause, memberId, counted } of active) {
      const incident_id = await recordIncident(tx, this.audit, { kind: cause, memberId, counted }, team.epoch);
      await suspendMember(tx, this.audit, memberId!, { code: cause }, { counted, incident_id });
    }
    if (active.length > 0) tellTeam(tx, team.state, team.epoch);
  }
}

/** Under the team's turn: of several rounds and copies that find the same, one acts. */
async function readLook(tx: Tx): Promise<Look | undefined> {
  await tx.read(takeTurn(tx));
  const terms = await readTeamPolicy(tx);
  const [team, signals, standing, members, clock] = await Promise.all([readTeam(tx), readSignals(tx, terms), readStanding(tx), readMembers(tx), tx.one<{ now: Date }>(sql`select clock_timestamp() as now`)]);
  return team && { team, terms, signals, standing, members, now: clock!.now };
}
