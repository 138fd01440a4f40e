import { describe, it } from 'node:test';
import type { SyncedDecision } from '@countersign/contracts';
import { expect } from 'expect';
import { anotherLookWords, answersTo, nextToSend, refusalOf, verdictOf, type Saved } from './outbox.js';

const saved = (change: Partial<Saved> = {}): Saved => ({
  personId: 'asha', approvalId: 'a', teamId: 't', title: 'Push 1 file', decision: 'deny', reason: 'Not now', digest: 'd', version: 1, idempotencyKey: 'k', decidedAt: '2026-11-29T16:02:00.000Z', ...change,
});
const problem = (code: string, more: object = {}): SyncedDecision['problem'] => ({ type: 't', title: code, status: 409, code, ...more });
const answer = (change: Partial<SyncedDecision>): SyncedDecision => ({ approvalId: 'a', idempotencyKey: 'k', outcome: 'recorded', recorded: null, problem: null, ...change });

describe('Decisions that wait for a connection', () => {
  it('are sent for their own person alone, the oldest first, twenty at a time, and never again once they were refused', () => {
    const late = saved({ idempotencyKey: 'late', decidedAt: '2026-11-29T16:03:00.000Z' });
    const all = [late, saved({ personId: 'ben' }), saved(), saved({ problem: problem('expired')! })];
    expect(nextToSend(all, 'asha').map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k', 'late']);
    expect(nextToSend(all, 'gov')).toEqual([]);
    expect(nextToSend(Array.from({ length: 30 }, () => saved()), 'asha')).toHaveLength(20);
  });
  it('are sent when they stand as this person’s, however that came', () => {
    expect(verdictOf(saved(), answer({ outcome: 'recorded' }))).toEqual({ became: 'sent' });
    expect(verdictOf(saved(), answer({ outcome: 'replayed' }))).toEqual({ became: 'sent' });
    expect(verdictOf(saved(), answer({ outcome: 'refused', problem: problem('already_decided', { decision: { decision: 'deny', mine: true } }) }))).toEqual({ became: 'sent' });
  });
  it('need another look when somebody said otherwise, or it is over', () => {
    for (const decision of [{ decision: 'deny', mine: false, by: 'Arun' }, { decision: 'approve', mine: true, by: 'Asha' }]) {
      const refused = verdictOf(saved(), answer({ outcome: 'refused', problem: problem('already_decided', { decision }) }));
      expect(refused.became).toBe('refused');
      expect(anotherLookWords(refused as unknown as Saved)).toBe(`${decision.by} had ${decision.decision === 'deny' ? 'denied' : 'approved'} it before your decision arrived.`);
    }
    expect(verdictOf(saved(), answer({ outcome: 'refused', problem: problem('expired') })).became).toBe('refused');
    expect(anotherLookWords({ problem: problem('expired')! })).toContain('Nothing happened');
    expect(anotherLookWords({ problem: problem('odd', { detail: 'who knows' })! })).toBe('The server did not take it: who knows.');
  });
  it('need another look when the server will never take them, and wait for whoever may send them, or for the server', () => {
    const refused = ([[400, 'bad_request'], [403, 'role_missing'], [404, 'not_found'], [409, 'idempotency_key_reused'], [413, undefined], [422, 'invalid']] as const).map(([status, code]) => refusalOf(status, code));
    expect(new Set(refused)).toEqual(new Set(['never']));
    expect(refusalOf(401, 'unauthenticated')).toBe('signed_out');
    const waits = ([[403, 'decisions_not_yours'], [403, undefined], [404, undefined], [408, 'timeout'], [429, 'rate_limited'], [500, 'internal'], [502, undefined], [503, 'unavailable'], [304, undefined]] as const).map(([status, code]) => refusalOf(status, code));
    expect(new Set(waits)).toEqual(new Set(['not_now']));
  });
  it('go on waiting while nobody knows, while the browser has no device, and when the server says nothing of them', () => {
    expect(verdictOf(saved(), answer({ outcome: 'failed', problem: problem('internal') }))).toEqual({ became: 'waiting' });
    for (const code of ['device_missing', 'device_not_yours']) expect(verdictOf(saved(), answer({ outcome: 'refused', problem: problem(code) }))).toEqual({ became: 'waiting' });
    expect(answersTo([saved()], { decisions: [answer({ approvalId: 'other' })] }).map(({ verdict }) => verdict.became)).toEqual(['waiting']);
  });
});
