import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { again, killedAt, leaks, lostRun, orphans, SCENES, sweep } from '../../testing/crashes.js';
import { GateBench } from '../../testing/gate-bench.js';
import { MILESTONES } from '../../testing/stopping.js';

const ROUNDS = 5;

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

describe('a gate that is killed', () => {
  for (const [name, scene] of Object.entries(SCENES)) {
    for (const killAt of MILESTONES) {
      it(`at "${killAt}" of ${name}, ${ROUNDS} times: leaves nothing that nobody holds`, async () => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const { team, command, runs } = await scene(gate);
          expect(await killedAt(gate, killAt, command)).toEqual([null, 'SIGKILL']);
          if (round % 2 === 0) await again(gate, command);
          for (const runId of runs) await lostRun(gate, runId);
          await sweep(gate);
          expect([await orphans(gate, team), await leaks(gate, team)]).toEqual([[], []]);
          expect(await gate.brokenAccounts()).toEqual([]);
        }
      });
    }
  }
});
