import { after, before, describe, it } from 'node:test';
import { expectAfter, expectOnce, SinkBench, SINKS, type Became, type Sink } from '../testing/sink-bench.js';
import { forgeEverything, replay, swapEverything } from '../testing/attacks.js';
import { raceOf64 } from '../testing/race.js';
import { MILESTONES } from './effect-runner.js';

/** How often somebody is killed, over all sinks. */
const KILLS = Number(process.env['COUNTERSIGN_LONG_KILLS'] ?? 2_000);
const EACH = Math.ceil(KILLS / SINKS.length / 2);
/** About as long as an executor needs for one effect. */
const A_RUN_MS = 250;
/** The next one may die as well. */
const IN_A_ROW = 3;
const AT_ONCE = 3;
const SWAPS = Number(process.env['COUNTERSIGN_LONG_SWAPS'] ?? 100);
const REPLAYS = Number(process.env['COUNTERSIGN_LONG_REPLAYS'] ?? 10_000);
const RACES = Number(process.env['COUNTERSIGN_LONG_RACES'] ?? 1_000);

describe(`kill -9, ${KILLS} times`, () => {
  let bench: SinkBench;
  before(async () => {
    bench = await SinkBench.open();
  });
  after(() => bench?.[Symbol.asyncDispose]());

  const sumOf = (all: readonly Became[]): string => ['executed', 'unknown'].map((state) => `${all.filter((one) => one.state === state).length} ${state}`).join(', ');
  /** Lets so many die, some at a time, and says what became of it all. */
  const many = async (what: string, one: (n: number) => Promise<{ became: Became; kills: number }>): Promise<void> => {
    const all: Became[] = [];
    let [kills, runs] = [0, 0];
    const worker = async (): Promise<void> => {
      while (kills < EACH) {
        const done = await one(runs++);
        kills += done.kills;
        all.push(done.became);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    console.log(`${what}: ${kills} kills on ${all.length} approvals: ${sumOf(all)}, 0 twice, 0 lost where it can be asked`);
  };
  const atStep = async (sink: Sink, n: number): Promise<{ became: Became; kills: number }> => {
    const [way, killAt] = [await bench.begin(sink), MILESTONES[n % MILESTONES.length]!];
    if (!(await bench.dies(way, killAt))) throw new Error(`nobody was killed at "${killAt}"`);
    const became = await bench.ends(way);
    expectAfter(way, killAt, became);
    return { became, kills: 1 };
  };
  const atAnyMoment = async (sink: Sink): Promise<{ became: Became; kills: number }> => {
    const way = await bench.begin(sink);
    let kills = 0;
    while (kills < IN_A_ROW && (await bench.dies(way, Math.random() * A_RUN_MS))) kills++;
    const became = await bench.ends(way);
    expectOnce(way, became);
    return { became, kills };
  };

  for (const sink of SINKS) {
    it(`on the way to ${sink}, at every step`, () => many(`${sink}, at every step`, (n) => atStep(sink, n)));
    it(`on the way to ${sink}, at any moment, up to ${IN_A_ROW} times in a row`, () => many(`${sink}, at any moment`, () => atAnyMoment(sink)));
  }
});

describe('sixty-four executors on one approval', () => {
  let bench: SinkBench;
  before(async () => {
    bench = await SinkBench.open();
  });
  after(() => bench?.[Symbol.asyncDispose]());

  it(`carry it out once, ${RACES} times`, () => raceOf64(bench, RACES, true));
});

describe('rows that somebody writes who can write everything', () => {
  let bench: SinkBench;
  before(async () => {
    bench = await SinkBench.open();
  });
  after(() => bench?.[Symbol.asyncDispose]());

  for (const sink of ['a branch', 'a folder', 'a receiver that can be asked', 'a mail server'] as const) {
    it(`make an executor carry out nothing to ${sink}: each place, ${SWAPS} times`, async () => console.log(`${sink}: ${await swapEverything(bench, sink, SWAPS, true)} changes, 0 effects`));
  }
  it('nor with an assertion with one thing wrong about it, whatever it is', () => forgeEverything(bench));
  it(`nor with a yes that was given to something else, or was used, ${REPLAYS} times`, async () => {
    for (let done = 0; done < REPLAYS; done += 500) await replay(bench, 500); // one approval does not stand for long
  });
});
