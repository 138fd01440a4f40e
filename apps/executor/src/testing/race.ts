import { expect } from 'expect';
import { SINKS, type SinkBench } from './sink-bench.js';

const EXECUTORS = 64;
/** To a branch, each of them would clone the mirror first. */
const RACED = SINKS.filter((sink) => sink !== 'a branch');

/** Sixty-four executors hear of one approval at once: one begins, the effect happens once, and is told once. `apart`: each with a folder of its own, as on machines of their own. */
export async function raceOf64(bench: SinkBench, rounds: number, apart: boolean): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const way = await bench.begin(RACED[round % RACED.length]!);
    await bench.race(way, EXECUTORS, apart);
    expect([way.sink, await bench.became(way)]).toEqual([way.sink, { state: 'executed', arrived: 1 }]);
  }
}
