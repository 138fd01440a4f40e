import { expect } from 'expect';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { timed } from './timed.js';

describe('the time that work took', () => {
  it('was lost where the machine stood still, or what the work needs did', async () => {
    const stands = await timed(async () => {
      await sleep(30);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
      await sleep(30);
    });
    const waits = await timed(() => sleep(500), () => sleep(220));
    for (const { lostMs } of [stands, waits]) expect(lostMs).toBeGreaterThan(300);
  });

  it('is its own where it kept the process busy, and where it just took it', async () => {
    const spin = (): void => { for (const end = process.cpuUsage().user + 400_000; process.cpuUsage().user < end; ); };
    const busy = await timed(async () => { await sleep(30); spin(); await sleep(30); });
    expect(busy.tookMs - busy.lostMs).toBeGreaterThan(350);
    const quiet = await timed(() => sleep(400).then(() => 'done'));
    expect([quiet.value, quiet.tookMs >= 399]).toEqual(['done', true]);
    expect(quiet.lostMs).toBeLessThan(quiet.tookMs);
  });
});
