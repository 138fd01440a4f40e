import { GOAL_STATES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aGoal, aTask } from '../testing/builders.js';
import { advance } from './advance.js';
import { after } from './after.js';
import { exhaustGoal } from './exhaust-goal.js';

const states = ['done', 'todo', 'assigned', 'in_progress', 'review', 'approved'] as const;

describe('a goal whose budget is used up', () => {
  it('is blocked with what members have in hand, and a look finds nothing more to do', () => {
    const facts = aGoal({ tasks: states.map((state) => aTask({ state, round: 1 })) });
    const blocked = exhaustGoal(facts, 'mission_max_tokens').reduce(after, facts);
    expect(blocked.tasks.map(({ state }) => state)).toEqual(['done', 'todo', 'blocked', 'blocked', 'blocked', 'blocked']);
    expect(exhaustGoal(facts, 'mission_max_tokens').at(-1)).toMatchObject({ do: 'move-goal', to: 'blocked', code: 'mission_max_tokens' });
    expect([blocked.goal.state, advance(blocked), exhaustGoal(blocked, 'mission_max_tokens')]).toEqual(['blocked', [], []]);
  });

  it('is left alone where nothing is to be paid for any more, and while it is paused', () => {
    const open = GOAL_STATES.filter((state) => exhaustGoal(aGoal({ state }), 'x').length > 0);
    expect(open).toEqual(['planned', 'running', 'changes_requested']);
    expect(exhaustGoal(aGoal({ tasks: [aTask({ state: 'done' })] }), 'x')).toEqual([]);
    expect(exhaustGoal(aGoal({ paused: true }), 'x')).toEqual([]);
  });
});
