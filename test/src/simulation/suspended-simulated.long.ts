import { describe, it } from 'node:test';
import { Runs } from './suspended-simulated.js';

const RUNS = Number(process.env['COUNTERSIGN_LONG_SIMULATED'] ?? 5_000);
/** Others each time; what fails says which. */
const FROM = Date.now() % 1_000_000_007;

describe('a team that is stopped in the middle, simulated, again and again', () => {
  it(`leaves nothing behind and loses nothing, in ${RUNS} runs from the seed ${FROM} on, at every moment of its work`, () => {
    const runs = Runs.of(RUNS, FROM);
    console.log(runs.words());
    runs.metAll();
  });
});
