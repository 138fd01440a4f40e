import { describe, it } from 'node:test';
import { DEFAULT_TEAM_POLICY } from './files/team-policy.js';
import { expect } from 'expect';
import fc from 'fast-check';
import { beyondTrialWords, CONDITIONS, extended, promotionUnmet, trialEnds, trialStanding, type TrialFigures } from './trial.js';

const { trial, promotion } = DEFAULT_TEAM_POLICY;
const good: TrialFigures = { planned: 9, approved: 3, reviews: 10, revisions: 3, answers: 10, yeses: 7, violations: 0, rating: 4 };
const unmet = (change: Partial<TrialFigures>): string[] => promotionUnmet({ ...good, ...change }, promotion).map(({ condition }) => condition);
const NOW = new Date('2026-03-01T12:00:00Z');
const day = (n: number): Date => new Date(NOW.getTime() + n * 86_400_000);

describe('the promotion test of a trial', () => {
  it('is passed exactly at every limit', () => expect(unmet({})).toEqual([]));

  it('names each condition that is not met, and no other', () => {
    const cases: readonly (readonly [Partial<TrialFigures>, readonly string[]])[] = [
      [{ approved: 2 }, ['approved_tasks']],
      [{ approved: 0 }, ['approved_tasks']],
      [{ revisions: 4 }, ['revisions']],
      [{ reviews: 333, revisions: 100 }, ['revisions']], // 30.03 percent
      [{ reviews: 1000, revisions: 300 }, []],
      [{ reviews: 0, revisions: 0 }, []],
      [{ yeses: 6 }, ['approvals']],
      [{ answers: 999, yeses: 699 }, ['approvals']], // 69.97 percent
      [{ answers: 0, yeses: 0 }, ['approvals']],
      [{ violations: 1 }, ['violations']],
      [{ rating: null }, ['rating']],
      [{ rating: 3.9 }, ['rating']],
      [{ rating: 5 }, []],
      [{ approved: 0, reviews: 1, revisions: 1, answers: 0, yeses: 0, violations: 9, rating: null }, CONDITIONS],
    ];
    for (const [change, expected] of cases) expect([change, unmet(change)]).toEqual([change, expected]);
  });

  it('tells the figures it judged by', () => {
    expect(promotionUnmet({ ...good, approved: 1, revisions: 5, answers: 3, yeses: 1, violations: 2, rating: 3.25 }, promotion).map(({ words }) => words)).toEqual([
      '1 tasks approved, 3 are needed', 'revised: 5 of 10 (50 %), 30 % at most', 'approved: 1 of 3 (33.3 %), 70 % at least', '2 violations, 0 at most', 'rated 3.3, 4 of 5 are needed',
    ]);
    expect(promotionUnmet({ ...good, answers: 0, yeses: 0, rating: null }, promotion).map(({ words }) => words)).toEqual(['approved: 0 of 0 (none yet), 70 % at least', 'not rated, 4 of 5 are needed']);
  });

  it('never becomes harder by one more yes, one revision less or a better rating', () => {
    const figures = fc.record({ approved: fc.nat(9), reviews: fc.nat(50), revisions: fc.nat(50), answers: fc.nat(30), yeses: fc.nat(30), violations: fc.nat(3), rating: fc.option(fc.double({ min: 1, max: 5, noNaN: true })) });
    fc.assert(fc.property(figures, (raw) => {
      const some = { ...good, ...raw, revisions: Math.min(raw.revisions, raw.reviews), yeses: Math.min(raw.yeses, raw.answers) };
      const before = unmet(some).length;
      const better = [{ ...some, approved: some.approved + 1 }, { ...some, answers: some.answers + 1, yeses: some.yeses + 1 }, { ...some, revisions: Math.max(0, some.revisions - 1) }, { ...some, rating: 5 }];
      return better.every((one) => unmet(one).length <= before);
    }));
  });
});

describe("a trial's time", () => {
  const times = { ...trialEnds(NOW, trial), endedAt: null };

  it('is seven days and three of grace, to the millisecond', () => {
    expect(times).toMatchObject({ endsAt: day(7), graceUntil: day(10) });
    const at = (ms: number): string => trialStanding(times, new Date(ms));
    expect([at(NOW.getTime()), at(day(7).getTime() - 1), at(day(7).getTime()), at(day(10).getTime() - 1), at(day(10).getTime())]).toEqual(['running', 'running', 'grace', 'grace', 'over']);
    expect(trialStanding({ ...times, endedAt: NOW }, NOW)).toBe('over');
  });

  it('is made longer from its last day on, and once that is over from then on: never until a day that is over', () => {
    for (const asked of [0, 3, 7]) expect(extended(times, trial, day(asked))).toEqual({ endsAt: day(10), graceUntil: day(13) });
    expect(extended(times, trial, day(9))).toEqual({ endsAt: day(12), graceUntil: day(15) });
  });
});

describe('whom a trial does not give enough', () => {
  it('is told the ways that are open, and no other', () => {
    expect(beyondTrialWords(trial, 0)).toBe('make the trial longer, which gives 2 dollars and 3 days more, or make it production when it has passed its test; the platform’s governor alone gives a trial more than that, so ask them');
    for (const times of [trial.extension.times, trial.extension.times + 1]) expect(beyondTrialWords(trial, times)).toMatch(/^make it production /);
    expect(beyondTrialWords({ extension: { ...trial.extension, times: 0 } }, 0)).toMatch(/^make it production /);
  });
});
