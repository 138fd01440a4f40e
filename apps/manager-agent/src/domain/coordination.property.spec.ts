import { COORDINATION, goalMachine, IN_HAND, isTerminal, type MemberId } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { aDraft, aGoal, aMember, aRun, aTask } from '../testing/builders.js';
import type { Action } from './actions.js';
import { advance } from './advance.js';
import { after } from './after.js';
import { can } from './choose-member.js';
import type { GoalFacts, MemberFacts, TaskFacts } from './facts.js';
import { approvedDraft, openDraft } from './read-facts.js';

const SKILLS = ['docs', 'tests', 'patches', 'seo', 'social', 'email'];
const ELEVEN_MINUTES = 11 * 60_000;

/** A team of up to seven around one goal: members work, fail, vanish and come back, and time passes. */
class Team {
  readonly history: Action[] = [];
  constructor(public facts: GoalFacts) {}

  look(): void {
    const actions = advance(this.facts);
    for (const action of actions) {
      this.judge(action);
      this.facts = after(this.facts, action);
      for (const { id, elsewhere } of this.facts.members) {
        const load = elsewhere + this.facts.tasks.filter((task) => task.memberId === id && IN_HAND.includes(task.state)).length;
        expect(load).toBeLessThanOrEqual(Math.max(elsewhere, this.facts.coordination.mostTasksPerMember));
      }
    }
    this.history.push(...actions);
    expect(advance(this.facts)).toEqual([]);
  }

  /** Nobody is given what they cannot do, what was taken from them, or anything while they are away. */
  private judge(action: Action): void {
    if (action.do !== 'assign' && action.do !== 'reassign') return;
    const task = this.facts.tasks.find(({ id }) => id === action.task)!;
    const to = action.do === 'reassign' ? action.to : (action.member ?? task.memberId);
    const member = this.facts.members.find(({ id }) => id === to)!;
    expect([member.active, can(member, task.skill)]).toEqual([true, true]);
    if (action.do === 'reassign') expect([...task.takenFrom, task.memberId]).not.toContain(to);
    expect(task.dependsOn.every((id) => this.facts.tasks.find((other) => other.id === id)!.state === 'done')).toBe(true);
  }

  happen(kind: number, dice: number): void {
    const { members, tasks } = this.facts;
    const task = tasks[dice % tasks.length]!;
    if (kind === 0) this.setActive(members[dice % members.length]!.id, false);
    else if (kind === 1) this.setActive(members[dice % members.length]!.id, true);
    else if (kind === 2) this.facts = { ...this.facts, tasks: tasks.map((other) => ({ ...other, stillMs: other.stillMs + ELEVEN_MINUTES })) };
    else this.step(task, dice);
  }

  step(task: TaskFacts, dice: number): void {
    if (task.state === 'assigned' || task.state === 'in_progress') this.work(task, dice);
    else if (task.state === 'review') this.draft(task, { checks: task.criteria.map(({ id }) => ({ criterion: id, passed: dice % 5 !== 0, exitCode: 0, outputTail: '' })) }, openDraft(task)!.id);
    else if (task.state === 'approved') this.draft(task, { state: 'committed', tree: 'a'.repeat(40), committedAt: String(this.history.length).padStart(9, '0') }, approvedDraft(task)!.id);
  }

  private setActive(id: MemberId, active: boolean): void {
    const members = this.facts.members.map((member) => (member.id === id ? { ...member, active } : member));
    this.facts = { ...this.facts, members, tasks: this.facts.tasks.map((task) => ({ ...task, memberActive: members.find((member) => member.id === task.memberId)!.active })) };
  }

  private change(task: TaskFacts, change: Partial<TaskFacts>): void {
    this.facts = { ...this.facts, tasks: this.facts.tasks.map((other) => (other.id === task.id ? { ...other, ...change, stillMs: 0 } : other)) };
  }

