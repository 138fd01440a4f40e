import { EVIDENCE, LAUNCH_STATES, type ReceiptState } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { memberWords, memoryWords, processorWords, receiptWords, sparkPath } from './member-words.js';

const receipts = (...states: ReceiptState[]) => ({ receipts: states.map((state) => ({ member: { id: '', name: '' }, state, deliveredAt: null, deliveredTo: null, readAt: null, answeredAt: null, answerId: null })) });

describe('members, in words', () => {
  it('say what is known of each, and never that something runs where nothing does', () => {
    for (const launch of LAUNCH_STATES) for (const evidence of EVIDENCE) expect(memberWords({ launch, evidence })).toMatch(/^[A-Z]/);
    expect(memberWords({ launch: 'confirmed_alive', evidence: 'stale_metadata' })).toBe('Its supervisor has gone quiet');
    for (const evidence of ['registered_only', 'stale_metadata', 'not_found'] as const) expect(memberWords({ launch: 'confirmed_alive', evidence })).not.toMatch(/at work|process runs/);
  });

  it('say how far a message has come, of one by its step, of several by how many', () => {
    expect((['accepted', 'delivered', 'read', 'answered'] as const).map((state) => receiptWords(receipts(state)))).toEqual(['waits', 'delivered', 'read', 'answered to the manager']);
    expect(receiptWords(receipts('accepted', 'delivered', 'answered'))).toBe('delivered to 2 of 3, read by 1, answered by 1');
  });

  it('draw a line through what was used, and none through one figure', () => {
    expect(sparkPath([0, 10, 5])).toBe('M0 20L50 0L100 10');
    expect([sparkPath([]), sparkPath([3])]).toEqual(['', '']);
    expect(sparkPath([0, 0])).toBe('M0 20L100 20');
    expect([memoryWords(50 * 1024 * 1024), processorWords({ cpuThousandths: 504 })]).toEqual(['50 MiB', '50 %']);
  });
});
