import { expect } from 'expect';
import { describe, it } from 'node:test';
import { beyond, latency, rate, size, tableOf } from './report.js';

describe('what is promised of a figure', () => {
  it('stands beside it, and is broken by its p99, by its median against the bare parts, or by the largest size', () => {
    const slow = [...Array<number>(98).fill(2), 501, 501];
    const figures = [
      latency('kept', 'x', [...Array<number>(99).fill(2), 600], [1], { p99Ms: 500 }),
      latency('late', 'x', slow, [1], { p99Ms: 500 }),
      latency('four times', 'x', [4], [1], { timesRaw: 4 }),
      latency('more', 'x', [4.1], [1], { timesRaw: 4 }),
      latency('nothing said', 'x', [9_999], [1]),
      rate('a rate', 'x', [1], [100]),
      size('small', 'x', [180 * 1024], 180),
      size('large', 'of twelve visits', [...Array<number>(11).fill(1024), 180.5 * 1024], 180),
    ];
    expect(beyond(figures)).toEqual(['late: p50 2.0 ms (raw 1.0), p99 501.0 ms; promised p99 ≤ 500 ms', 'more: p50 4.1 ms (raw 1.0), p99 4.1 ms; promised ≤ 4 × raw', 'large: p50 1.0 KB, p99 180.5 KB; promised ≤ 180 KB']);
    expect(tableOf(figures)).toMatch(/^FIGURE.*PROMISED\n.*p99 ≤ 500 ms\n/);
    expect(tableOf(figures)).toMatch(/\nlarge +12 +1\.0 KB +180\.5 KB +≤ 180 KB\n[^]*\n {2}large: of twelve visits$/);
  });
});
