import { COORDINATIONS, MISSION_EVENT_TYPES, MISSION_STATUSES, type MissionEvent } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { beginsMission, refusesBegun, refusesWork } from './new-work.js';

const free = { coordination: 'manager', trialOver: false, tasksLeft: null } as const;
const codeOf = (terms: Partial<Parameters<typeof refusesWork>[0]>, tasks = 3, origin: 'goal' | 'mission' = 'goal') => refusesWork({ ...free, ...terms }, tasks, origin)?.code;

describe('new work for a team', () => {
  it('is taken in production, however much it is', () => expect(codeOf({}, 1_000)).toBeUndefined());

  it('is no goal without a manager, and a mission all the same', () => {
    expect(COORDINATIONS.map((coordination) => [coordination, codeOf({ coordination }), codeOf({ coordination }, 3, 'mission')])).toEqual([['manager', undefined, undefined], ['person', undefined, undefined], ['individuals', 'no_manager', undefined]]);
  });

  it('is also what was only planned; what has begun is finished, while there is a manager', () => {
    const begun = (terms: object) => [true, false].map((begins) => refusesBegun({ ...free, ...terms }, begins)?.code);
    expect(begun({})).toEqual([undefined, undefined]);
    expect(begun({ tasksLeft: 0 })).toEqual([undefined, undefined]);
    expect(begun({ trialOver: true })).toEqual(['trial_over', undefined]);
    expect(begun({ coordination: 'individuals' })).toEqual(['no_manager', 'no_manager']);
  });

  it('is not begun after the last day of a trial, and never beyond its tasks', () => {
    expect(codeOf({ trialOver: true })).toBe('trial_over');
    expect(codeOf({ trialOver: true }, 3, 'mission')).toBe('trial_over');
    expect([4, 3, 2, 0].map((tasksLeft) => codeOf({ tasksLeft }))).toEqual([undefined, undefined, 'trial_tasks_used', 'trial_tasks_used']);
    expect(refusesWork({ ...free, tasksLeft: 1 }, 3, 'mission')).toEqual({ code: 'trial_tasks_used', message: 'This is 3 tasks, and the trial has 1 left: take less at a time, or make the team production when its trial has passed its test. A longer trial has no more tasks.' });
    expect(refusesWork({ ...free, tasksLeft: 0 }, 3, 'mission')?.message).toMatch(/has 0 left: make the team production/);
  });

  it('is what makes work of a draft of a mission: its start, and a run without one', () => {
    const begins = MISSION_STATUSES.flatMap((status) => MISSION_EVENT_TYPES.filter((type) => beginsMission(status, { type } as MissionEvent)).map((type) => [status, type]));
    expect(begins.toSorted()).toEqual([['draft', 'mission_started'], ['draft', 'run_started']]);
  });
});
