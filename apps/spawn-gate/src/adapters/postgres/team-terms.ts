import { person, personal, principalOf, type Audit, type Personal } from '@countersign/audit';
import { NotFoundError, type ChangeTeam, type CommandReply, type RateTeam, type TeamPolicy, type TeamState } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { full, minus, plus, positive, shown, type Full } from '../../domain/amounts.js';
import { COORDINATED_BY, decideChange, type Changed } from '../../domain/change-team.js';
import { extended, promotionUnmet, trialStanding } from '@countersign/contracts';
import { raise } from '../../domain/budget.js';
import { AccountBook, takeTurn } from './account-book.js';
import { beyondCustomer, CUSTOMER_EXCEEDED, exceededWords } from './customer-account.js';
import { endOpen } from './end-instance.js';
import { budgetOf, extensionOf } from './hire.js';
import { withdrawQuestions } from './gate-approvals.js';
import { letTalk, openSessionOf, type Session } from './helpdesk-session.js';
import { readPolicy } from './in-force.js';
import { openInstances, accountsOfOpen } from './instances.js';
import { done, refused } from './replies.js';
import { readTeam, type TeamRow } from './spawn-rows.js';
import { stopGoals } from './stop-goals.js';
import { tellTeam } from './team-news.js';
import { readTeamPolicy } from './team-policy.js';
import { endTrial, readFigures, readTrial, type Trial } from './trial-rows.js';

/** Nothing is to be said of a team before it works, nor once nothing depends on it. */
const RATED: readonly TeamState[] = ['active', 'suspended'];

/** What a change is judged by. */
interface Case {
  readonly request: ChangeTeam;
  readonly team: TeamRow;
  readonly trial: Trial | undefined;
  readonly session: Session | undefined;
  readonly terms: TeamPolicy;
  readonly version: number;
  readonly book: AccountBook;
}

