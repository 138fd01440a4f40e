import { MemberId } from '@countersign/contracts';
import { serviceEnv } from '@countersign/testing';
import { expect } from 'expect';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createService } from './create-service.js';
import { FleetProbeModule, probe, resetProbe } from './testing/fleet-probe.js';
import { assign, House, until, type Mark } from './testing/house.js';
import { start } from './testing/processes.js';

const SENT = 500;
const MEMBERS = 5;
/** For all of them, with everything that is in between. */
const WITHIN_MS = 180_000;
/** By then more messages are in the stream than the consumer can hold (256). */
const DISTURB_AT = 400;

describe('nothing is lost and nothing happens twice', () => {
  let house: House;
  before(async () => {
    house = await House.open();
  });
  after(() => house.close());
  beforeEach(resetProbe);
  afterEach(() => house.clear());
  const once = (marks: readonly Mark[], ids: readonly string[]): void => expect(marks.map(({ message }) => message).sort()).toEqual([...ids].sort());

  /** Sends in small steps while `disturb` happens in the middle. */
  async function sendAll(disturb: () => Promise<void>): Promise<string[]> {
    const manager = await house.sender('manager-agent');
    const members = Array.from({ length: MEMBERS }, () => MemberId.next());
    const ids: string[] = [];
    let disturbed: Promise<void> | undefined;
    for (let n = 0; n < SENT; n++) {
      ids.push(await assign(manager, house.team, members[n % MEMBERS]));
      if (n === DISTURB_AT) disturbed = disturb();
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
    await until(() => house.marks(), (marks) => marks.length >= 20, WITHIN_MS);
    second.child.kill('SIGTERM');
    await second.exited;
    once(await house.marks(), ids);
  });

  it('when the sender is killed while it sends', async () => {
    await runFleet();
    const sender = start('./sender-probe.main.js', { ...serviceEnv('manager-agent', house), PROBE_TEAM: JSON.stringify(house.team) });
    await until(() => house.marks(), (marks) => marks.length > 100, WITHIN_MS);
    sender.child.kill('SIGKILL');
    await sender.exited;
    // a COMMIT that was on its way may come through after the process that sent it is dead
    await until(() => house.database.admin(`select from pg_stat_activity where datname = current_database() and usename = 'svc_manager_agent'`), (open) => open.length === 0, WITHIN_MS);
    await house.sender('manager-agent');
    const ids = (await house.database.admin<{ id: string }>('select id from app.outbox')).map(({ id }) => id);
    once(await until(() => house.marks(), (marks) => marks.length >= ids.length, WITHIN_MS), ids);
  });

  it("when the database drops the consumer's connections again and again", async () => {
    await runFleet();
    const drop = (): Promise<unknown> => house.database.admin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'svc_fleet'`);
    const manager = await house.sender('manager-agent');
    const ids: string[] = [];
    for (let n = 0; n < 150; n++) {
      ids.push(await assign(manager, house.team, MemberId.next()));
      if (n % 30 === 0) await drop();
    }
    once(await until(() => house.marks(), (marks) => marks.length >= ids.length, WITHIN_MS), ids);
  });

  it('when the broker comes back with an older copy of its store', async () => {
    const manager = await house.sender('manager-agent');
    const sent = async (): Promise<boolean> => (await house.database.admin('select from app.outbox where published_at is null')).length === 0;
    const ids = [await assign(manager, house.team), await assign(manager, house.team)];
    await until(sent, Boolean);
    await house.nats.snapshot();
    for (let n = 0; n < 40; n++) ids.push(await assign(manager, house.team, MemberId.next()));
    await until(sent, Boolean);
    await house.nats.restore();
    for (let n = 0; n < 60; n++) ids.push(await assign(manager, house.team, MemberId.next()));
    await runFleet();
    once(await until(() => house.marks(), (marks) => marks.length >= ids.length, WITHIN_MS), ids);
  });

  it('when nats-server is killed while 500 messages are on their way', async () => {
    await runFleet();
    const ids = await sendAll(() => house.nats.kill9());
    once(await until(() => house.marks(), (marks) => marks.length >= SENT, WITHIN_MS), ids);
  });

  it("when the broker's whole store is deleted while 500 messages are on their way, most of them not yet handled", async () => {
    await house.sender('spawn-gate'); // the keeper of the stream
    await runFleet();
    const { behave } = probe;
    let goOn = (): void => undefined;
    const lost = new Promise<void>((resolve) => (goOn = resolve));
    probe.behave = async (...message) => {
      if (probe.seen.length > 50) await lost;
      await behave(...message);
    };
    const ids = await sendAll(async () => {
      await house.nats.deleteStore();
      goOn();
    });
    once(await until(() => house.marks(), (marks) => marks.length >= SENT, WITHIN_MS), ids);
  });
});
