import { describe, it } from 'node:test';
import { expect } from 'expect';
import { escalationCount } from './escalation-count.js';
import { figuresWords } from './escalation-words.js';
import { reportsOf } from './report-words.js';

describe('what an escalation was raised by', () => {
  const words = (figures: object, counted = 1): string => figuresWords({ figures, counted }).join(', ');
  for (const [figures, said, counted] of [
    [{}, ''],
    [{}, '3 times', 3],
    [{ denial: 3, spawn: 1 }, '3 refused calls of the manager, 1 refused start of an agent', 4],
    [{ forged: 2, effect: 1 }, '2 messages in another’s name, 1 goal carried out without a yes', 3],
    [{ refused: 4 }, '4 attempts with the managers’ credential that the message broker refused', 4],
    [{ hidden: 1 }, '1 refused attempt on the message broker by somebody who hid whose credential it was'],
    [{ mostMs: 5_012 }, '2 times, the slowest took 5.0 s from a task to its agent', 2],
    [{ p95Ms: 850, requests: 200 }, '95 of 100 answers within 850 ms, of 200'],
    [{ bytes: 2_097_152 }, '2 MB of files and texts'],
    [{ hard: 9, ofTasks: 10 }, '9 of 10 hard tasks'],
    [{ of: 10, passed: 4, passedBefore: 9 }, '4 of the last 10 reviews passed, 9 of those before'],
    [{ usdMicros: '150000000' }, '$150.00 spent'],
    [{ usdMicros: '30000000', limitUsdMicros: '24500000' }, '$30.00 spent this month of $24.50'],
    [{ noes: 7, answers: 12 }, '7 of 12 answers were no'],
    [{ decision: 'approve' }, 'decision: approve'],
  ] as const) {
    it(said === '' ? 'nothing' : said, () => expect(words(figures, counted ?? 1)).toBe(said));
  }
});

describe('escalations of a person', () => {
  it('are counted where no other place of the app counts them', () => {
    expect(escalationCount([{ trigger: 'deliverable_ready' }, { trigger: 'team_suspended' }, { trigger: 'trial_ended' }, { trigger: 'cost_over' }])).toBe(2);
  });
  it('are reported by role, and by who has none not at all', () => {
    expect(reportsOf(['vision_guardian']).map(({ kind }) => kind)).toEqual(['ethics_violation']);
    expect(reportsOf(['customer_governor']).map(({ kind }) => kind)).toEqual(['composition_change', 'architecture_change']);
    expect(reportsOf(['platform_governor']).map(({ kind }) => kind)).toEqual(['composition_change', 'architecture_change', 'app_store_rejection']);
    expect(reportsOf(['genesis'])).toEqual([]);
  });
});
