import { MemberId } from '@countersign/contracts';
import { serviceEnv } from '@countersign/testing';
import { expect } from 'expect';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createService } from './create-service.js';
import { FleetProbeModule, resetProbe } from './testing/fleet-probe.js';
import { assign, House, until, type Mark } from './testing/house.js';
import { start } from './testing/processes.js';

const SENT = 500;
const MEMBERS = 5;

describe('nothing is lost and nothing happens twice', () => {
  let house: House;
  beforeEach(async () => {
    resetProbe();
    house = await House.open();
  });
  afterEach(() => house.close());
  const once = (marks: readonly Mark[], ids: readonly string[]): void => expect(marks.map(({ message }) => message).sort()).toEqual([...ids].sort());

  /** Sends in small steps while `disturb` happens in the middle. */
  async function sendAll(disturb: () => Promise<void>): Promise<string[]> {
    const manager = await house.sender('manager-agent');
    const members = Array.from({ length: MEMBERS }, () => MemberId.next());
    const ids: string[] = [];
    let disturbed: Promise<void> | undefined;
    for (let n = 0; n < SENT; n++) {
      ids.push(await assign(manager, house.team, members[n % MEMBERS]));
      if (n === SENT / 2) disturbed = disturb();
    }
    await disturbed;
    return ids;
  }

  async function runFleet(): Promise<void> {
    const fleet = await createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house) });
    house.onClose(() => fleet.close());
  }

  it('when the consumer is killed between the effect and the acknowledgement', async () => {
    const manager = await house.sender('manager-agent');
    const env = serviceEnv('fleet', house);
    const first = start('./fleet-probe.main.js', { ...env, PROBE_DIE_AT: '7' });
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) ids.push(await assign(manager, house.team, MemberId.next()));
    expect(await first.exited).toMatchObject({ signal: 'SIGKILL' });
    expect((await house.marks()).length).toBeGreaterThanOrEqual(7);
    const second = start('./fleet-probe.main.js', env);
    await until(() => house.marks(), (marks) => marks.length >= 20, 15_000);
    second.child.kill('SIGTERM');
    await second.exited;
    once(await house.marks(), ids);
  });

  it('when nats-server is killed while 500 messages are on their way', async () => {
    await runFleet();
    const ids = await sendAll(() => house.nats.kill9());
    once(await until(() => house.marks(), (marks) => marks.length >= SENT, 20_000), ids);
  });

  it("when the broker's whole store is deleted while 500 messages are on their way", async () => {
    await house.sender('spawn-gate'); // the keeper of the stream
    await runFleet();
    const ids = await sendAll(() => house.nats.deleteStore());
    once(await until(() => house.marks(), (marks) => marks.length >= SENT, 20_000), ids);
  });
});
