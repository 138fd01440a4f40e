import { goalMachine, isTerminal, type GoalId, type MemberId, type PersonId, type TaskId, type TeamId } from '@countersign/contracts';
import { aGoal, aMember, aTask } from '@countersign/manager-agent/testing/builders';
import { Checks } from './checks.js';
import type { Steps } from './clock.js';
import { Executor } from './executor.js';
import { Fleet } from './fleet.js';
import { Gate } from './gate.js';
import { Gateway } from './gateway.js';
import { Helpdesk } from './helpdesk.js';
import { Manager } from './manager.js';
import type { Options } from './options.js';
import { People } from './people.js';
import { PHASES, phaseOf, type Phase } from './phases.js';
import type { GoalRows } from './rows.js';
import type { Doing } from './service.js';
import { ACTING, makeWorld, type World } from './world.js';

/** The work of all goals and their suspensions is over by then, whatever goes wrong. */
const FAULTS_AT_MOST_MS = 240_000;
/** When nothing goes wrong any more, everything has come to its end within this: a sweep of the helpdesk, an act that may be under way, and some rounds of work and checks. */
export const CONVERGES_MS = 300_000;
/** So long after its last stop a team's story goes on. */
const ON_MS = 30_000;
/** How exactly a person meets a moment. */
const AIM_MS = 60;
const SKILLS = ['docs', 'tests', 'patches'];

/** One suspension as it was played. */
export interface Stopped {
  readonly teamId: TeamId;
  readonly phase: Phase;
  readonly orderedAt: number;
  readonly epoch: number;
}

/** One run of the simulation: teams at work, stopped and let go on, while services fall over and messages go astray; then calm, until all is over. */
export class Play {
  readonly world: World;
  readonly stopped: Stopped[] = [];
  private readonly desks;
  private readonly people: People;
  private readonly checks: Checks;
  private readonly aims = new Map<TeamId, { readonly at: Phase; met: boolean; readonly doing: () => Doing | undefined }>();
  private readonly ordered = new Map<TeamId, number>();
  /** Stories that are not over. */
  private left = 0;
  private readonly began: number;
  private error: unknown;

  constructor(private readonly options: Options) {
    const failed = (error: unknown): void => { this.error ??= error; };
    this.world = makeWorld(options, failed);
    this.began = this.world.clock.now;
    const signer = { personId: this.world.rows.id(), deviceId: this.world.rows.id() };
    const [gate, manager, gateway, executor] = [new Gate(this.world), new Manager(this.world), new Gateway(this.world, signer), new Executor(this.world, signer)];
    this.desks = { gate, manager, gateway, executor };
    new Fleet(this.world, gate);
    new Helpdesk(this.world);
    this.people = new People(this.world, this.desks, failed);
    this.checks = new Checks(this.world, this.stopped);
    gate.onStop = (teamId) => this.noteStop(teamId);
    this.world.rows.committed = (teamId) => {
      this.checks.afterCommit(teamId);
      this.aim(teamId);
    };
    for (let team = 0; team < options.teams; team++) this.hire(signer.personId as PersonId);
    this.fallOver();
  }

  get takeovers(): readonly number[] {
    return this.checks.takeovers;
  }

  /** How long it has been going on. */
  get ms(): number {
    return Math.round(this.world.clock.now - this.began);
  }

  /** The record, in lines. */
  record(): string[] {
    return this.world.rows.entries.map(({ at, teamId, action, about }) => `${String(Math.round(at - this.began)).padStart(7)} ${teamId.slice(-2)} ${action} ${JSON.stringify(about)}`);
  }

  /** Plays it to its end; throws what does not hold. */
  run(): void {
    const { clock } = this.world;
    const calmAt = clock.now + FAULTS_AT_MOST_MS;
    while (this.left > 0 && clock.now < calmAt) this.step(calmAt);
    this.calm();
    const end = clock.now + CONVERGES_MS;
    while (!this.isOver()) if (!this.step(end)) throw new Error(`not over ${CONVERGES_MS} ms after the last fault: ${JSON.stringify(this.standing())}`);
    this.checks.atEnd();
  }

  private step(until: number): boolean {
    const happened = this.world.clock.next(until);
    if (this.error !== undefined) throw this.error;
    this.checks.now();
    return happened;
  }

  private calm(): void {
    Object.assign(this.world.bus.faults, { lost: 0, twice: 0, late: 0 });
    this.world.options = { ...this.options, crashEveryMs: 0, fails: 0, failing: 0, conflicts: 0, silent: 0, leaves: 0, wishes: 0, undoes: 0 };
  }

  private isOver(): boolean {
    const { rows } = this.world;
    return this.left === 0 && [...rows.goals.values()].every(({ goal, effects }) => isTerminal(goalMachine, goal.state) && effects.every(({ state }) => state !== 'started' && state !== 'unknown')) && this.checks.isSettled();
  }

