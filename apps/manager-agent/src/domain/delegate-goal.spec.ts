import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { GOAL_STATES, TASK_STATES } from '@countersign/contracts';
import { aGoal, aTask } from '../testing/builders.js';
import { advance } from './advance.js';
import { after } from './after.js';
import { delegateGoal, modeToDelegate } from './delegate-goal.js';

describe('delegating a goal', () => {
  it('leaves plan for orchestrate, and says so; orchestrate stays', () => {
    expect([modeToDelegate('plan'), modeToDelegate('orchestrate')]).toEqual([{ mode: 'orchestrate', switchedFrom: 'plan' }, { mode: 'orchestrate' }]);
  });

  it('hands out nothing before it, and no more than was said after it', () => {
    const planned = aGoal({ state: 'planned', mode: 'plan', tasks: [aTask(), aTask(), aTask()] });
    expect(advance(planned)).toEqual([]);
    const delegated = delegateGoal(planned, 2);
    expect(delegated).toEqual({ ok: true, switchedFrom: 'plan', actions: [{ do: 'delegate', workers: 2, switchedFrom: 'plan' }] });
    const next = delegated.ok ? delegated.actions.reduce(after, planned) : planned;
    expect(advance(next).map((action) => action.do)).toEqual(['move-goal', 'assign', 'assign']);
  });

  it('is no news where it is so already, and refused where nothing is to be delegated', () => {
    expect(delegateGoal(aGoal({ workers: 3 }), 3)).toEqual({ ok: true, actions: [] });
    expect(delegateGoal(aGoal({ paused: true }), 3)).toMatchObject({ ok: false, code: 'goal_paused' });
    const open = GOAL_STATES.filter((state) => delegateGoal(aGoal({ state }), 3).ok);
    expect(open).toEqual(['planned', 'running', 'changes_requested']);
  });

  it('never has more than so many with work in hand by a look of its own, whatever state they are in', () => {
    const task = fc.constantFrom(...TASK_STATES.filter((state) => state !== 'blocked')).map((state) => aTask({ state, round: 1 }));
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (tasks, workers) => {
        const facts = aGoal({ tasks, workers });
        const inHand = (states: readonly string[]): number => states.filter((state) => ['assigned', 'in_progress', 'review', 'approved'].includes(state)).length;
        const before = inHand(tasks.map(({ state }) => state));
        const then = advance(facts).reduce(after, facts);
        return inHand(then.tasks.map(({ state }) => state)) <= Math.max(before, workers);
      }),
    );
  });
});
