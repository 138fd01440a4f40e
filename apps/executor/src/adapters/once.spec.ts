import { after, before, describe, it } from 'node:test';
import { expectAfter, SinkBench, SINKS } from '../testing/sink-bench.js';
import { replay, swapEverything } from '../testing/attacks.js';
import { raceOf64 } from '../testing/race.js';
import { MILESTONES } from './effect-runner.js';

/** As many as there are cores to start them. */
const AT_ONCE = 2;

describe('an approved effect', () => {
  let bench: SinkBench;
  before(async () => {
    bench = await SinkBench.open();
  });
  after(() => bench?.[Symbol.asyncDispose]());

  for (const sink of SINKS) {
    it(`to ${sink} happens once with kill -9 at each step; lost is only an answer that cannot be had again`, async () => {
      const left = [...MILESTONES];
      const kills = Array.from({ length: AT_ONCE }, async () => {
        for (let killAt = left.shift(); killAt !== undefined; killAt = left.shift()) {
          const way = await bench.begin(sink);
          if (!(await bench.dies(way, killAt))) throw new Error(`nobody was killed at "${killAt}"`);
          expectAfter(way, killAt, await bench.ends(way));
        }
      });
      await Promise.all(kills);
    });
  }

  it('is carried out by one of 64 executors that hear of it at once, twenty times', () => raceOf64(bench, 20, false));

  it('is refused for places that somebody changed in its rows, with every hash put right', async () => {
    await swapEverything(bench, 'a folder', 1, false);
  });
  it('is refused for a yes that was given to something else, or was used', () => replay(bench, 25));
});
