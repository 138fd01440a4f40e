import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readEntries, tenSteps, weakSandbox, type GoalWords, type RecordedEntry } from './ten-steps.js';

const GOAL = 'goal-2';
const words: GoalWords = { goalId: GOAL, text: 'Document it', customer: 'Asha', manager: 'Mira', members: ['Dora'], tasks: 1, device: 'Demo phone', cost: '$0.01' };
const chain = (...entries: [string, Record<string, unknown>][]): RecordedEntry[] => entries.map(([action, body], seq) => ({ seq, atMs: 1_000 * seq, action, body }));

describe('the ten steps of a goal', () => {
  it('are told from the record, each with the time it was last seen', () => {
    const steps = tenSteps(
      chain(
        ['SPAWN-ALLOWED', {}], // of an earlier goal
        ['GOAL-SUBMITTED', { goal_id: GOAL }],
        ['GOAL-PLANNED', {}],
        ['SPAWN-ALLOWED', {}],
        ['TEAM-SHARED-CONTEXT-WRITE', {}],
        ['TEAM-MEMBER-OUTPUT', { manager_review_status: 'submitted' }],
        ['DRAFT-CHECKED', { passed: true }],
        ['DRAFT-CHECKED', { passed: false }],
        ['MANAGER-DRAFT-REVIEWED', { decision: 'revise' }],
        ['EFFECT-EXECUTED', { receipt: { commit: 'abcdef0123456789', branch: 'countersign/x' } }],
      ),
      words,
    );
    expect(steps).toHaveLength(10);
    expect(steps[0]).toMatchObject({ who: 'Asha', what: 'Document it', atMs: 0 });
    expect(steps[2]).toMatchObject({ what: expect.stringContaining('1 instance allowed'), atMs: 2_000 });
    expect(steps[4]).toMatchObject({ what: '1 file in 1 draft' });
    expect(steps[5]).toMatchObject({ what: '1 of 2 checks passed in a fresh sandbox, 1 draft sent back' });
    expect(steps[9]).toMatchObject({ what: 'pushed commit abcdef012345 to countersign/x', atMs: 8_000 });
  });

  it('say nothing about what the record does not hold', () => {
    const steps = tenSteps(chain(['GOAL-SUBMITTED', { goal_id: GOAL }]), words);
    expect(steps.slice(1).map(({ what, atMs }) => ({ what, atMs }))).toEqual(Array.from({ length: 9 }, () => ({ what: '–', atMs: undefined })));
  });

  it('say when a person made the sandbox weaker, and how weak it really was', () => {
    const allowed = (level: string, chosen?: string): [string, Record<string, unknown>] => ['SPAWN-ALLOWED', { sandbox_level: level, ...(chosen ? { sandbox_chosen: chosen } : {}) }];
    const submitted: [string, Record<string, unknown>] = ['GOAL-SUBMITTED', { goal_id: GOAL }];
    expect(weakSandbox(chain(allowed('0', 'none'), submitted, allowed('3')), GOAL)).toBeUndefined();
    expect(weakSandbox(chain(submitted, allowed('2', 'process'), ['INSTANCE-STARTED', { sandbox_level: '1', sandbox_chosen: 'process' }]), GOAL)).toEqual({ chosen: 'process', levels: ['2', '1'] });
  });

  it('are read from the lines of an export', () => {
    const entry = { type: 'entry', seq: 4, at_ms: 7, payload: JSON.stringify({ action: 'GOAL-SUBMITTED', body: { goal_id: GOAL } }) };
    expect(readEntries([JSON.stringify({ type: 'header' }), JSON.stringify(entry), JSON.stringify({ ...entry, payload: undefined })])).toEqual([{ seq: 4, atMs: 7, action: 'GOAL-SUBMITTED', body: { goal_id: GOAL } }]);
  });
});
