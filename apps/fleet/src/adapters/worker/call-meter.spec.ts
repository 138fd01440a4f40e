import { InstanceId, TeamId, type Amounts, type BudgetReply, type ModelUsage } from '@countersign/contracts';
import type { Reservation } from '@countersign/models';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { canPay } from '../../domain/slice.js';
import { CallMeter } from './call-meter.js';

const SLICE: Amounts = { tokens: 1_000, usd_micros: 5_000, steps: 4 };
const usage = (tokens: number, usdMicros: number): ModelUsage => ({ inputTokens: tokens, outputTokens: 0, usdMicros, source: 'provider' });

const wants = (amounts: Amounts): Reservation => ({ amounts, least: amounts, beyond: {} });

/** A gate that grants everything it is asked, and remembers. */
function meter(granted = true): { calls: CallMeter; asked: string[]; settled: string[] } {
  const [asked, settled]: [string[], string[]] = [[], []];
  const gate = {
    reserve: (_: TeamId, __: InstanceId, callId: string): Promise<BudgetReply> => { asked.push(callId); return Promise.resolve(granted ? { granted, code: 'ok', free: {} } : { granted, code: 'budget_exhausted', free: {} }); },
    settle: (_: TeamId, __: InstanceId, callId: string, { usdMicros }: ModelUsage, model: string) => { settled.push(`${callId} ${usdMicros} ${model}`); return Promise.resolve(); },
  };
  return { calls: new CallMeter(gate, TeamId.next(), InstanceId.next(), () => SLICE), asked, settled };
}

describe('the model calls of a run', () => {
  it('are decided by the gate; one that is only wished for and cannot be paid is not asked of it', async () => {
    const { calls, asked } = meter();
    expect(await calls.purse(true).reserve('a', wants({ tokens: 1_000, usd_micros: 1 }))).toEqual({ granted: false, code: 'budget_short' });
    expect(await calls.purse(true).reserve('b', wants({ tokens: 999, usd_micros: 5_000 }))).toEqual({ granted: false, code: 'budget_short' });
    expect(asked).toEqual([]);
    expect(await calls.purse(false).reserve('c', wants({ tokens: 2_000 }))).toMatchObject({ granted: true, code: 'ok' });
    expect(asked).toEqual(['c']);
    expect(await meter(false).calls.purse(true).reserve('d', wants({ tokens: 1 }))).toMatchObject({ granted: false, code: 'budget_exhausted' });
  });

  it('count what is held and what was used, and give back what was not', async () => {
    const { calls, settled } = meter();
    const purse = calls.purse(true);
    expect(await purse.reserve('a', wants({ tokens: 600 }))).toMatchObject({ granted: true });
    expect(await purse.reserve('b', wants({ tokens: 400 }))).toMatchObject({ granted: false });
    await purse.settle('a', usage(100, 40), 'rehearsal');
    expect(calls.spent).toEqual({ tokens: 100, usd_micros: 40 });
    expect(await purse.reserve('c', wants({ tokens: 899 }))).toMatchObject({ granted: true });
    expect(settled).toEqual(['a 40 rehearsal']);
  });

  it('wait for what the others hold: they are asked about again when one of those has settled', async () => {
    const free = { tokens: 100 };
    const asked: string[] = [];
    const gate = {
      reserve: (_: TeamId, __: InstanceId, callId: string, { amounts, least }: Reservation): Promise<BudgetReply> => {
        asked.push(callId);
        const part = Math.min(amounts.tokens!, free.tokens);
        if (part < least.tokens!) return Promise.resolve({ granted: false, code: 'wait', free });
        free.tokens -= part;
        return Promise.resolve({ granted: true, code: 'ok', free, amounts: { tokens: part } });
      },
      settle: () => { free.tokens += 60; return Promise.resolve(); },
    };
    const calls = new CallMeter(gate, TeamId.next(), InstanceId.next(), () => SLICE, 60_000);
    const purse = calls.purse(false);
    const wanted = { amounts: { tokens: 80 }, least: { tokens: 30 }, beyond: {} };
    expect(await purse.reserve('a', wanted)).toMatchObject({ granted: true, amounts: { tokens: 80 } });
    const waits = purse.reserve('b', wanted);
    await new Promise(setImmediate);
    expect(asked).toEqual(['a', 'b']);
    await purse.settle('a', usage(20, 1), 'rehearsal');
    expect(await waits).toMatchObject({ granted: true, amounts: { tokens: 80 } });
    expect(asked).toEqual(['a', 'b', 'b']);
    expect(await new CallMeter(gate, TeamId.next(), InstanceId.next(), () => SLICE, 0).purse(false).reserve('c', wanted)).toEqual({ granted: false, code: 'reservation_timeout' });
    expect(await calls.purse(true).reserve('d', wanted)).toEqual({ granted: false, code: 'budget_short' });
  });

  it('wait for a person where one is asked for more, and hear a no; an optional one does not wait', async () => {
    const codes = ['paused', 'paused', 'budget_exhausted', 'paused'];
    const gate = { reserve: (): Promise<BudgetReply> => Promise.resolve({ granted: false, code: codes.shift()!, free: {} }), settle: () => Promise.resolve() };
    const calls = new CallMeter(gate, TeamId.next(), InstanceId.next(), () => SLICE, 0);
    expect(await calls.purse(false).reserve('a', wants({ tokens: 1 }))).toMatchObject({ granted: false, code: 'budget_exhausted' });
    expect(codes).toHaveLength(1);
    expect(await calls.purse(true).reserve('b', wants({ tokens: 1 }))).toEqual({ granted: false, code: 'budget_short' });
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