/** The terms that a team works on: its trial, and who coordinates it. Each change is one transaction with its entries. */
@Injectable()
export class TeamTermsDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent: what is so already is unchanged. */
  change(request: ChangeTeam): Promise<CommandReply> {
    const principal = principalOf({ kind: 'person', id: request.by.personId });
    return this.database.withTeam(request.teamId, async (tx) => {
      const found = await readCase(tx, request);
      const decision = decideChange(request.change, request.by, changedOf(found));
      if (decision.outcome === 'refused') return refused(decision.code, decision.message);
      if (decision.outcome === 'unchanged') return done('unchanged', 'the team is so already');
      if (request.change === 'promote') return this.promote(tx, found);
      if (request.change === 'extend') return this.extend(tx, found, found.trial!);
      return request.change === 'open_helpdesk' ? this.openHelpdesk(tx, found) : this.coordinate(tx, found);
    }, { principal });
  }

  /** The newest word of each of its governors counts. */
  rate({ teamId, by, stars }: RateTeam): Promise<CommandReply> {
    if (stars < 1) return Promise.resolve(refused('stars_invalid', 'a rating is one to five stars'));
    const principal = principalOf({ kind: 'person', id: by.personId });
    return this.database.withTeam(teamId, async (tx) => {
      const team = await readTeam(tx);
      if (!team) throw new NotFoundError('team');
      if (!by.roles.includes('customer_governor') || by.customerId !== team.customer_id) return refused('not_permitted', 'only a governor of its own customer rates a team');
      if (!RATED.includes(team.state)) return refused('wrong_team_state', `a team that is ${team.state} is not rated: it must be ${RATED.join(' or ')}`);
      const said = await tx.one(sql`select 1 from app.team_rating where team_id = ${teamId} and person_id = ${by.personId} and stars = ${stars}`);
      if (said) return done('unchanged', `rated with ${stars} of 5 already`);
      tx.write(sql`insert into app.team_rating (team_id, person_id, stars) values (${teamId}, ${by.personId}, ${stars}) on conflict (team_id, person_id) do update set stars = excluded.stars, at = clock_timestamp()`);
      await this.audit(tx, 'TEAM-RATED', { team_id: teamId, customer_governor_id: person(by.personId), stars });
      return done('ok', `rated with ${stars} of 5`);
    }, { principal });
  }

  private async promote(tx: Tx, { team, terms, version, book }: Case): Promise<CommandReply> {
    const figures = await readFigures(tx);
    const unmet = promotionUnmet(figures, terms.promotion);
    if (unmet.length > 0) return refused('promotion_unmet', `not yet: ${unmet.map(({ words }) => words).join('; ')}`);
    const budgets = team.bundle.budgets!;
    const { granted, spent } = book.get(team.team_id)!;
    const more = positive(minus(plus(full(budgetOf({ budgets }, 'production', terms)), spent), granted)); // what the trial used was free
    const short = await this.grant(tx, team, book, more, 'promotion');
    if (short) return short;
    endTrial(tx, 'promoted');
    tx.writeExpecting(1, 'team_promoted', sql`update app.team set mode = 'production' where team_id = ${tx.scopeId} and mode = 'trial'`);
    await this.audit(tx, 'TEAM-PROMOTED', { team_id: team.team_id, from_mode: 'trial', to_mode: 'production', evidence: { ...figures, rating: figures.rating === null ? null : String(figures.rating) }, policy_version: version });
    tellTeam(tx, team.state, team.epoch);
    return done('ok', `${team.name} is in production`);
  }

  private async extend(tx: Tx, { request, team, terms, book }: Case, trial: Trial): Promise<CommandReply> {
    const { endsAt, graceUntil } = extended(trial, terms.trial, trial.now);
    const more = full(extensionOf({ budgets: team.bundle.budgets! }, terms));
    const short = await this.grant(tx, team, book, more, 'trial_extension');
    if (short) return short;
    tx.write(sql`update app.trial set ends_at = ${endsAt}, grace_until = ${graceUntil}, extended = extended + 1, expired_at = null where team_id = ${tx.scopeId}`);
    await this.audit(tx, 'TEAM-TRIAL-EXTENDED', { team_id: team.team_id, ends_at: endsAt, usd_micros: more.usd_micros, extension: trial.extended + 1, reason: wordsOf(request) });
    tellTeam(tx, team.state, team.epoch);
    return done('ok', `the trial ends on ${endsAt.toISOString()}`);
  }

  private async coordinate(tx: Tx, { request, team, book }: Case): Promise<CommandReply> {
    const { to } = COORDINATED_BY[request.change]!;
    if (to === 'individuals') await this.endManager(tx, book);
    // what the manager began before is refused from now on; a stopped team's epoch is new already
    const epoch = to === 'individuals' && team.state === 'active' ? team.epoch + 1 : team.epoch;
    tx.write(sql`update app.team set coordination = ${to}, coordinator = ${to === 'person' ? request.by.personId : null}, epoch = ${epoch} where team_id = ${tx.scopeId}`);
    await this.audit(tx, 'TEAM-COORDINATED', { team_id: team.team_id, by: to, before: team.coordination, ...(to === 'person' ? { coordinator: person(request.by.personId) } : {}), reason: wordsOf(request) });
    tellTeam(tx, team.state, epoch);
    return done('ok', `the team is coordinated by ${to}`);
  }

  /** A governor of the platform decides it where the bundle left it open: from then on the helpdesk answers in the suspension's session. */
  private async openHelpdesk(tx: Tx, { request, team, session }: Case): Promise<CommandReply> {
    letTalk(tx, session!);
    await this.audit(tx, 'HELPDESK-ACTIVATED', { team_id: team.team_id, reason: wordsOf(request), session_id: session!.id, authority: 'platform_governor' });
    tellTeam(tx, team.state, team.epoch);
    return done('ok', 'the helpdesk is open');
  }

  /** Single agents have no manager: its instance ends, and with it whom it started, what they asked, and its goals. A mission that is driven by events goes on. */
  private async endManager(tx: Tx, book: AccountBook): Promise<void> {
    const reason = 'team_reverted';
    const open = await openInstances(tx);
    for (const instance of open) await endOpen(tx, this.audit, book, instance, { state: 'cancelled', reason });
    book.save(tx);
    await withdrawQuestions(tx, this.audit, sql`not coalesce(q.instance_id = any (${open.map(({ id }) => id)}::uuid[]), false)`, reason);
    await stopGoals(tx, this.audit, reason, sql`g.origin = 'goal'`);
  }

  /** The team's own account grows; of what the customer's account has not enough of, nothing is granted. */
  private async grant(tx: Tx, team: TeamRow, book: AccountBook, more: Full, reason: 'promotion' | 'trial_extension'): Promise<CommandReply | undefined> {
    const { policy } = await readPolicy(tx);
    const short = await beyondCustomer(tx, team.customer_id, more, policy);
    if (short.length > 0) return refused(CUSTOMER_EXCEEDED, exceededWords(short));
    const { ids, accounts } = book.path(team.team_id);
    book.put(ids, raise(accounts, more));
    const amounts = shown(more);
    if (Object.keys(amounts).length === 0) return undefined;
    book.lift(team.team_id, Object.keys(amounts) as never);
    book.enter({ accountId: team.team_id, callId: crypto.randomUUID(), kind: 'grant', amounts: more });
    await this.audit(tx, 'BUDGET-RAISED', { account_id: team.team_id, amounts, reason });
    book.save(tx);
    return undefined;
  }
}

const wordsOf = ({ by, reason }: ChangeTeam): Personal | string => (reason.trim() === '' ? 'unspecified' : personal(by.personId, reason));

async function readCase(tx: Tx, request: ChangeTeam): Promise<Case> {
  await tx.read(takeTurn(tx));
  const [, team, trial, { terms, version }, session, book] = await Promise.all([
    tx.read(sql`select 1 from app.team where team_id = ${tx.scopeId} for no key update`),
    readTeam(tx),
    readTrial(tx),
    readTeamPolicy(tx),
    openSessionOf(tx),
    AccountBook.read(tx, accountsOfOpen(tx)),
  ]);
  if (!team) throw new NotFoundError('team');
  return { request, team, trial, session, terms, version, book };
}

const changedOf = ({ request, team, trial, terms, session }: Case): Changed => ({
  customerId: team.customer_id,
  state: team.state,
  mode: team.mode,
  coordination: team.coordination,
  coordinated: team.coordinator === request.by.personId,
  helpdeskOpen: session?.talks === true,
  ...(trial ? { trial: { standing: trialStanding(trial, trial.now), extended: trial.extended, mostExtensions: terms.trial.extension.times } } : {}),
});
