import { expect } from 'expect';
import { SINKS, type Sink, type SinkBench } from './sink-bench.js';

const EXECUTORS = 64;
/** A push costs each of them many processes of git, and they clone the mirror into folders of their own: one round in ten, from one folder. */
const PUSHES_ONE_IN = 10;
const QUICK = SINKS.filter((sink) => sink !== 'a branch');

/** Sixty-four executors hear of one approval at once: one begins, the effect happens once, and is told once. `apart`: each with a folder of its own, as on machines of their own. */
export async function raceOf64(bench: SinkBench, rounds: number, apart: boolean): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    if (round % PUSHES_ONE_IN === 0) await raceTo(bench, 'a branch', false);
    else await raceTo(bench, QUICK[round % QUICK.length]!, apart);
  }
}

async function raceTo(bench: SinkBench, sink: Sink, apart: boolean): Promise<void> {
  const way = await bench.begin(sink);
  await bench.race(way, EXECUTORS, apart);
  expect([sink, await bench.became(way)]).toEqual([sink, { state: 'executed', arrived: 1 }]);
}
