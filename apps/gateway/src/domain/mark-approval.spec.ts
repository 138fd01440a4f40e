import { describe, it } from 'node:test';
import type { Manifest } from '@countersign/contracts';
import { expect } from 'expect';
import { misfit } from './decision-parts.js';
import { markApproval, MOST_QUESTIONS, type MarkFacts } from './mark-approval.js';
import { misplaced } from './place-comments.js';
import { alarm, watchOf } from './watch.js';

const NOW = new Date('2026-03-10T12:00:00Z');
const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const DIGEST = 'd'.repeat(64);

function facts(decision: MarkFacts['request']['decision'], change: Partial<MarkFacts> = {}, approval: Partial<MarkFacts['approval']> = {}): MarkFacts {
  return {
    now: NOW,
    person: { id: 'asha', customerId: 'chai', roles: ['customer_governor'] },
    device: { id: 'phone', personId: 'asha', removed: false },
    team: { state: 'active', epoch: 1 },
    approval: { state: 'pending', version: 1, digest: DIGEST, dueAt: inMinutes(60), paused: false, epoch: 1, customerId: 'chai', requestedBy: 'mira', authors: [], ...approval },
    request: { decision, digest: DIGEST, reason: 'why?', version: 1 },
    until: inMinutes(30),
    escalated: false,
    hasSubstitute: true,
    questions: 0,
    ...change,
  };
}
const codeOf = (of: MarkFacts): string => {
  const verdict = markApproval(of);
  return verdict.outcome === 'refused' ? verdict.code : verdict.mark.kind;
};

describe('a mark on an open request', () => {
  it('is put by whoever may decide, on a device of their own, and by nobody else', () => {
    for (const decision of ['defer', 'escalate', 'ask'] as const) {
      const of = (change: Partial<MarkFacts>, approval: Partial<MarkFacts['approval']> = {}) => codeOf(facts(decision, change, approval));
      expect(of({})).toBe({ defer: 'deferred', escalate: 'escalated', ask: 'asked' }[decision]);
      expect(of({ person: { id: 'ben', customerId: 'borealis', roles: ['customer_governor'] } })).toBe('not_eligible');
      expect(of({ person: { id: 'gov', customerId: 'chai', roles: ['platform_governor'] } })).toBe('not_eligible');
      expect(of({}, { authors: ['asha'] })).toBe('author_may_not_decide');
      expect(of({ device: undefined })).toBe('device_missing');
      expect(of({ device: { id: 'phone', personId: 'asha', removed: true } })).toBe('device_not_yours');
    }
  });

  it('is put on nothing that is over, stands still, or is not what was shown', () => {
    for (const decision of ['defer', 'escalate', 'ask'] as const) {
      const of = (approval: Partial<MarkFacts['approval']>, change: Partial<MarkFacts> = {}) => codeOf(facts(decision, change, approval));
      for (const [state, code] of Object.entries({ approved: 'already_decided', denied: 'already_decided', held: 'already_decided', changes_requested: 'already_decided', expired: 'expired', superseded: 'superseded', withdrawn: 'withdrawn' })) expect(of({ state: state as 'approved' })).toBe(code);
      expect(of({ paused: true })).toBe('goal_paused');
      expect(of({ dueAt: NOW })).toBe('expired');
      expect(of({}, { team: { state: 'active', epoch: 2 } })).toBe('withdrawn');
      expect(of({ digest: 'e'.repeat(64) })).toBe('digest_differs');
      expect(of({ version: 2 })).toBe('stale_version');
    }
  });

  it('puts off until a time that is to come and before it is due', () => {
    const until = (value: Date | undefined) => codeOf(facts('defer', { until: value }));
    expect([until(undefined), until(NOW), until(inMinutes(-1)), until(inMinutes(60)), until(inMinutes(61)), until(inMinutes(59.99)), until(new Date(Number.NaN))]).toEqual(['until_missing', 'until_past', 'until_past', 'defer_past_due', 'defer_past_due', 'deferred', 'until_missing']);
  });

  it('escalates once: to a substitute where there is one, else to the platform’s governor', () => {
    expect(markApproval(facts('escalate'))).toEqual({ outcome: 'marked', mark: { kind: 'escalated', to: 'substitute' } });
    expect(markApproval(facts('escalate', { hasSubstitute: false }))).toEqual({ outcome: 'marked', mark: { kind: 'escalated', to: 'governor' } });
    expect(codeOf(facts('escalate', { escalated: true }))).toBe('already_escalated');
  });

  it('asks with words, and not without end', () => {
    expect(codeOf(facts('ask', { request: { ...facts('ask').request, reason: ' \n' } }))).toBe('reason_missing');
    expect(codeOf(facts('ask', { questions: MOST_QUESTIONS }))).toBe('questions_exhausted');
  });
});

