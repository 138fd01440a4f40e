import { answersOf, CommandClient, inTrace, NoReplyError, RemoteError } from '@countersign/bus';
import { InvalidInputError, RefusedError, reserve, RunId, spawn, TaskId, TeamId, type SpawnReply } from '@countersign/contracts';
import { serviceEnv } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createService, type RunningService } from './create-service.js';
import { AskingModule, BusyError, GateProbeModule, gateProbe } from './testing/command-probe.js';
import { House, settledWithin, until } from './testing/house.js';

/** Where the time is not what the test is about. */
const patient = { timeoutMs: 60_000 };
const request = { teamId: TeamId.next(), taskId: TaskId.next(), runId: RunId.next(), sandboxLevel: 3 };

describe('commands', () => {
  let house: House;
  let gate: RunningService;
  let client: CommandClient;
  before(async () => {
    house = await House.open();
    gate = await createService({ service: 'spawn-gate', module: GateProbeModule, env: serviceEnv('spawn-gate', house) });
    const fleet = await createService({ service: 'fleet', module: AskingModule, env: serviceEnv('fleet', house) });
    house.onClose(() => fleet.close());
    client = fleet.app.get(CommandClient);
  });
  after(async () => {
    await gate.close();
    await house.close();
  });
  beforeEach(() => {
    gateProbe.spawn = () => Promise.resolve({ allowed: true, code: 'ok' });
  });

  it('come back with their validated reply', async () => {
    gateProbe.spawn = (asked) => Promise.resolve({ allowed: asked.runId === request.runId, code: 'ok', reason: 'fits' });
    expect(await client.request(spawn, request, patient)).toMatchObject({ allowed: true, code: 'ok', reason: 'fits' });
  });

  it('carry a refusal back with its code, its sentence and its details', async () => {
    const id = RunId.next();
    const refused = await client.request(reserve, { teamId: request.teamId, instanceId: id as never, callId: id, amounts: {} as never }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused).toMatchObject({ code: 'mission_cancelled', message: 'the goal was cancelled', details: { goal: 'g' }, retryable: false });
  });

  it('carry another error back with its code and whether a retry helps, and nothing of an unforeseen one', async () => {
    gateProbe.spawn = () => Promise.reject(new BusyError('come back later'));
    const busy = await client.request(spawn, request, patient).catch((error: unknown) => error);
    expect(busy).toBeInstanceOf(RemoteError);
    expect(busy).toMatchObject({ code: 'busy', message: 'come back later', retryable: true });
    gateProbe.spawn = () => Promise.reject(new TypeError('password is hunter2'));
    await expect(client.request(spawn, request, patient)).rejects.toMatchObject({ code: 'internal', message: 'the command failed' });
  });

  it('are checked before they are sent and again where they arrive', async () => {
    await expect(client.request(spawn, { ...request, sandboxLevel: 9 })).rejects.toBeInstanceOf(InvalidInputError);
    await expect(client.request(spawn, { ...request, role: 'manager' } as typeof request)).rejects.toBeInstanceOf(InvalidInputError);
    const bus = await house.nats.as('fleet');
    const raw = async (data: unknown): Promise<unknown> => (await bus.connection.request('cmd.spawn-gate.spawn', JSON.stringify({ pattern: 'cmd.spawn-gate.spawn', data, id: '1' }), { timeout: 60_000, noMux: true, reply: `${answersOf('fleet', 'spawn-gate')}.raw` })).json();
    for (const data of [null, 'text', [], {}, { ...request, sandboxLevel: '3' }, { ...request, teamId: '../x' }]) {
      expect(await raw(data)).toMatchObject({ err: { code: 'invalid_input' } });
    }
  });

  it('do not accept a reply that breaks its rules', async () => {
    gateProbe.spawn = () => Promise.resolve({ allowed: 'yes', code: 'ok' } as unknown as SpawnReply);
    await expect(client.request(spawn, request, patient)).rejects.toMatchObject({ code: 'malformed_reply', cause: expect.any(InvalidInputError) });
  });

  it('belong to the trace of the one who asks', async () => {
    gateProbe.traces.length = 0;
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await inTrace(trace, () => client.request(spawn, request, patient));
    expect(gateProbe.traces[0]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  });

  it('say after the timeout that nobody answered', async () => {
    const late = Promise.withResolvers<SpawnReply>();
    gateProbe.spawn = () => late.promise;
    await expect(client.request(spawn, request, { timeoutMs: 200 })).rejects.toBeInstanceOf(NoReplyError);
    late.resolve({ allowed: true, code: 'ok' }); // also where it comes there later than its caller waited
  });

  it('wait for a service that is just starting', async () => {
    await gate.close();
    const asked = client.request(spawn, request, patient);
    gate = await createService({ service: 'spawn-gate', module: GateProbeModule, env: serviceEnv('spawn-gate', house) });
    expect(await asked).toMatchObject({ allowed: true });
    await expect(gate.close().then(() => client.request(spawn, request, { timeoutMs: 300 }))).rejects.toBeInstanceOf(NoReplyError);
    gate = await createService({ service: 'spawn-gate', module: GateProbeModule, env: serviceEnv('spawn-gate', house) });
  });

  it('are asked again when the broker went away with them', async () => {
    let asked = 0;
    gateProbe.spawn = async () => {
      asked += 1;
      if (asked === 1) await house.nats.kill9();
      return { allowed: true, code: 'ok' };
    };
    expect(await client.request(spawn, request, patient)).toMatchObject({ allowed: true });
    expect(asked).toBe(2);
  });

  it('are finished before a service that drains is gone', async () => {
    const held = Promise.withResolvers<SpawnReply>();
    gateProbe.spawn = () => held.promise;
    const asked = client.request(spawn, request, patient);
    const before = gateProbe.traces.length;
    await until(() => gateProbe.traces.length, (count) => count > before);
    const closing = gate.close();
    expect(await settledWithin(closing, 200)).toBe(false);
    held.resolve({ allowed: true, code: 'ok' });
    expect(await asked).toMatchObject({ allowed: true });
    await closing;
  });
});
