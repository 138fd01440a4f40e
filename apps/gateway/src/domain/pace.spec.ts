import { describe, it } from 'node:test';
import { expect } from 'expect';
import { Pace } from './pace.js';

const paced = (times: readonly number[], route = '/v1/teams') => {
  const pace = new Pace();
  for (const ms of times) pace.note(route, ms);
  return pace;
};

describe('the pace of the API', () => {
  it('is what all but the slowest twentieth were answered within', () => {
    expect(paced(Array.from({ length: 100 }, (_, n) => 100 - n)).take()).toEqual({ requests: 100, p95Ms: 95 });
    expect(paced([...Array<number>(19).fill(10), 9_000]).take()).toEqual({ requests: 20, p95Ms: 10 });
    expect(paced([...Array<number>(18).fill(10), 9_000, 9_000]).take()).toEqual({ requests: 20, p95Ms: 9_000 });
  });

  it('is told once, and not of a few answers, of streams, or of anything but the API', () => {
    const pace = paced(Array<number>(20).fill(1));
    expect([pace.take(), pace.take()]).toEqual([{ requests: 20, p95Ms: 1 }, undefined]);
    const quiet = paced(Array<number>(19).fill(1));
    expect(quiet.take()).toBeUndefined();
    quiet.note('/v1/teams', 600); // a minute later
    expect(quiet.take()).toEqual({ requests: 20, p95Ms: 1 });
    for (const route of ['/v1/events', '/healthz', '/']) expect(paced(Array<number>(50).fill(1), route).take()).toBeUndefined();
  });
});
