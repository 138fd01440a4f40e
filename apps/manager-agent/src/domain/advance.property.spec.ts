import { ApprovalId, EffectId, isTerminal, goalMachine, type ApprovalState } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { aDraft, aFile, aGoal, aRun, aTask } from '../testing/builders.js';
import type { Action } from './actions.js';
import { advance } from './advance.js';
import { after } from './after.js';
import type { DeliverableFacts, DraftFacts, GoalFacts, TaskFacts } from './facts.js';
import { approvedDraft, openDraft } from './read-facts.js';

/** Fleet, gateway, executor and suspensions as far as the manager can see them, driven by random numbers. */
class World {
  readonly history: Action[] = [];
  private clock = 0;
  constructor(public facts: GoalFacts) {}

  look(): void {
    const actions = advance(this.facts);
    this.history.push(...actions);
    this.facts = actions.reduce(after, this.facts);
    expect(advance(this.facts)).toEqual([]);
  }

  /** One thing happens somewhere; `dice` says what, if the rows allow it. */
  happen(dice: number, kind: number): void {
    const tasks = this.facts.tasks;
    const task = tasks[dice % tasks.length]!;
    if (kind === 0) this.suspend();
    else if (task.state === 'assigned' || task.state === 'in_progress') this.work(task, dice);
    else if (task.state === 'review') this.check(task, dice);
    else if (task.state === 'approved') this.commit(task, dice);
    else this.decide(dice);
  }

  private change(id: string, change: Partial<TaskFacts>): void {
    this.facts = { ...this.facts, tasks: this.facts.tasks.map((task) => (task.id === id ? { ...task, ...change } : task)) };
  }

  private work(task: TaskFacts, dice: number): void {
    const mine = { round: task.round, epoch: this.facts.team.epoch, attempt: task.runs.length + 1 };
    const runs = task.runs.filter(({ round, epoch }) => round === mine.round && epoch === mine.epoch);
    if (runs.length === 0) return this.change(task.id, { runs: [...task.runs, aRun({ ...mine, state: dice % 2 ? 'running' : 'queued' })] });
    const state = dice % 5 === 0 ? ('failed' as const) : ('submitted' as const);
    const last = { ...task.runs.at(-1)!, state };
    const draft = aDraft({ round: mine.round, epoch: mine.epoch, files: dice % 7 === 0 ? [] : [aFile(`src/${dice % 3}.ts`)] });
    this.change(task.id, { runs: [...task.runs.slice(0, -1), last], drafts: state === 'failed' ? task.drafts : [...task.drafts, draft] });
  }

  private check(task: TaskFacts, dice: number): void {
    const draft = openDraft(task)!;
    const checks = task.criteria.map(({ id }, index) => ({ criterion: id, passed: index > 0 || dice % 4 !== 0, exitCode: 0, outputTail: '' }));
    this.replace(task, { ...draft, checks });
  }

  private commit(task: TaskFacts, dice: number): void {
    const draft = approvedDraft(task)!;
    const done = { state: 'committed' as const, tree: String(++this.clock % 10).repeat(40), committedAt: String(this.clock).padStart(9, '0') };
    this.replace(task, dice % 6 === 0 ? { ...draft, state: 'conflict' } : { ...draft, ...done });
  }

  private replace(task: TaskFacts, draft: DraftFacts): void {
    this.change(task.id, { drafts: task.drafts.map((old) => (old.id === draft.id ? draft : old)) });
  }

  private decide(dice: number): void {
    const latest = this.facts.deliverables.at(-1);
    if (!latest || (this.facts.goal.state !== 'proposed' && this.facts.goal.state !== 'executing')) return;
    const states: ApprovalState[] = ['approved', 'approved', 'approved', 'changes_requested', 'denied', 'expired'];
    if (!latest.approval) this.latest({ approval: { id: ApprovalId.next(), state: 'pending', reason: null, comments: [] } });
    else if (latest.approval.state === 'pending') this.latest({ approval: { ...latest.approval, state: states[dice % states.length]!, reason: 'because' } });
    else if (latest.approval.state === 'approved') this.latest({ effect: { id: EffectId.next(), state: dice % 5 === 0 ? 'failed' : 'executed', code: null } });
  }

  private latest(change: Partial<DeliverableFacts>): void {
    this.facts = { ...this.facts, deliverables: [...this.facts.deliverables.slice(0, -1), { ...this.facts.deliverables.at(-1)!, ...change }] };
  }

  private suspend(): void {
    const latest = this.facts.deliverables.at(-1);
    const open = latest?.approval && !latest.effect && (latest.approval.state === 'pending' || latest.approval.state === 'approved');
    if (open) this.latest({ approval: { ...latest.approval!, state: 'withdrawn' } });
    const stop = (task: TaskFacts): TaskFacts => ({ ...task, runs: task.runs.map((run) => (run.state === 'queued' || run.state === 'running' ? { ...run, state: 'stopped' } : run)) });
    this.facts = { ...this.facts, team: { ...this.facts.team, epoch: this.facts.team.epoch + 2 }, tasks: this.facts.tasks.map(stop) };
  }
}

function world(): World {
  const repair = aTask({ key: 'repair', redoable: false });
  return new World(aGoal({ state: 'planned', tasks: [repair, aTask({ key: 'docs', dependsOn: [repair.id] }), aTask({ key: 'tests', dependsOn: [repair.id] })] }));
}

const events = fc.array(fc.tuple(fc.nat(999), fc.nat(30)), { maxLength: 200 });

describe('any history of a goal', () => {
  it('moves only where the state machines allow, comes to rest after every look, and never gives a task a fourth failed round', () => {
    fc.assert(fc.property(events, (sequence) => {
      const w = world();
      w.look();
      for (const [dice, kind] of sequence) {
        w.happen(dice, kind);
        w.look();
      }
      for (const task of w.facts.tasks) {
        const revised = w.history.filter((action) => action.do === 'assign' && action.task === task.id && action.why !== 'first' && action.why !== 'resume');
        const wishes = w.history.filter((action) => action.do === 'reopen' && action.task === task.id);
        expect(revised.length).toBeLessThanOrEqual(2 * (wishes.length + 1));
      }
    }), { numRuns: 300 });
  });

  it('never proposes while a task is open, and never twice without a decision in between', () => {
    fc.assert(fc.property(events, (sequence) => {
      const w = world();
      w.look();
      for (const [dice, kind] of sequence) {
        w.happen(dice, kind);
        const before = w.facts.deliverables.length;
        w.look();
        const proposed = w.facts.deliverables.length - before;
        expect(proposed).toBeLessThanOrEqual(1);
        if (proposed === 1) expect(w.facts.tasks.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
      }
    }), { numRuns: 300 });
  });

  it('ends when everybody does their part: done, refused by a person, or blocked with notes', () => {
    fc.assert(fc.property(events, fc.infiniteStream(fc.nat(999)), (sequence, dice) => {
      const w = world();
      w.look();
      for (const [number, kind] of sequence) {
        w.happen(number, kind);
        w.look();
      }
      for (let step = 0; step < 3000 && !isTerminal(goalMachine, w.facts.goal.state) && w.facts.goal.state !== 'blocked'; step += 1) {
        w.happen(dice.next().value as number, 1);
        w.look();
      }
      const { state } = w.facts.goal;
      expect(['done', 'denied', 'expired', 'failed', 'blocked']).toContain(state);
      if (state === 'blocked') expect(w.facts.tasks.some((task) => task.state === 'blocked' && task.notes.length > 0)).toBe(true);
    }), { numRuns: 200 });
  });
});
