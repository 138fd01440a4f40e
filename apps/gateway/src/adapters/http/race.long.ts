import { after, before, describe, it } from 'node:test';
import { joinedBy, raceToDecide } from '../../testing/race.js';
import { seedTeamOf } from '../../testing/seed-work.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';

const ROUNDS = Number(process.env['COUNTERSIGN_LONG_RACES'] ?? 1_000);

describe('sixty-four decisions at once', () => {
  let gateway: TestGateway;
  before(async () => {
    const fast = { burst: 1e9, perSecond: 1e9 };
    gateway = await startGateway({ personRate: fast, strangerRate: fast });
    await gateway.device('asha');
    await joinedBy(gateway, 'asha', ['guardian', 'architect']);
  });
  after(() => gateway?.close());

  it(`are one, ${ROUNDS} times`, async () => raceToDecide(gateway, await seedTeamOf(gateway.database, 'asha'), ['asha', 'guardian', 'architect'], ROUNDS));
});
