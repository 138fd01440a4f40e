import { InstanceId, TeamId, type Amounts, type ModelUsage } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { canPay } from '../../domain/slice.js';
import { CallMeter } from './call-meter.js';

const SLICE: Amounts = { tokens: 1_000, usd_micros: 5_000, steps: 4 };
const usage = (tokens: number, usdMicros: number): ModelUsage => ({ inputTokens: tokens, outputTokens: 0, usdMicros, source: 'provider' });

/** A gate that grants everything it is asked, and remembers. */
function meter(granted = true): { calls: CallMeter; asked: string[]; settled: string[] } {
  const [asked, settled]: [string[], string[]] = [[], []];
  const gate = {
    reserve: (_: TeamId, __: InstanceId, callId: string) => { asked.push(callId); return Promise.resolve({ granted, code: granted ? 'ok' : 'budget_exhausted' }); },
    settle: (_: TeamId, __: InstanceId, callId: string, { usdMicros }: ModelUsage, model: string) => { settled.push(`${callId} ${usdMicros} ${model}`); return Promise.resolve(); },
  };
  return { calls: new CallMeter(gate, TeamId.next(), InstanceId.next(), () => SLICE), asked, settled };
}

describe('the model calls of a run', () => {
  it('are decided by the gate; one that is only wished for and cannot be paid is not asked of it', async () => {
    const { calls, asked } = meter();
    expect(await calls.purse(true).reserve('a', { tokens: 1_000, usd_micros: 1 })).toEqual({ granted: false, code: 'budget_short' });
    expect(await calls.purse(true).reserve('b', { tokens: 999, usd_micros: 5_000 })).toEqual({ granted: false, code: 'budget_short' });
    expect(asked).toEqual([]);
    expect(await calls.purse(false).reserve('c', { tokens: 2_000 })).toEqual({ granted: true, code: 'ok' });
    expect(asked).toEqual(['c']);
    expect(await meter(false).calls.purse(true).reserve('d', { tokens: 1 })).toEqual({ granted: false, code: 'budget_exhausted' });
  });

  it('count what is held and what was used, and give back what was not', async () => {
    const { calls, settled } = meter();
    const purse = calls.purse(true);
    expect(await purse.reserve('a', { tokens: 600 })).toMatchObject({ granted: true });
    expect(await purse.reserve('b', { tokens: 400 })).toMatchObject({ granted: false });
    await purse.settle('a', usage(100, 40), 'rehearsal');
    expect(calls.spent).toEqual({ tokens: 100, usd_micros: 40 });
    expect(await purse.reserve('c', { tokens: 899 })).toMatchObject({ granted: true });
    expect(settled).toEqual(['a 40 rehearsal']);
  });

  it('never use a slice up to its last unit', () => {
    fc.assert(fc.property(fc.nat(2_000), fc.array(fc.nat(500), { maxLength: 5 }), fc.nat(2_000), (granted, taken, wanted) => {
      const used = taken.map((tokens) => ({ tokens }));
      const sum = taken.reduce((a, b) => a + b, 0);
      expect(canPay({ tokens: granted }, used, { tokens: wanted })).toBe(wanted === 0 || sum + wanted < granted);
    }));
    expect(canPay({}, [], { tokens: 1 })).toBe(false);
  });
});
