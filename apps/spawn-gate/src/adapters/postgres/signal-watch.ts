import type { Audit } from '@countersign/audit';
import { escalationOf, type CommandReply, type ReportPace, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { afterQuiet, CAUSE_WORDS, escalationsDue, escalationsLate, escalationsOver, memberSuspensions, nowOver, reportedStill, teamSuspension, type Signal, type Standing } from '../../domain/signals.js';
import { takeTurn } from './account-book.js';
import { markLate, markOver, markReported, platformTurn, raiseEscalation, readSignals, readStanding, recordIncident, resolveEscalation } from './escalation-rows.js';
import { readMembers, suspendMembers, type MemberRow, type Stopped } from './members.js';
import { carryOut, readMove } from './move-team.js';
import { done } from './replies.js';
import { readTeam, type TeamRow } from './spawn-rows.js';
import { tellTeam } from './team-news.js';
import { readTeamPolicy, type TeamTerms } from './team-policy.js';

const EVERY_MS = 5_000;
/** Between two looks at all teams; in between, at those about which something was written down, or whose time runs. */
const ALL_MS = 600_000;
/** What was under way when a round began may be written down a little earlier than it is seen. */
const OVERLAP_MS = 30_000;
const TEAMS_AT_ONCE = 4;

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
  /** By the database's clock: when the last round began, and the last one of all teams. */
  private lookedAt = 0;
  private allAt = 0;
  private readonly looking = new Map<TeamId, Promise<void>>();
  private readonly waiting = new Set<TeamId>();
  /** Teams that could not be looked at: the next round does. */
  private readonly missed = new Set<TeamId>();

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

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await Promise.all(this.looking.values());
  }

  /** One round: every team that may have changed since the last one. One team's trouble is not another's. */
  async sweep(): Promise<void> {
    const { terms, now } = await this.lookAtPlatform();
    const all = now - this.allAt >= ALL_MS;
    const noted = await this.database.ops<{ team_id: TeamId }>('noted_teams', all ? null : this.lookedAt - OVERLAP_MS, terms.escalation.coordinationMs);
    const due = new Set([...noted.map(({ team_id }) => team_id), ...this.missed]).values();
    const next = async (): Promise<void> => {
      for (const teamId of due) await this.tryLook(teamId);
    };
    await Promise.all(Array.from({ length: TEAMS_AT_ONCE }, next));
    this.lookedAt = now;
    if (all) this.allAt = now;
  }

  /**
   * Looks at a team as soon as may be, because something was written down that may count: a refused attempt, a review, a decision.
   * The way from the cause to the helpdesk's word: its own transaction commits, this look suspends in another, whose news the relay
   * sends at once and the helpdesk-agent tells in a third. Nothing depends on it: the next round finds what it misses.
   */
  soon(teamId: TeamId): void {
    if (this.waiting.has(teamId)) return;
    this.waiting.add(teamId);
    const before = this.looking.get(teamId) ?? Promise.resolve();
    const turn = before.then(() => {
      this.waiting.delete(teamId);
      return this.tryLook(teamId);
    }).finally(() => {
      if (this.looking.get(teamId) === turn) this.looking.delete(teamId);
    });
    this.looking.set(teamId, turn);
  }

  private async tryLook(teamId: TeamId): Promise<void> {
    try {
      await this.look(teamId);
      this.missed.delete(teamId);
    } catch (error) {
      this.missed.add(teamId);
      this.log.error({ err: error, teamId }, 'what is measured about a team could not be followed, to be tried again');
    }
  }

  /** Everything that follows from what is measured about one team, in one transaction. */
  look(teamId: TeamId): Promise<void> {
    return this.database.withTeam(teamId, (tx) => this.lookWithin(tx));
  }

  /** The same within the transaction that writes down what is `said`: that is not to be read there yet. */
  async lookWithin(tx: Tx, said: readonly Signal[] = []): Promise<void> {
    const read = await readLook(tx);
    if (!read) return;
    const look = { ...read, signals: [...read.signals, ...said] };
    await this.escalate(tx, look);
    if (look.team.state === 'active') await this.suspend(tx, look);
  }

  /** The API is the whole platform's: too slow, it is escalated in the platform's own record, and again only when no gateway said so for a while. */
  pace({ requests, p95Ms }: ReportPace): Promise<CommandReply> {
    return this.database.withPlatform(async (tx) => {
      const { terms, standing, now } = await readPlatform(tx);
      const { escalation } = terms.terms;
      const slow: Signal[] = p95Ms <= escalation.apiMs ? [] : [{ signal: 'api_slow', subject: 'api', memberId: null, counted: 1, at: now, figures: { p95Ms, requests } }];
      const known = afterQuiet(standing, now);
      const due = escalationsDue(slow, known, escalation, now);
      for (const one of due) await raiseEscalation(tx, this.audit, one, null, terms);
      const again = reportedStill(slow, known);
      if (again.length > 0) tx.ledgerOnly();
      for (const one of again) markReported(tx, one);
      return done(due.length > 0 ? 'ok' : 'unchanged', slow.length > 0 ? 'too slow' : 'fast enough');
    });
  }

  /** What the managers' credential was refused in no team's name, or a credential that somebody hid, is for who certifies managers: raised in the platform's own record, once until somebody has looked. A clock that goes ahead makes it no older than now. */
  triedElsewhere(subject: 'credential' | 'hidden', tried: readonly { readonly at: Date }[]): Promise<void> {
    return this.database.withPlatform(async (tx) => {
      const { terms, standing, now } = await readPlatform(tx);
      const signal: Signal = { signal: 'delegation_exceeded', subject, memberId: null, counted: tried.length, at: tried.reduce((newest, { at }) => (at > now ? now : at > newest ? at : newest), new Date(0)), figures: { [subject === 'hidden' ? 'hidden' : 'refused']: tried.length } };
      for (const one of escalationsDue([signal], standing, terms.terms.escalation, now)) await raiseEscalation(tx, this.audit, one, null, terms);
    });
  }

  /** What stands open in the platform's own record gets late like everything else. */
  private lookAtPlatform(): Promise<{ readonly terms: TeamTerms['terms']; readonly now: number }> {
    return this.database.withPlatform(async (tx) => {
      const { terms, standing, now } = await readPlatform(tx);
      await this.late(tx, standing, now);
      return { terms: terms.terms, now: now.getTime() };
    });
  }

  private async late(tx: Tx, standing: readonly Standing[], now: Date): Promise<void> {
    for (const one of escalationsLate(standing, now)) await markLate(tx, this.audit, one, escalationOf(one.trigger).to);
  }

  /** Returns what is over now: a resolved row takes no further word. */
  private async close(tx: Tx, signals: readonly Signal[], standing: readonly Standing[]): Promise<readonly Standing[]> {
    const over = [...escalationsOver(signals, standing), ...nowOver(signals, standing)];
    if (over.length > 0) tx.ledgerOnly();
    for (const one of over) {
      if (one.open) await resolveEscalation(tx, this.audit, one.id, { words: 'over' });
      if (escalationOf(one.trigger).lasts) markOver(tx, one);
    }
    return over;
  }

  private async escalate(tx: Tx, { team, terms, signals, standing, now }: Look): Promise<void> {
    const over = await this.close(tx, signals, standing);
    await this.late(tx, standing.filter((one) => !over.includes(one)), now);
    for (const due of escalationsDue(signals, standing, terms.terms.escalation, now)) await raiseEscalation(tx, this.audit, due, team.customer_id, terms);
  }

  /** The whole team where its manager is the cause, or else the members that are. */
  private async suspend(tx: Tx, { team, terms, signals, members }: Look): Promise<void> {
    const managerId = members.find(({ kind }) => kind === 'manager')?.id ?? null;
    const { suspension } = terms.terms;
    const whole = teamSuspension(signals, suspension, managerId);
    if (whole) {
      const incident = await recordIncident(tx, this.audit, { ...whole, kind: whole.cause }, team.epoch);
      const read = await readMove(tx, { causes: whole.recorded === undefined ? [incident] : [whole.recorded, incident], teamId: team.team_id, verb: 'suspend', code: whole.cause, reason: CAUSE_WORDS[whole.cause], ...(whole.memberId === null ? {} : { rootCause: whole.memberId }) });
      if ('move' in read) await carryOut(tx, this.audit, read);
      return;
    }
    const active = memberSuspensions(signals, suspension, managerId).filter(({ memberId }) => members.some(({ id, state }) => id === memberId && state === 'active'));
    const stopped: Stopped[] = [];
    for (const { cause, memberId, counted } of active) stopped.push({ memberId: memberId!, reason: { code: cause }, more: { counted, incident_id: await recordIncident(tx, this.audit, { kind: cause, memberId, counted }, team.epoch) } });
    if (stopped.length === 0) return;
    await suspendMembers(tx, this.audit, stopped);
    tellTeam(tx, team.state, team.epoch);
  }
}

/** Of several rounds and copies one at a time. */
async function readPlatform(tx: Tx): Promise<{ readonly terms: TeamTerms; readonly standing: readonly Standing[]; readonly now: Date }> {
  await tx.read(platformTurn);
  const [terms, standing, clock] = await Promise.all([readTeamPolicy(tx), readStanding(tx), tx.one<{ now: Date }>(sql`select clock_timestamp() as now`)]);
  return { terms, standing, now: clock!.now };
}

/** Under the team's turn: of several rounds and copies that find the same, one acts. */
async function readLook(tx: Tx): Promise<Look | undefined> {
  await tx.read(takeTurn(tx));
  const terms = await readTeamPolicy(tx);
  const [team, signals, standing, members, clock] = await Promise.all([readTeam(tx), readSignals(tx, terms), readStanding(tx), readMembers(tx), tx.one<{ now: Date }>(sql`select clock_timestamp() as now`)]);
  return team && { team, terms, signals, standing, members, now: clock!.now };
}
