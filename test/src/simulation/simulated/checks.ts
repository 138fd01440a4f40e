import type { EffectId, TeamId } from '@countersign/contracts';
import { isNothing, NOTHING, plus, type Full } from '@countersign/spawn-gate/domain/amounts';
import { DELAYS } from './delays.js';
import type { Stopped } from './play.js';
import { isAwaited, type ApprovalRow, type Entry, type GoalRows, type RunRow, type SessionRow, type TeamRow } from './rows.js';
import type { World } from './world.js';

/** What is promised of a suspension that nothing hampers: from the order to the customer's knowing. */
const TAKEOVER_MS = 2_000;
/** Where its news was lost: the next round of the helpdesk (`status-words.ts`), and what it takes to be there again. */
const TOLD_ANYWAY_MS = 75_000;
/** A supervisor looks at the team's row twice a second, whatever it hears. */
const WORKS_ON_MS = 1_500;
/** A run whose supervisor fell over is ended by the next one: after its lease, with the next sweep, and what else is under way. */
const RUN_LEFT_MS = 15_000;
/** What is on its way outside is cut by then, where its executor is there and hears of the stop at once. */
const CUT_MS = 1_000;
/** Nothing of this may stand in the record of a team that stands still. */
const WORK = new Set(['MANAGER-TASK-ASSIGNED', 'MANAGER-DRAFT-REVIEWED', 'MANAGER-APPROVAL-REQUESTED', 'MOBILE-APPROVAL-REQUESTED', 'APPROVAL-HELD', 'APPROVAL-DECIDED', 'APPROVAL-UNDONE', 'INSTANCE-STARTED', 'TEAM-MEMBER-OUTPUT', 'DRAFT-CHECKED', 'DRAFT-COMMITTED', 'EFFECT-STARTED', 'EFFECT-BEGUN']);
/** What is outside can make come to nothing; whatever else an effect ends by failed nobody's work, and its question is asked again. */
const OUTSIDE = new Set(['host_unreachable', 'remote_silent', 'gave_up', 'settled_by_person']);
const OPEN = new Set(['pending', 'held', 'approved']);

/** Thrown where something does not hold. */
export class Violation extends Error {}

/** What must hold, judged by rows and record alone, whoever wrote them. */
export class Checks {
  /** Milliseconds from the order to stop until the customer was told, where nothing went wrong on the way. */
  readonly takeovers: number[] = [];
  /** Questions that were open when their team was stopped, with the time that was left to answer them; of what was answered and not used, null. */
  private readonly openAtStop = new Map<ApprovalRow, number | null>();
  private read = 0;

  constructor(
    private readonly world: World,
    private readonly stopped: readonly Stopped[],
  ) {}

  atStop(goal: GoalRows): void {
    for (const approval of goal.approvals) if (OPEN.has(approval.state) && !approval.used) this.openAtStop.set(approval, approval.state === 'pending' ? approval.dueAt - this.world.clock.now : null);
  }

  /** No orphan: whatever a team had, it has given back in the transaction that stopped it. And nothing of its work is written while it stands still. */
  afterCommit(teamId: TeamId): void {
    const { rows } = this.world;
    const team = rows.teams.get(teamId)!;
    for (; this.read < rows.entries.length; this.read++) this.entryFits(rows.entries[this.read]!);
    if (team.state !== 'suspended') return;
    hold(rows.openInstances(teamId).length === 0, 'a team that stands still has agents');
    hold(isNothing(this.heldBelow(teamId)), 'money is held for a team that stands still');
  }

  private entryFits({ teamId, action, about }: Entry): void {
    const team = this.world.rows.teams.get(teamId)!;
    if (WORK.has(action)) hold(team.state === 'active', `${action} while the team stands still`);
    // what was given out or granted before a suspension is not worked on after it
    if (about['epoch'] !== undefined) hold(team.epoch === about['epoch'], `${action} of before a suspension`);
  }

  private heldBelow(teamId: TeamId): Full {
    const { accounts } = this.world.rows;
    return [...accounts.values()].filter(({ parentId }) => parentId !== null && this.teamOf(parentId) === teamId).reduce((sum, { account }) => plus(sum, account.held), NOTHING);
  }

