import { blockedAt, stopNote, CustomerId, PersonId } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aCommittedDraft, aDraft, aGoal, aMember, aRun, aTask } from '../testing/builders.js';
import type { Action } from './actions.js';
import { advance } from './advance.js';
import { after } from './after.js';
import { answerTask, mayAnswer } from './answer-task.js';
import type { CheckFacts, GoalFacts, TaskFacts } from './facts.js';

const failed: CheckFacts[] = ['parses', 'green'].map((criterion) => ({ criterion, passed: criterion === 'parses', exitCode: 1, outputTail: 'boom' }));
const inReview = (round: number, over: Partial<TaskFacts> = {}): TaskFacts => aTask({ state: 'review', round, drafts: [aDraft({ round, review: { decision: null }, checks: failed })], ...over });
const applied = (facts: GoalFacts, actions: readonly Action[]): GoalFacts => actions.reduce(after, facts);

/** A goal whose docs failed three rounds while the tests were in hand and something waits for both. */
function blocked(): { facts: GoalFacts; docs: TaskFacts; tests: TaskFacts; last: TaskFacts } {
  const docs = inReview(3, { key: 'docs', title: 'Write docs' });
  const tests = aTask({ key: 'tests', state: 'assigned', round: 1, notes: ['an older note'] });
  const last = aTask({ key: 'last', dependsOn: [docs.id, tests.id] });
  const goal = aGoal({ tasks: [docs, tests, last] });
  return { facts: applied(goal, advance(goal)), docs, tests, last };
}