describe('what comes with a decision', () => {
  it('belongs to that one, or nothing is recorded', () => {
    const comments = [{ path: 'a', line: 1, side: 'after' as const, text: 'x' }];
    expect(misfit({ decision: 'deny', digest: DIGEST, report: true })).toBeUndefined();
    expect(misfit({ decision: 'request_changes', digest: DIGEST, comments })).toBeUndefined();
    expect(misfit({ decision: 'approve', digest: DIGEST, report: false, comments: [] })).toBeUndefined();
    for (const body of [{ decision: 'approve', report: true }, { decision: 'approve', comments }, { decision: 'deny', comments }, { decision: 'ask', until: NOW.toISOString() }, { decision: 'ask', report: true }, { decision: 'defer', assertion: {} as never }] as const) {
      expect(misfit({ digest: DIGEST, ...body } as never)).toMatchObject({ code: 'not_for_this_decision' });
    }
  });

  it('comments on lines that are there, of files of the manifest', () => {
    const manifest = { artifacts: [{ path: 'a.js' }, { path: 'new.js' }] } as unknown as Manifest;
    const lines = new Map([['a.js', { before: 2, after: 3 }], ['new.js', { before: 0, after: 1 }], ['other.js', { before: 9, after: 9 }]]);
    const at = (path: string, line: number, side: 'before' | 'after', text = 'x') => misplaced([{ path, line, side, text }], manifest, lines)?.code;
    expect([at('a.js', 3, 'after'), at('a.js', 2, 'before'), at('new.js', 1, 'after')]).toEqual([undefined, undefined, undefined]);
    expect([at('a.js', 4, 'after'), at('a.js', 3, 'before'), at('new.js', 1, 'before'), at('other.js', 1, 'after'), at('../a.js', 1, 'after'), at('a.js', 1, 'after', '  ')]).toEqual(Array(6).fill('comment_misplaced'));
    expect(misplaced(Array.from({ length: 5 }, () => ({ path: 'a.js', line: 1, side: 'after' as const, text: 'x'.repeat(2_000) })), manifest, lines)?.code).toBe('comments_too_long');
  });
});

describe('an agent that wears people out', () => {
  it('is paused; what was reported stops what the policy says, and is silent for so long', () => {
    const found = { goalId: 'g', approvalId: 'a', agentId: 'mira', counted: 1 };
    expect(alarm({ ...found, kind: 'reported' }, watchOf(undefined))).toMatchObject({ stops: 'team', muteMs: 20 * 60_000 });
    expect(alarm({ ...found, kind: 'reported' }, { ...watchOf(undefined), report: { stops: 'goal', muteMinutes: 5 } })).toMatchObject({ stops: 'goal', muteMs: 300_000 });
    expect(alarm({ ...found, kind: 'asks_too_often' }, watchOf(undefined))).toMatchObject({ stops: 'agent', minutes: 10, muteMs: 0 });
    expect(alarm({ ...found, kind: 'refused_too_often' }, watchOf(undefined))).toMatchObject({ stops: 'agent', minutes: 60 });
  });
});