  private teamOf(accountId: string): string {
    const { parentId } = this.world.rows.accounts.get(accountId)!;
    return parentId === null ? accountId : this.teamOf(parentId);
  }

  /** After each step: nobody works on what was given out before the team was stopped. */
  now(): void {
    const { atWork, rows, clock, services } = this.world;
    for (const { teamId, epoch, fleet, life } of atWork) {
      const team = rows.teams.get(teamId)!;
      const alive = fleet.up && fleet.life === life;
      hold(!alive || team.epoch === epoch || clock.now - team.changedAt <= WORKS_ON_MS, 'an agent works on after its team was stopped');
    }
    for (const { runs, teamId } of rows.goals.values()) {
      const team = rows.teams.get(teamId)!;
      for (const run of runs) if (run.state === 'running' && run.epoch !== team.epoch) hold(clock.now - Math.max(team.changedAt, services.fleet.since, services['spawn-gate'].since) <= RUN_LEFT_MS, 'a run of before a suspension is still running');
    }
  }

  /** Nothing waits any more that comes by itself. */
  isSettled(): boolean {
    const { rows, services } = this.world;
    const told = rows.sessions.every(({ id }) => rows.words.some(({ messageId }) => messageId === id)) && rows.notices.filter(({ key }) => key.endsWith('team_suspended')).length === rows.sessions.length;
    const ended = rows.instances.every(({ state, runId }) => state !== 'running' || runId === null);
    return told && ended && Object.values(services).every(({ up }) => up) && [...rows.goals.values()].every(({ approvals }) => approvals.every(({ state, used }) => used || !OPEN.has(state)));
  }

  atEnd(): void {
    const { rows } = this.world;
    for (const session of rows.sessions) this.toldOnce(session);
    hold(new Set(rows.notices.map(({ key }) => key)).size === rows.notices.length, 'a phone was told twice');
    for (const goal of rows.goals.values()) {
      const mine = rows.entries.filter(({ teamId }) => teamId === goal.teamId);
      hold(mine.filter(({ action }) => action === 'GOAL-ENDED').length === 1, 'a goal did not end once');
      for (const approval of goal.approvals) this.questionEnded(goal, approval, mine);
      this.effectsEnded(goal, mine);
      hold(!goal.questions.some((question) => isAwaited(goal, question)), 'a member’s question waits for nobody');
      for (const run of goal.runs) this.runEnded(run, rows.teams.get(goal.teamId)!);
      const mission = rows.accounts.get(goal.id);
      hold(!mission || isNothing(mission.account.held), 'money is held for a goal that is over');
    }
  }

  /** What its team's stop has ended is put down to that, and to nobody's failure or wish. */
  private runEnded({ id, state, code, epoch }: RunRow, team: TeamRow): void {
    hold(state !== 'running', 'a run is left');
    hold(state !== 'queued' || epoch === team.epoch, 'a run of before a suspension waits for ever');
    const agent = this.world.rows.instances.find(({ runId }) => runId === id);
    hold(code !== 'instance_cancelled' || !agent?.reason?.startsWith('team_'), 'a run that ended with its team is not recorded as that');
  }

  private toldOnce(session: SessionRow): void {
    const { rows, services } = this.world;
    const told = rows.words.filter(({ messageId }) => messageId === session.id);
    hold(told.length === 1 && rows.entries.filter(({ action, about }) => action === 'HELPDESK-TOLD' && about['session'] === session.id).length === 1, `the customer was told ${told.length} times of a suspension`);
    const [{ text, at }] = told as [(typeof told)[number]];
    hold(text.includes(session.reason) && text.includes(session.plan), 'the customer was not told why and what comes next');
    const stop = this.stopped.find(({ teamId, epoch }) => teamId === session.teamId && epoch === session.epoch)!;
    const hampered = session.news.hampered.has('helpdesk-agent') || (['spawn-gate', 'helpdesk-agent'] as const).some((name) => services[name].wasAway(stop.orderedAt, at));
    const lasted = session.closedAt === null || session.closedAt > at;
    if (!hampered && lasted) {
      this.takeovers.push(at - stop.orderedAt);
      hold(at - stop.orderedAt <= TAKEOVER_MS, `the customer was told only after ${at - stop.orderedAt} ms`);
    }
    // in the middle of another suspension nothing is said of one before
    const quietSince = Math.max(session.openedAt, services['helpdesk-agent'].since, ...rows.sessions.filter(({ teamId, openedAt }) => teamId === session.teamId && openedAt < at).map(({ openedAt, closedAt }) => (openedAt === session.openedAt ? openedAt : (closedAt ?? openedAt))));
    hold(at - quietSince <= TOLD_ANYWAY_MS, 'the customer was not told within a minute');
  }