  /** What has not come to its end, for whoever has to find out why. */
  standing(): object[] {
    return [...this.world.rows.goals.values()].map(({ goal, tasks, runs, approvals, effects, teamId }) => ({ team: this.world.rows.teams.get(teamId), state: goal.state, note: goal.note, epoch: goal.epoch, tasks: tasks.map(({ key, state, round, epoch }) => [key, state, round, epoch]), runs: runs.slice(-6).map(({ state, round, epoch, code }) => [state, round, epoch, code]), approvals: approvals.map(({ state, epoch, used }) => [state, epoch, used]), effects: effects.map(({ state, code, acts }) => [state, code, acts]) }));
  }

  private hire(personId: PersonId): void {
    const { rows, chance } = this.world;
    const teamId = rows.id<TeamId>();
    rows.teams.set(teamId, { id: teamId, customerId: rows.id(), name: 'Writers', state: 'active', epoch: 1, reason: '', changedAt: this.world.clock.now });
    this.desks.gate.deploy(teamId);
    this.left += 1;
    let doing: Doing | undefined;
    const story = function* (this: Play): Steps {
      yield chance.roll() * 2_000;
      const goal = this.submit(teamId, personId);
      for (let stop = 0; stop < this.options.stops; stop++) yield* this.stopOnce(goal, stop, () => doing);
      yield chance.roll() * ON_MS; // what goes wrong goes on while the work is taken up again
      this.left -= 1;
    };
    doing = this.people.service.go(story.call(this));
  }

  /** A goal as a person's order leaves it: planned, and looked at in the next transaction. */
  private submit(teamId: TeamId, personId: PersonId): GoalRows {
    const { rows, clock } = this.world;
    const { tasks: count, effect } = this.options;
    const members = SKILLS.map((skill) => aMember({ id: rows.id<MemberId>(), skill }));
    const tasks: ReturnType<typeof aTask>[] = [];
    for (let n = 0; n < count; n++) tasks.push(aTask({ id: rows.id<TaskId>(), key: SKILLS[n]!, skill: SKILLS[n]!, memberId: members[n]!.id, epoch: rows.teams.get(teamId)!.epoch, dependsOn: tasks.slice(0, n - 1).map(({ id }) => id) }));
    const outgoing = effect === 'http.post' ? ({ kind: 'http.post', url: 'https://hooks.example.com/in', contentType: 'text/plain', body: 'src/docs.ts' } as const) : null;
    const facts = aGoal({ state: 'planned', tasks, members, outgoing, epoch: rows.teams.get(teamId)!.epoch });
    const { stillMs: _s, runningSinceMs: _r, ...row } = facts.goal;
    const id = rows.id<GoalId>();
    const goal: GoalRows = { id, teamId, managerId: rows.id<MemberId>(), members, goal: { ...row, id, submittedBy: personId }, tasks, changedAt: new Map(tasks.map((task) => [task.id, clock.now])), runs: [], drafts: [], deliverables: [], approvals: [], effects: [], questions: [], movedAt: clock.now };
    rows.goals.set(id, goal);
    rows.tx(this.world.services['manager-agent'], teamId, (tx) => tx.entry('GOAL-SUBMITTED', { goalId: id }));
    return goal;
  }

  /** At the moment that is aimed at, or where the goal was over first. */
  private *stopOnce(goal: GoalRows, stop: number, doing: () => Doing | undefined): Steps {
    const { chance, clock } = this.world;
    const { stopAt, stopAfterMs, standsMs, hasty } = this.options;
    const at = stop === 0 ? stopAt : chance.of([...PHASES, 'anytime' as const]);
    if (at === 'anytime') yield stopAfterMs * (stop === 0 ? 1 : chance.roll());
    else {
      const aim = { at, met: false, doing };
      const until = clock.now + FAULTS_AT_MOST_MS / 4;
      this.aims.set(goal.teamId, aim);
      this.aim(goal.teamId);
      while (!aim.met && clock.now < until) yield until - clock.now;
      this.aims.delete(goal.teamId);
      yield chance.one(0.5) ? 0 : chance.roll() * AIM_MS;
    }
    this.ordered.set(goal.teamId, clock.now);
    yield* this.people.suspend(goal.teamId, `Stop here, ${stop}.`);
    yield hasty ? standsMs : standsMs * (0.5 + chance.roll());
    yield* this.people.reactivate(goal.teamId);
  }

  private aim(teamId: TeamId): void {
    const aim = this.aims.get(teamId);
    if (!aim || aim.met) return;
    const phase = phaseOf(this.world.rows.goalsOf(teamId)[0]!);
    if (phase !== aim.at && phase !== 'over') return;
    aim.met = true;
    const doing = aim.doing();
    if (doing) this.people.service.wake(doing);
  }

  private noteStop(teamId: TeamId): void {
    const goal = this.world.rows.goalsOf(teamId)[0]!;
    this.stopped.push({ teamId, phase: phaseOf(goal), orderedAt: this.ordered.get(teamId)!, epoch: this.world.rows.teams.get(teamId)!.epoch + 1 });
    this.checks.atStop(goal);
  }

  /** Services fall over at any moment. */
  private fallOver(): void {
    const { clock, chance } = this.world;
    const { crashEveryMs } = this.options;
    if (crashEveryMs === 0) return;
    clock.in(crashEveryMs * 2 * chance.roll(), () => {
      if (this.world.options.crashEveryMs > 0) this.world.services[chance.of(ACTING)].crash();
      this.fallOver();
    });
  }
}
