import { createOperator } from '@countersign/bus';
import { MemberId } from '@countersign/contracts';
import { freePort, serviceEnv } from '@countersign/testing';
import { expect } from 'expect';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createService } from './create-service.js';
import { Health, type HealthReport } from './health.js';
import { AUDIT } from './service.module.js';
import { FleetProbeModule, probe, resetProbe } from './testing/fleet-probe.js';
import { assign, House, mark, settledWithin, until } from './testing/house.js';
import { start, type TestProcess } from './testing/processes.js';

describe('the life of a service', () => {
  let house: House;
  before(async () => {
    house = await House.open();
  });
  after(() => house.close());
  beforeEach(resetProbe);
  const healthz = async (port: number | string): Promise<HealthReport & { status: number }> => {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    return { ...((await response.json()) as HealthReport), status: response.status };
  };
  const ready = async (process: TestProcess, port: string): Promise<void> => {
    await until(() => (process.child.exitCode === null ? healthz(port).catch(() => undefined) : Promise.reject(new Error(process.output()))), (report) => report?.ok === true);
  };

  it('says that it is well, and what is wrong when it is not', async () => {
    const service = await createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house) });
    expect(await healthz(service.healthPort)).toMatchObject({ status: 200, ok: true, service: 'fleet', nats: true, postgres: true });
    service.app.get(Health).report('chain', 'history_rewritten');
    expect(await healthz(service.healthPort)).toMatchObject({ status: 503, ok: false, problems: { chain: 'history_rewritten' } });
    service.app.get(Health).report('chain', undefined);
    let stuck: string | undefined;
    service.app.get(Health).judge('rounds', () => stuck);
    service.app.get(Health).wait('letter', 'put off');
    expect(await healthz(service.healthPort)).toMatchObject({ status: 200, ok: true, waits: { letter: 'put off' } });
    stuck = 'none for a minute';
    expect(await healthz(service.healthPort)).toMatchObject({ status: 503, ok: false, problems: { rounds: 'none for a minute' }, waits: { letter: 'put off' } });
    stuck = undefined;
    service.app.get(Health).wait('letter', undefined);
    expect(await healthz(service.healthPort)).not.toHaveProperty('waits');
    await house.nats.stop();
    await until(() => healthz(service.healthPort), ({ nats }) => !nats);
    await house.nats.start();
    await until(() => healthz(service.healthPort), ({ status }) => status === 200);
    await service.close();
    await expect(healthz(service.healthPort)).rejects.toThrow();
  });

  it('gives its modules what they need, and the notary no way to write entries', async () => {
    const notary = await createService({ service: 'notary', module: class Nothing {}, env: { ...serviceEnv('notary', house), AUDIT_KEY_FILE: undefined } });
    await expect((notary.app.get(AUDIT) as () => Promise<void>)()).rejects.toThrow('AUDIT_KEY_FILE');
    await notary.close();
  });

  it('waits for a broker that is not there yet', async () => {
    await house.nats.stop();
    const env = { ...serviceEnv('fleet', house), HEALTH_PORT: String(await freePort()) };
    const process = start('./fleet-probe.main.js', env);
    expect(await until(() => healthz(env.HEALTH_PORT).catch(() => undefined), (report) => report !== undefined)).toMatchObject({ status: 503, nats: false });
    await house.nats.start();
    await ready(process, env.HEALTH_PORT);
    process.child.kill('SIGTERM');
    expect(await process.exited).toEqual({ code: 0, signal: null });
  });

  it('finishes what it holds when it is asked to stop, and leaves the rest for the next', async () => {
    const manager = await house.sender('manager-agent');
    let release = (): void => undefined;
    const begun = new Promise<void>((resolve) => (release = resolve));
    probe.behave = async (_body, delivery, database) => {
      await begun;
      await delivery.apply(database, (tx) => Promise.resolve(mark(tx, delivery)));
    };
    const first = await createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house) });
    const member = MemberId.next();
    const ids = [await assign(manager, house.team, member), await assign(manager, house.team, member)];
    await until(() => probe.seen.length, (count) => count === 1);
    const closing = first.close();
    expect(await settledWithin(closing, 200)).toBe(false);
    release();
    await closing;
    expect((await house.marks())[0]).toMatchObject({ message: ids[0] });
    ids.push(await assign(manager, house.team, member));
    const second = await createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house) });
    await until(() => house.marks(), (marks) => marks.length === 3);
    expect((await house.marks()).map(({ message }) => message)).toEqual(ids);
    await second.close();
  });

  it('stops also while the broker is away', async () => {
    const service = await createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house) });
    await house.nats.stop();
    await service.close();
    await house.nats.start();
  });

  it('does not start with a credential that the broker refuses', async () => {
    const stranger = await createOperator(join(house.nats.dir, 'stranger'));
    await expect(createService({ service: 'fleet', module: FleetProbeModule, env: { ...serviceEnv('fleet', house), NATS_CREDS: stranger.credsFile('fleet') } })).rejects.toMatchObject({ name: 'AuthorizationError' });
  });

  it('ends with its process manager, also when that is killed', async () => {
    const env = { ...serviceEnv('fleet', house), HEALTH_PORT: String(await freePort()), COUNTERSIGN_PARENT_PIPE: '1' };
    const process = start('./fleet-probe.main.js', env);
    await ready(process, env.HEALTH_PORT);
    process.child.stdin!.destroy();
    expect(await process.exited).toEqual({ code: 0, signal: null });
  });

  it('does not start on a bad environment, and says all that is wrong with it', async () => {
    const process = start('./fleet-probe.main.js', { ...serviceEnv('fleet', house), HEALTH_PORT: 'x', NATS_CREDS: '' });
    expect(await process.exited).toEqual({ code: 1, signal: null });
    expect(process.output()).toContain('cannot start: HEALTH_PORT is not a port; NATS_CREDS is not set');
  });
});