  /** Each question has its end in the record; what a suspension took back is asked again with the time that it had left, as long as its goal goes on. */
  private questionEnded(goal: GoalRows, approval: ApprovalRow, entries: readonly Entry[]): void {
    const ends = entries.filter(({ action, about }) => ['APPROVAL-WITHDRAWN', 'APPROVAL-SUPERSEDED', 'APPROVAL-EXPIRED'].includes(action) && about['approval'] === approval.id);
    const effects = goal.effects.filter(({ approvalId }) => approvalId === approval.id);
    const yes = approval.decisions.filter(({ decision, undone }) => decision === 'approve' && !undone);
    hold(yes.length <= 1 && effects.length <= 1, 'one question has two answers or two effects');
    hold(!approval.used || (yes.length === 1 && effects.length === 1), 'a yes was used for nothing');
    hold(yes.length === 0 || effects.length === 1 || ends.length === 1, 'a yes was lost');
    hold(approval.used || approval.state === 'changes_requested' || effects.length === 1 || ends.length === 1, 'a question was lost');
    const left = this.openAtStop.get(approval);
    if (left === undefined || approval.used) return;
    const next = goal.approvals[goal.approvals.indexOf(approval) + 1];
    hold(ends.length === 1 && next !== undefined, 'a question that a suspension took back is not asked again');
    const asked = entries.find(({ action, about }) => action === 'MOBILE-APPROVAL-REQUESTED' && about['approval'] === next!.id)!;
    hold(left === null || asked.about['leftMs'] === left, 'a question did not go on with the time that it had left');
  }

  /** What left for outside before a stop is cut with its news. A process that fell over takes nothing back that it has sent. */
  private notLate(teamId: TeamId, at: number): void {
    const { rows, services } = this.world;
    for (const { openedAt, closedAt, news } of rows.sessions.filter((session) => session.teamId === teamId && session.openedAt < at && at <= (session.closedAt ?? Infinity))) {
      const hampered = news.hampered.has('executor') || services['spawn-gate'].wasAway(openedAt, at) || services.executor.wasAway(openedAt - DELAYS.sink[1], at);
      hold(hampered || at - openedAt <= CUT_MS, `something came there ${at - openedAt} ms after its team was stopped, which then stood until ${String(closedAt)}`);
    }
  }

  /** What was begun ends, once, as what happened; one thing leaves for one goal. */
  private effectsEnded(goal: GoalRows, entries: readonly Entry[]): void {
    const { arrived } = this.world.sinks;
    const outcomes = (id: EffectId): unknown[] => entries.filter(({ action, about }) => action === 'EFFECT-OUTCOME' && about['effect'] === id).map(({ about }) => about['state']);
    for (const { id, approvalId, state, kind } of goal.effects) {
      const recorded = outcomes(id);
      hold(state === 'refused' || (recorded.filter((one) => one !== 'unknown').length === 1 && recorded.length <= 2 && recorded.at(-1) === state), `what came of an effect is recorded as ${recorded.join(', ')}`);
      const there = arrived.get(approvalId) ?? [];
      hold((state === 'executed') === there.length > 0, `an effect that ${there.length > 0 ? 'happened' : 'did not happen'} is recorded as ${state}`);
      hold(kind === 'git.push' || there.length <= 1, 'the same was sent twice');
      for (const at of there) this.notLate(goal.teamId, at);
    }
    const executed = goal.effects.filter(({ state }) => state === 'executed').length;
    const last = goal.effects.at(-1)?.code ?? '';
    hold(goal.goal.state === 'done' || (goal.goal.state === 'failed' && OUTSIDE.has(last)), `a goal ended as ${goal.goal.state} by ${last}`);
    hold(executed <= 1 && (goal.goal.state === 'done') === (executed === 1), `a goal is ${goal.goal.state} with ${executed} effects`);
  }
}

function hold(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Violation(otherwise);
}

