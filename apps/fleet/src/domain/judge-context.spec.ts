import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { judgeContext, type ContextFacts, type WantedWrite } from './judge-context.js';

const current = { version: 3, sha256: 'now', visibility: 'team' as const, taskId: null, erased: false };
const facts = (over: Partial<ContextFacts> = {}): ContextFacts => ({ customerMatches: true, governs: true, teamState: 'active', current, entries: 1, taskKnown: true, ...over });
const wanted = (over: Partial<WantedWrite> = {}): WantedWrite => ({ visibility: 'team', hasTask: false, expected: 3, overwrite: false, sha256: 'new', ...over });
const said = (f: Partial<ContextFacts>, w: Partial<WantedWrite> = {}): string => {
  const judged = judgeContext(facts(f), wanted(w));
  return judged.ok ? [judged.version, judged.replaced ?? 'seen', judged.unchanged ? 'unchanged' : ''].join(' ').trim() : judged.code;
};

describe('a version of what a team shares', () => {
  it('is written over the one that its writer saw, or over any if they say so', () => {
    expect([said({}), said({}, { expected: 2 }), said({}, { expected: 2, overwrite: true }), said({}, { expected: 4 })]).toEqual(['4 seen', 'stale_version', '4 now', 'stale_version']);
    expect([said({ current: null }, { expected: 0 }), said({ current: null }), said({ current: null }, { overwrite: true })]).toEqual(['1 seen', 'not_found', '1 seen']);
    expect(said({ current: null, entries: 200 }, { expected: 0 })).toBe('workspace_full');
  });

  it('is the same one when it comes again, and never another', () => {
    expect([said({}, { sha256: 'now' }), said({}, { sha256: 'now', expected: 2 }), said({}, { sha256: 'now', expected: 1 })]).toEqual(['3 seen unchanged', '3 seen unchanged', 'stale_version']);
    const erased = { current: { ...current, erased: true } };
    expect([said(erased, { sha256: 'now' }), said(erased, { sha256: 'now', expected: 2 })]).toEqual(['4 seen', 'stale_version']);
    fc.assert(fc.property(fc.nat(9), fc.boolean(), fc.constantFrom('now', 'new'), (expected, overwrite, sha256) => {
      const judged = judgeContext(facts(), wanted({ expected, overwrite, sha256 }));
      if (judged.ok && !judged.unchanged) expect([judged.version, judged.replaced === null]).toEqual([4, expected === 3]);
      if (!judged.ok) expect([expected === 3, overwrite]).toEqual([false, false]);
    }));
  });

  it('is written by nobody who may not, of no team that is stopped, and for a task only where it names it', () => {
    expect([said({ customerMatches: false }), said({ governs: false }), said({ teamState: 'suspended' }), said({ taskKnown: false })]).toEqual(['not_found', 'not_permitted', 'team_not_active', 'task_unknown']);
    expect([said({}, { visibility: 'task' }), said({}, { hasTask: true }), said({}, { visibility: 'task', hasTask: true })]).toEqual(['visibility_invalid', 'visibility_invalid', '4 seen']);
  });
});