describe('a person’s answer to a blocked task', () => {
  it('retry: hands it to its member with the person’s words first, and what was stopped with it goes on', () => {
    const { facts, docs, tests } = blocked();
    expect(blockedAt({ state: facts.goal.state, tasks: facts.tasks })!.id).toBe(docs.id);
    const answered = answerTask(facts, { task: docs.id, answer: 'retry', note: 'use British English' });
    expect(answered).toMatchObject({ ok: true, actions: [
      { do: 'move-goal', to: 'running', code: 'customer_answered' },
      { do: 'assign', task: docs.id, round: 4, why: 'answer', notes: ['The customer asks: use British English', expect.stringContaining('"green" (suite-green) failed')] },
      { do: 'assign', task: tests.id, round: 2, why: 'answer', notes: ['an older note'] },
    ] });
  });

  it('retry: is begun later, where no precedent permits to hand it out now', () => {
    const { facts, docs, tests } = blocked();
    expect(answerTask({ ...facts, precedents: [] }, { task: docs.id, answer: 'retry', note: '' })).toMatchObject({ ok: true, actions: [{ do: 'move-goal' }, { do: 'reopen', task: docs.id }, { do: 'reopen', task: tests.id }] });
  });

  it('gives three rounds more, not one and not for ever, and the words stay in each', () => {
    const { facts, docs } = blocked();
    let now = applied(facts, (answerTask(facts, { task: docs.id, answer: 'retry', note: 'shorter' }) as { actions: readonly Action[] }).actions);
    for (const round of [4, 5, 6]) {
      const task = now.tasks.find(({ id }) => id === docs.id)!;
      expect([task.state, task.round, task.notes[0]]).toEqual(['assigned', round, 'The customer asks: shorter']);
      now = { ...now, tasks: now.tasks.map((other) => (other.id === docs.id ? { ...inReview(round), id: docs.id, notes: task.notes, roundsFrom: task.roundsFrom } : other)) };
      now = applied(now, advance(now));
    }
    expect(now.goal.state).toBe('blocked');
    expect(answerTask(now, { task: docs.id, answer: 'retry', note: '' })).toMatchObject({ ok: true });
  });

  it('skip: leaves it out, and what depends on it no longer waits', () => {
    const { facts, docs, tests, last } = blocked();
    const answered = answerTask(facts, { task: docs.id, answer: 'skip', note: '' });
    expect(answered).toMatchObject({ ok: true, actions: [{ do: 'cancel-task', task: docs.id }, { do: 'move-goal', to: 'running' }, { do: 'assign', task: tests.id }] });
    const going = applied(facts, (answered as { actions: readonly Action[] }).actions);
    const done = { ...going, tasks: going.tasks.map((task) => (task.id === tests.id ? { ...task, state: 'done' as const } : task)) };
    expect(advance(done)).toMatchObject([{ do: 'assign', task: last.id, round: 1 }]);
    const all = { ...done, tasks: done.tasks.map((task) => (task.id === last.id ? { ...task, state: 'done' as const } : task)) };
    expect(advance(all)).toMatchObject([{ do: 'move-goal', to: 'done', code: 'nothing_to_change' }]);
  });

  it('skip: says what stays, where an earlier round of it is on the branch already', () => {
    const docs = aTask({ title: 'Write docs', state: 'blocked', round: 2, drafts: [aCommittedDraft({ round: 1 })] });
    const answered = answerTask(aGoal({ state: 'blocked', tasks: [docs, aTask({ key: 'tests', state: 'done' })] }), { task: docs.id, answer: 'skip', note: '' });
    const stays = '"Write docs" was left out; what it had changed before is on the goal\'s branch and stays.';
    expect(answered).toMatchObject({ ok: true, actions: [{ do: 'cancel-task' }, { do: 'move-goal', to: 'running', note: stays }] });
    const left = { ...docs, state: 'cancelled' as const };
    expect(advance(aGoal({ tasks: [left, aTask({ key: 'tests', state: 'done' })] }))).toMatchObject([{ do: 'propose', proposal: { summary: stays } }]);
  });

  it('hands out no more at once than one may have, the answered task first; the rest is begun when something is done', () => {
    const dora = aMember({ elsewhere: 3 });
    const tasks = [1, 2, 3, 4].map((n) => aTask({ key: `t${n}`, memberId: dora.id, state: 'blocked', round: 3, notes: n === 4 ? ['failed'] : [stopNote('x')] }));
    const answered = (over: Parameters<typeof aGoal>[0]) => {
      const facts = aGoal({ state: 'blocked', tasks, members: [dora], ...over });
      const given = answerTask(facts, { task: tasks[3]!.id, answer: 'retry', note: 'again' });
      return { facts: applied(facts, (given as { actions: readonly Action[] }).actions) };
    };
    const states = ({ facts }: { facts: GoalFacts }) => facts.tasks.map(({ state }) => state);
    expect(states(answered({}))).toEqual(['assigned', 'todo', 'todo', 'assigned']);
    expect(states(answered({ workers: 1 }))).toEqual(['todo', 'todo', 'todo', 'assigned']);
    const { facts } = answered({});
    expect(advance(facts)).toEqual([]);
    const later = { ...facts, tasks: facts.tasks.map((task, n) => (n === 3 ? { ...task, state: 'done' as const } : task)) };
    expect(advance(later)).toMatchObject([{ do: 'assign', task: tasks[1]!.id, round: 4 }]);
    // its rounds are counted anew, as those of what was handed out at once
    const failing = advance(later).reduce(after, later).tasks.map((task) => ({ ...task, runs: task.round === 4 ? [aRun({ round: 4, state: 'failed' })] : [] }));
    expect(advance({ ...later, tasks: failing })).toContainEqual(expect.objectContaining({ do: 'assign', task: tasks[1]!.id, round: 5, why: 'failure' }));
  });

  it('is taken only where something waits for it', () => {
    const { facts, docs, tests, last } = blocked();
    const code = (goal: GoalFacts, task = docs.id, answer: 'retry' | 'skip' = 'retry'): string | undefined => { const given = answerTask(goal, { task, answer, note: '' }); return given.ok ? undefined : given.code; };
    expect(code(facts, last.id)).toBe('task_not_blocked');
    expect(code(facts, aTask().id)).toBe('not_found');
    expect(code({ ...facts, goal: { ...facts.goal, paused: true } })).toBe('goal_paused');
    expect(code({ ...facts, goal: { ...facts.goal, state: 'cancelled' } })).toBe('task_not_blocked');
    expect(code(applied(facts, (answerTask(facts, { task: docs.id, answer: 'retry', note: '' }) as { actions: readonly Action[] }).actions))).toBe('task_not_blocked');
    expect(code({ ...facts, tasks: facts.tasks.map((task) => (task.id === tests.id ? { ...task, memberActive: false } : task)), members: [] })).toBe('member_not_active');
    expect(code({ ...facts, tasks: [facts.tasks[0]!] }, docs.id, 'skip')).toBe('nothing_left');
  });

  it('is the customer’s own: another customer’s goal does not exist, other roles may not, a stopped team goes on with nothing', () => {
    const customerId = CustomerId.next();
    const by = { personId: PersonId.next(), customerId, roles: ['customer_governor'] };
    expect(mayAnswer(by, { customerId, state: 'active' })).toBeUndefined();
    expect(mayAnswer(by, { customerId: CustomerId.next(), state: 'active' })).toMatchObject({ code: 'not_found' });
    expect(mayAnswer(by, undefined)).toMatchObject({ code: 'not_found' });
    expect(mayAnswer({ ...by, roles: ['platform_governor', 'operator'] }, { customerId, state: 'active' })).toMatchObject({ code: 'not_permitted' });
    expect(mayAnswer(by, { customerId, state: 'suspended' })).toMatchObject({ code: 'team_not_active' });
  });

  it('is also that of the platform’s governor who coordinates the team for a while, and of no other', () => {
    const [customerId, coordinator] = [CustomerId.next(), PersonId.next()];
    const gov = { personId: coordinator, customerId: CustomerId.next(), roles: ['platform_governor'] };
    expect(mayAnswer(gov, { customerId, coordinator, state: 'active' })).toBeUndefined();
    expect(mayAnswer(gov, { customerId, coordinator, state: 'suspended' })).toMatchObject({ code: 'team_not_active' });
    for (const other of [{ ...gov, personId: PersonId.next() }, { ...gov, roles: ['operator'] }]) expect(mayAnswer(other, { customerId, coordinator, state: 'active' })).toMatchObject({ code: 'not_found' });
    expect(mayAnswer(gov, { customerId, coordinator: null, state: 'active' })).toMatchObject({ code: 'not_found' });
  });
});
