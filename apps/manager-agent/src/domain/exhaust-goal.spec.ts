import { blockedAt, GOAL_STATES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aGoal, aMember, aTask } from '../testing/builders.js';
import type { Action } from './actions.js';
import { advance } from './advance.js';
import { after } from './after.js';
import { answerTask, type Answer } from './answer-task.js';
import { exhaustGoal } from './exhaust-goal.js';
import type { GoalFacts, TaskFacts } from './facts.js';

const states = ['done', 'todo', 'assigned', 'in_progress', 'review', 'approved'] as const;

describe('a goal whose budget is used up', () => {
  it('is blocked with what members have in hand or were to begin, and a look finds nothing more to do', () => {
    const facts = aGoal({ tasks: states.map((state) => aTask({ state, round: 1 })) });
    const blocked = exhaustGoal(facts, 'mission_max_tokens').reduce(after, facts);
    expect(blocked.tasks.map(({ state }) => state)).toEqual(['done', 'blocked', 'blocked', 'blocked', 'blocked', 'blocked']);
    expect(exhaustGoal(facts, 'mission_max_tokens').at(-1)).toMatchObject({ do: 'move-goal', to: 'blocked', code: 'mission_max_tokens' });
    expect([blocked.goal.state, advance(blocked), exhaustGoal(blocked, 'mission_max_tokens')]).toEqual(['blocked', [], []]);
  });

  it('is left alone where nothing is to be paid for any more, and while it is paused', () => {
    const open = GOAL_STATES.filter((state) => exhaustGoal(aGoal({ state }), 'x').length > 0);
    expect(open).toEqual(['planned', 'running', 'changes_requested']);
    // what was left out needs nothing any more, and what nobody has been given needs nothing yet
    expect(exhaustGoal(aGoal({ tasks: [aTask({ state: 'done' }), aTask({ state: 'cancelled' }), aTask({ memberId: null })] }), 'x')).toEqual([]);
    expect(exhaustGoal(aGoal({ paused: true }), 'x')).toEqual([]);
  });

  it('waits at a task that a person can answer, also where another try had to wait for its member', () => {
    const [dora, tess] = [aMember({ elsewhere: 5 }), aMember({ skill: 'tests' })];
    const first = aTask({ memberId: dora.id, state: 'in_progress', round: 1 });
    const last = aTask({ key: 'tests', skill: 'tests', memberId: tess.id, dependsOn: [first.id] });
    const blocked = (facts: GoalFacts): GoalFacts => exhaustGoal(facts, 'x').reduce(after, facts);
    const answered = (facts: GoalFacts, task: TaskFacts, answer: Answer['answer'] = 'retry'): GoalFacts => {
      const given = answerTask(facts, { task: task.id, answer, note: '' });
      expect(given).toMatchObject({ ok: true });
      return (given as { actions: readonly Action[] }).actions.reduce(after, facts);
    };
    const waiting = answered(blocked(aGoal({ tasks: [first, last], members: [dora, tess] })), first);
    // Dora has no time, and Tess waits for her as before
    expect(waiting.tasks).toMatchObject([{ state: 'todo', notes: [] }, { state: 'todo', notes: [] }]);
    const again = blocked(waiting);
    expect(blockedAt({ state: again.goal.state, tasks: again.tasks })!.id).toBe(first.id);
    const without = answered(again, first, 'skip');
    expect(without.tasks).toMatchObject([{ state: 'cancelled' }, { state: 'assigned', notes: [] }]);
    const done = { ...without, tasks: without.tasks.map((task) => (task.id === last.id ? { ...task, state: 'done' as const } : task)) };
    expect(exhaustGoal(done, 'x')).toEqual([]);
  });
});
