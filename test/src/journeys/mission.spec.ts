import type { CommandClient } from '@countersign/bus';
import {
  bundleSchema,
  createMission,
  CustomerId,
  GoalId,
  hireTeam,
  missionEvent,
  moveTeam,
  PersonId,
  PLATFORM_CHAIN,
  readYaml,
  requestSpawn,
  stopMission,
  TeamId,
  uuidv7,
  type MissionReply,
  type NewWorkItem,
  type PostMissionEvent,
  type Requester,
  type Service,
  type SpawnOutcome,
} from '@countersign/contracts';
import { patientClient, serviceEnv, testDatabase, testNats, until, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
type Bare = Omit<PostMissionEvent['event'], 'mission_id'>;

/** Manager and gate as processes of their own, on a real database and broker; the gateway is its credential. */
describe('a mission, with the gate that ships', () => {
  let house: { database: TestDatabase; nats: TestNats };
  let client: CommandClient;
  const running = new Map<Service, ChildProcess>();
  const teamId = TeamId.next();
  const asha: Requester = { personId: PersonId.next(), customerId: CustomerId.next(), roles: ['customer_governor'] };
  const genesis: Requester = { personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['genesis'] };

  const start = (service: Service): void => {
    const env = { PATH: process.env['PATH'], ...serviceEnv(service, house), COUNTERSIGN_PARENT_PIPE: '1' };
    running.set(service, spawn(process.execPath, [`dist/${service}.js`], { cwd: ROOT, env, stdio: ['pipe', 'ignore', 'inherit'] }));
  };
  const kill = async (service: Service): Promise<void> => {
    const child = running.get(service)!;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  before(async () => {
    const [database, nats] = await Promise.all([testDatabase(), testNats()]);
    house = { database, nats };
    const bundle = readYaml(bundleSchema, 'code-care.yaml', readFileSync(`${ROOT}bundles/code-care.yaml`, 'utf8'));
    await database.admin(`insert into app.bundle (id, version, doc, hash) values ('code-care', 1, $1, sha256('b'))`, [JSON.stringify(bundle)]);
    for (const service of ['spawn-gate', 'manager-agent'] as const) start(service);
    client = patientClient(await nats.as('gateway'));
    await until('the policies are in force', async () => (await database.admin(`select 1 from app.policy where kind = 'spawn-policy'`)).length > 0);
    expect(await client.request(hireTeam, { teamId, by: asha, bundleId: 'code-care', bundleVersion: 1, mode: 'production' })).toMatchObject({ ok: true });
    for (const [by, verb] of [[genesis, 'certify'], [asha, 'deploy']] as const) expect(await client.request(moveTeam, { teamId, by, verb, reason: '' })).toMatchObject({ ok: true });
  });
  after(async () => {
    await Promise.all([...running.keys()].map(kill));
    await house.nats.close();
    await house.database.close();
  });

  const made = async (work_items: NewWorkItem[]): Promise<GoalId> => {
    const missionId = GoalId.next();
    expect(await client.request(createMission, { teamId, missionId, by: asha, mission: { title: 'Ship', goal: 'Ship it', work_items } })).toMatchObject({ ok: true });
    return missionId;
  };
  const post = (missionId: GoalId, event: Bare): Promise<MissionReply> => client.request(missionEvent, { teamId, missionId, by: asha, eventKey: uuidv7(), event: { ...event, mission_id: missionId } });
  const byHand = (missionId: GoalId): Promise<SpawnOutcome> => client.request(requestSpawn, { teamId, requestId: uuidv7(), by: asha, role: 'worker', justification: 'one more', missionId });
  const instances = (missionId: GoalId): Promise<{ state: string; source: string; end_reason: string | null }[]> => house.database.admin(`select state, source, end_reason from app.instance where goal_id = $1 order by started_at`, [missionId]);
  const worker: NewWorkItem = { work_item_id: 'w-1', title: 'Do work', assigned_agent: 'worker' };

  it('starts an instance per agent through the one gate, once, and says what came of each', async () => {
    const id = await made([worker, { work_item_id: 'w-2', title: 'Look on', assigned_agent: 'doc-bot' }]);
    const started = await post(id, { type: 'mission_started' });
    expect(started).toMatchObject({ ok: true, mission: { status: 'running' }, orchestratorSpawns: [{ workItemID: 'w-1', ok: true, instanceID: expect.stringMatching(/^ins_/), sessionID: expect.stringMatching(/^ses_/), status: 'queued' }, { workItemID: 'w-2', ok: false, code: 'UNSUPPORTED_ASSIGNED_AGENT' }] });
    expect(await post(id, { type: 'mission_started' })).toMatchObject({ ok: true, code: 'unchanged', orchestratorSpawns: [] });
    expect(await instances(id)).toEqual([{ state: 'queued', source: 'orchestrator_runtime', end_reason: null }]);
  });

  it('blocks spawns while it is paused and lets them again; once cancelled it counts what ended, and nothing starts any more', async () => {
    const id = await made([worker]);
    await post(id, { type: 'mission_started' });
    expect(await post(id, { type: 'mission_paused', reason: 'lunch' })).toMatchObject({ ok: true, mission: { status: 'paused' } });
    expect(await byHand(id)).toMatchObject({ ok: false, code: 'mission_paused' });
    expect(await post(id, { type: 'mission_resumed' })).toMatchObject({ ok: true, mission: { status: 'running' } });
    expect(await byHand(id)).toMatchObject({ ok: true, status: 'queued' });
    expect(await post(id, { type: 'mission_canceled', reason: 'user stop' })).toMatchObject({ ok: true, mission: { status: 'canceled' }, orchestratorCancellations: { triggered: true, reason: 'user stop', cancelledInstances: 2 } });
    expect(await byHand(id)).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect((await instances(id)).map(({ state, end_reason }) => [state, end_reason])).toEqual([['cancelled', 'mission_cancelled'], ['cancelled', 'mission_cancelled']]);
  });

  it('takes up where it was when the gate is down at its start and the manager dies after it', async () => {
    const id = await made([worker]);
    await kill('spawn-gate');
    expect(await post(id, { type: 'mission_started' })).toMatchObject({ ok: true, mission: { status: 'running' }, orchestratorSpawns: [{ workItemID: 'w-1', ok: false, code: 'spawn_pending' }] });
    await kill('manager-agent');
    expect(await instances(id)).toEqual([]);
    for (const service of ['spawn-gate', 'manager-agent'] as const) start(service);
    await until('the instance', async () => (await instances(id)).length > 0);
    expect(await post(id, { type: 'mission_started' })).toMatchObject({ code: 'unchanged' });
    expect(await instances(id)).toHaveLength(1);
  });

  it('is cancelled too when a person stops it at the gate', async () => {
    const id = await made([worker]);
    await post(id, { type: 'mission_started' });
    expect(await client.request(stopMission, { teamId, missionId: id, by: asha, verb: 'cancel', reason: 'enough' })).toMatchObject({ ok: true, cancelledInstances: 1 });
    await until('its own row says so', async () => (await house.database.admin(`select 1 from app.goal where id = $1 and state = 'cancelled'`, [id])).length > 0);
    expect(await post(id, { type: 'run_started', work_item_id: 'w-1', run_id: 'r' })).toMatchObject({ ok: false, code: 'mission_over' });
  });
});
