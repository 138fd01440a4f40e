import { SHUTDOWN_STATES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { refusesEnd, shutdownStateOf, type ShutdownFacts } from './shutdown.js';

const state = (over: Partial<ShutdownFacts> = {}) => shutdownStateOf({ nowMs: 1_000, dueAtMs: 2_000, told: false, approve: null, ...over });

describe('a request to a member that it ends', () => {
  it('stands by what it was answered, and without an answer by its time: silence is no yes', () => {
    expect([state(), state({ told: true }), state({ nowMs: 2_000 }), state({ nowMs: 9_000, told: true })]).toEqual(['asked', 'told', 'overdue', 'overdue']);
    expect([state({ approve: true }), state({ approve: false }), state({ approve: true, nowMs: 9_000 }), state({ approve: false, nowMs: 9_000 })]).toEqual(['agreed', 'refused', 'agreed', 'refused']);
  });

  it('lets it be ended without its yes only after a no, or after its time', () => {
    expect([undefined, ...SHUTDOWN_STATES].map((now) => refusesEnd(now)?.code)).toEqual(['shutdown_not_asked', 'shutdown_pending', 'shutdown_pending', undefined, undefined, undefined]);
  });
});
