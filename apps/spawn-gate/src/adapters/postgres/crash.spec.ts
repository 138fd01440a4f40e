import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { again, killedAt, leaks, lostRun, orphans, SCENES, stoppedAt, sweep } from '../../testing/crashes.js';
import { GateBench } from '../../testing/gate-bench.js';
import { MILESTONES } from '../../testing/stopping.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

describe('a gate that is killed', () => {
  for (const killAt of MILESTONES) {
    it(`at "${killAt}" of a spawn has made one instance or none, and the run that asks again has exactly one`, async () => {
      const { team, command, runs } = await SCENES['a run’s spawn']!(gate);
      expect(await killedAt(gate, killAt, command)).toEqual([null, 'SIGKILL']);
      const left = await gate.db.admin(`select 1 from app.instance where run_id = $1`, [runs[0]]);
      if (killAt !== 'sending') expect(left).toHaveLength(killAt === 'committed' ? 1 : 0);
      const reply = await again(gate, command);
      expect(reply).toMatchObject({ allowed: true, code: 'ok' });
      expect(await gate.db.admin(`select id from app.instance where run_id = $1`, [runs[0]])).toEqual([{ id: reply['instanceId'] }]);
      expect((await gate.entries(team, 'SPAWN-ALLOWED')).filter(({ body }) => body['instance_id'] === reply['instanceId'])).toHaveLength(1);
      expect(await gate.brokenAccounts()).toEqual([]);
    });
  }

  for (const killAt of ['sending', 'committed'] as const) {
    it(`at "${killAt}" of a spawn, with the supervisor gone as well, leaves nothing that runs and nothing held`, async () => {
      const { team, command, runs } = await SCENES['a run’s spawn']!(gate);
      await killedAt(gate, killAt, command);
      await lostRun(gate, runs[0]!);
      await sweep(gate);
      expect([await orphans(gate, team), await leaks(gate, team)]).toEqual([[], []]);
      expect(await gate.brokenAccounts()).toEqual([]);
    });
  }

  for (const [name, scene] of Object.entries(SCENES)) {
    it(`at any step of ${name} has done all of it or nothing, and asked again does it once`, async () => {
      for (const at of ['asked', 'judged', 'committed'] as const) {
        const { team, command, runs } = await scene(gate);
        await stoppedAt(gate, at, command);
        expect(await gate.brokenAccounts()).toEqual([]);
        expect([at, isYes(await again(gate, command)), isYes(await again(gate, command))]).toEqual([at, true, true]);
        expect(await gate.brokenAccounts()).toEqual([]);
        for (const runId of runs) await lostRun(gate, runId);
        await sweep(gate);
        expect([at, await orphans(gate, team), await leaks(gate, team)]).toEqual([at, [], []]);
        expect(await gate.brokenAccounts()).toEqual([]);
      }
    });
  }
});

const isYes = (reply: Record<string, unknown>): unknown => reply['allowed'] ?? reply['granted'] ?? reply['ok'];
