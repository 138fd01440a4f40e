import { after, before, describe, it } from 'node:test';
import { GateBench } from '../../testing/gate-bench.js';
import { raceForTheLastTen } from '../../testing/race.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

describe('two hundred spawns for the last ten units', () => {
  it('grant exactly ten, a thousand times', () => raceForTheLastTen(gate, 1_000));
});