  private work(task: TaskFacts, dice: number): void {
    const mine = task.runs.filter(({ round }) => round === task.round);
    const last = mine.at(-1);
    if (last?.state !== 'running' || !task.memberActive) return this.change(task, { runs: [...task.runs, aRun({ round: task.round, attempt: mine.length + 1, state: 'running' })] });
    const state = dice % 4 === 0 ? ('failed' as const) : ('submitted' as const);
    const runs = task.runs.map((run) => (run.id === last.id ? { ...run, state } : run));
    this.change(task, state === 'failed' ? { runs } : { runs, drafts: [...task.drafts, aDraft({ round: task.round })] });
  }

  private draft(task: TaskFacts, change: Partial<TaskFacts['drafts'][number]>, id: string): void {
    this.change(task, { drafts: task.drafts.map((draft) => (draft.id === id ? { ...draft, ...change } : draft)) });
  }
}

const people = fc.array(fc.tuple(fc.nat(5), fc.subarray(SKILLS), fc.nat(6)), { minLength: 1, maxLength: 6 }).map((given): MemberFacts[] =>
  given.map(([skill, others, elsewhere]) => aMember({ skill: SKILLS[skill]!, others: others.filter((other) => other !== SKILLS[skill]), elsewhere })));
const teams = people.chain((members) =>
  fc.tuple(fc.array(fc.tuple(fc.nat(99), fc.array(fc.nat(3), { maxLength: 2 })), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 5 })).map(([work, most]) => {
    const tasks: TaskFacts[] = [];
    for (const [owner, needs] of work) {
      const member = members[owner % members.length]!;
      const dependsOn = [...new Set(needs.flatMap((back) => tasks.at(-1 - back)?.id ?? []))];
      tasks.push(aTask({ key: `t${tasks.length}`, skill: member.skill, memberId: member.id, dependsOn }));
    }
    return new Team(aGoal({ state: 'planned', tasks, members, coordination: { ...COORDINATION, mostTasksPerMember: most } }));
  }));
const events = fc.array(fc.tuple(fc.nat(12), fc.nat(999)), { maxLength: 120 });

describe('a manager with up to six members', () => {
  it('gives each what they can do and no more than they may have, takes back what nobody does, and comes to rest after every look', () => {
    fc.assert(fc.property(teams, events, (team, sequence) => {
      team.look();
      for (const [kind, dice] of sequence) {
        team.happen(kind, dice);
        team.look();
      }
    }), { numRuns: 300 });
  });

  it('holds up nobody for one who is slow: whatever is ready, and for which somebody has time, is started', () => {
    fc.assert(fc.property(teams, events, (team, sequence) => {
      team.look();
      for (const [kind, dice] of sequence) {
        team.happen(kind, dice);
        team.look();
        const { goal, tasks, members, coordination } = team.facts;
        if (goal.state !== 'running') continue;
        const load = ({ id, elsewhere }: MemberFacts): number => elsewhere + tasks.filter((task) => task.memberId === id && IN_HAND.includes(task.state)).length;
        for (const task of tasks.filter(({ state }) => state === 'todo')) {
          const ready = task.dependsOn.every((id) => tasks.find((other) => other.id === id)!.state === 'done');
          const free = members.some((member) => member.active && can(member, task.skill) && load(member) < coordination.mostTasksPerMember);
          expect([ready, free]).not.toEqual([true, true]);
        }
      }
    }), { numRuns: 200 });
  });

  it('ends when everybody does their part: proposed, or a person’s', () => {
    fc.assert(fc.property(teams, fc.infiniteStream(fc.nat(999)), (team, dice) => {
      team.facts = { ...team.facts, members: team.facts.members.map((member) => ({ ...member, elsewhere: 0 })) };
      team.look();
      for (let step = 0; step < 4000 && team.facts.goal.state === 'running'; step += 1) {
        team.happen(9, dice.next().value as number);
        team.look();
      }
      expect(['proposed', 'blocked']).toContain(team.facts.goal.state);
      expect(isTerminal(goalMachine, team.facts.goal.state)).toBe(false);
    }), { numRuns: 100 });
  });
});
