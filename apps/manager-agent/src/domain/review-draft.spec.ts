import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aGoal, aTask } from '../testing/builders.js';
import { advance } from './advance.js';
import { reviewDraft } from './review-draft.js';

const criteria = [{ id: 'parses', kind: 'parses' }, { id: 'tests', kind: 'check-passes', command: 'node --test' }];
const check = (criterion: string, passed = true, outputTail = '', exitCode: number | null = passed ? 0 : 1) => ({ criterion, passed, exitCode, outputTail });

describe('a draft of which nothing is asked', () => {
  it('is approved by nobody, and no member is given work like that', () => {
    expect(reviewDraft([], [], 1, 3)).toMatchObject({ decision: 'blocked', notes: ['Nothing says by what this work is accepted.'] });
    expect(advance(aGoal({ tasks: [aTask({ criteria: [] })] }))).toMatchObject([{ do: 'block-task', notes: ['Nothing says by what this work is accepted.'] }, { do: 'move-goal', to: 'blocked' }]);
  });
});

describe('a review', () => {
  it('waits until every criterion has a result', () => {
    expect(reviewDraft(criteria, [check('parses')], 1, 3)).toBeUndefined();
  });

  it('approves when every criterion passed', () => {
    expect(reviewDraft(criteria, [check('parses'), check('tests')], 1, 3)).toEqual({ decision: 'approved' });
  });

  it('ignores results that no criterion asked for', () => {
    expect(reviewDraft(criteria, [check('parses'), check('tests'), check('extra', false)], 1, 3)).toEqual({ decision: 'approved' });
  });

  it('sends a failed draft back with the criterion, the command and the end of its output', () => {
    const output = `${'x\n'.repeat(500)}not ok 3 adds numbers\n`;
    const verdict = reviewDraft(criteria, [check('parses'), check('tests', false, output)], 1, 3);
    expect(verdict).toMatchObject({ decision: 'revise' });
    const [note] = verdict && 'notes' in verdict ? verdict.notes : [];
    expect(note).toContain('"tests" (check-passes) failed: it ended with exit code 1');
    expect(note).toContain('Command: node --test');
    expect(note!.endsWith('not ok 3 adds numbers')).toBe(true);
    expect(note!.split('\n').length).toBeLessThan(20);
  });

  it('cuts no character of an output in two', () => {
    const verdict = reviewDraft([criteria[0]!], [check('parses', false, `${'\u{1f375}'.repeat(1_000)}.`)], 1, 3);
    expect(verdict).toMatchObject({ notes: [`Criterion "parses" failed: it ended with exit code 1.\nIts output ends:\n…${'\u{1f375}'.repeat(799)}.`] });
  });

  it('says so when a check did not finish', () => {
    expect(reviewDraft([criteria[0]!], [check('parses', false, '', null)], 1, 3)).toMatchObject({ notes: ['Criterion "parses" failed: it did not finish.'] });
  });

  it('flags what a member may not do, in any round, whatever else failed; and nothing else', () => {
    const [parses, tests] = criteria;
    const forbidden = [{ ...parses!, violation: true }, tests!];
    for (const round of [1, 2, 3]) expect(reviewDraft(forbidden, [check('parses', false), check('tests', false)], round, 3)).toMatchObject({ decision: 'flag', notes: [expect.any(String), expect.any(String)] });
    expect(reviewDraft(forbidden, [check('parses'), check('tests', false)], 1, 3)).toMatchObject({ decision: 'revise' });
    expect(reviewDraft([{ ...parses!, violation: false }], [check('parses', false)], 1, 3)).toMatchObject({ decision: 'revise' });
  });

  it('gives up after the third round', () => {
    const failed = [check('parses', false), check('tests')];
    expect([1, 2, 3].map((round) => reviewDraft(criteria, failed, round, 3)?.decision)).toEqual(['revise', 'revise', 'blocked']);
    expect([1, 5].map((most) => [1, 4, 5].map((round) => reviewDraft(criteria, failed, round, most)?.decision))).toEqual([['blocked', 'blocked', 'blocked'], ['revise', 'revise', 'blocked']]); // or whichever the operator says
  });
});
