import { describe, it } from 'node:test';
import { expect } from 'expect';
import { APPROVAL_STATES, EFFECT_STATES, GOAL_STATES, TASK_STATES, TEAM_STATES, isTerminal, goalMachine } from '@countersign/contracts';
import { groupByDue } from './inbox-groups.js';
import { approvalStatus, effectStatus, goalStatus, isOpenGoal, riskWords, taskStatus, teamStatus } from './status.js';

describe('Words for states', () => {
  it('know every state that a row can have', () => {
    expect(Object.keys(approvalStatus)).toEqual(expect.arrayContaining([...APPROVAL_STATES]));
    expect(Object.keys(goalStatus).sort()).toEqual([...GOAL_STATES].sort());
    expect(Object.keys(taskStatus).sort()).toEqual([...TASK_STATES].sort());
    expect(Object.keys(teamStatus).sort()).toEqual([...TEAM_STATES].sort());
    expect(Object.keys(effectStatus).sort()).toEqual([...EFFECT_STATES].sort());
  });
  it('call a goal open exactly while it can still move', () => {
    for (const state of GOAL_STATES) expect(isOpenGoal(state)).toBe(!isTerminal(goalMachine, state));
  });
  it('never call a timeout a denial', () => {
    expect(approvalStatus.expired).not.toEqual(approvalStatus.denied);
    expect(goalStatus.expired.tone).toBe('stopped');
  });
  it('call nothing final that can be undone: of the highest tier is also what is above a limit, or what a bundle wants there', () => {
    const words = ([reversible, tier]: readonly [boolean, number]) => riskWords({ reversible, tier });
    expect(([[true, 1], [true, 2], [true, 3], [false, 1], [false, 2], [false, 3]] as const).map(words)).toEqual([undefined, 'Leaves the team', 'High risk', undefined, 'Leaves the team', 'Cannot be undone']);
  });
});

describe('The inbox', () => {
  it('shows the nearest deadline first, in groups without empty ones', () => {
    const now = new Date('2026-11-20T12:00:00.000Z');
    const at = (dueAt: string) => ({ dueAt });
    const groups = groupByDue([at('2026-11-25T12:00:00.000Z'), at('2026-11-20T12:50:00.000Z'), at('2026-11-20T12:10:00.000Z')], now);
    expect(groups.map(({ id, items }) => [id, items.map(({ dueAt }) => dueAt.slice(8, 16))])).toEqual([
      ['soon', ['20T12:10', '20T12:50']],
      ['later', ['25T12:00']],
    ]);
  });
});
