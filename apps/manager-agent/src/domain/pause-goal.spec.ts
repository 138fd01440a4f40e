import { GOAL_STATES, goalMachine, isTerminal } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { pauseGoal, unpauseGoal } from './pause-goal.js';

describe('a pause', () => {
  it('is for goals that are under way: every state has its answer', () => {
    const answers = GOAL_STATES.map((state) => [state, pauseGoal({ state, paused: false, effects: [] }), unpauseGoal({ state, paused: true })] as const);
    for (const [state, pause, resume] of answers) {
      if (isTerminal(goalMachine, state)) expect([pause, resume]).toMatchObject([{ code: 'goal_finished' }, { code: 'goal_finished' }]);
      else expect([pause, resume]).toMatchObject([state === 'blocked' ? { code: 'goal_blocked' } : { ok: true, changed: true }, { ok: true, changed: true }]);
    }
  });

  it('twice, and a resumption of what runs, change nothing', () => {
    expect(pauseGoal({ state: 'running', paused: true, effects: [] })).toEqual({ ok: true, changed: false });
    expect(unpauseGoal({ state: 'running', paused: false })).toEqual({ ok: true, changed: false });
    expect(unpauseGoal({ state: 'blocked', paused: false })).toMatchObject({ ok: false, code: 'goal_blocked' });
  });

  it('comes too late for an effect that is under way, not for one that is only approved or was refused', () => {
    for (const effect of ['started', 'executed', 'unknown'] as const) expect(pauseGoal({ state: 'executing', paused: false, effects: [effect] })).toMatchObject({ ok: false, code: 'goal_executing' });
    for (const effects of [[], ['refused' as const], ['failed' as const]]) expect(pauseGoal({ state: 'executing', paused: false, effects })).toEqual({ ok: true, changed: true });
  });
});
