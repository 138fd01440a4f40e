import { after, before, describe, it } from 'node:test';
import { CommandClient, type Bus } from '@countersign/bus';
import { askTool, cancelInstance, CustomerId, decideGateApproval, endInstance, haltMission, hireTeam, missionSpawn, moveTeam, reportDenial, requestSpawn, reserve, RunId, settle, spawn, spawnAgent, stopMission, TeamId, uuidv7, type InstanceId } from '@countersign/contracts';
import { createService, type RunningService } from '@countersign/service';
import { serviceEnv, testNats, until, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { SpawnGateModule } from './spawn-gate.module.js';
import { GateBench } from './testing/gate-bench.js';

let bench: GateBench;
let nats: TestNats;
let service: RunningService;
let gateway: CommandClient;
let fleet: CommandClient;
let manager: CommandClient;
before(async () => {
  [bench, nats] = await Promise.all([GateBench.open(), testNats()]);
  service = await createService({ service: 'spawn-gate', module: SpawnGateModule, env: serviceEnv('spawn-gate', { database: bench.db, nats }) });
  const clientOf = async (user: 'gateway' | 'fleet' | 'manager-agent'): Promise<CommandClient> => new CommandClient((await nats.as(user)) as Bus, 60_000);
  [gateway, fleet, manager] = await Promise.all([clientOf('gateway'), clientOf('fleet'), clientOf('manager-agent')]);
});
after(async () => {
  await service.close();
  await nats.close();
  await bench.close();
});

describe('the spawn gate as a service', () => {
  it('answers people through the gateway and work through the fleet, from hire to the end of an instance', async () => {
    const customerId = CustomerId.next();
    const by = bench.requester(customerId);
    const teamId = TeamId.next();
    const team = { teamId, customerId, asha: by };
    expect(await gateway.request(hireTeam, { teamId, by, bundleId: 'code-care', bundleVersion: 1, mode: 'trial' })).toMatchObject({ ok: true, code: 'ok' });
    expect(await gateway.request(moveTeam, { teamId, by: bench.genesis, verb: 'certify', reason: '' })).toMatchObject({ ok: true });
    expect(await gateway.request(moveTeam, { teamId, by, verb: 'deploy', reason: '' })).toMatchObject({ ok: true });
    const taskId = await bench.task(team, await bench.goal(team));
    const started = await fleet.request(spawn, { teamId, taskId, runId: RunId.next(), sandboxLevel: 3, epoch: 1 });
    expect(started).toMatchObject({ allowed: true, slice: { tokens: 20_000 } });
    const instanceId = started.instanceId!;
    const callId = crypto.randomUUID();
    expect(await fleet.request(reserve, { teamId, instanceId, callId, amounts: { tokens: 100 } })).toMatchObject({ granted: true });
    expect(await fleet.request(settle, { teamId, instanceId, callId, amounts: { tokens: 80 }, usageSource: 'provider' })).toMatchObject({ granted: true, free: { tokens: 19_920 } });
    expect(await fleet.request(reportDenial, { teamId, instanceId, code: 'tool_not_allowed', tool: 'bash', reason: 'not granted', what: 'bash id' })).toEqual({ ok: true });
    expect(await fleet.request(endInstance, { teamId, instanceId, status: 'completed', reason: 'done', drawn: { ms: 900 } })).toEqual({ ok: true });
    expect(await bench.brokenAccounts()).toEqual([]);
  });

  it('has one door for each caller: people, agents, missions, and each stops what is its own to stop', async () => {
    const team = await bench.team();
    const { teamId, asha: by } = team;
    const goalId = await bench.goal(team);
    const taskId = await bench.task(team, goalId);
    const place = await gateway.request(requestSpawn, { teamId, requestId: uuidv7(), by, role: 'worker', justification: 'Help with it', missionId: goalId });
    expect(place).toMatchObject({ ok: true, status: 'queued', missionId: goalId, violations: [] });
    expect(await manager.request(missionSpawn, { teamId, requestId: uuidv7(), taskId })).toMatchObject({ ok: true, status: 'queued', missionId: goalId });
    const { instanceId } = await fleet.request(spawn, { teamId, taskId, runId: RunId.next(), sandboxLevel: 3 });
    const asked = await fleet.request(spawnAgent, { teamId, requestId: uuidv7(), instanceId: instanceId!, role: 'worker', justification: 'Help me' });
    expect(asked).toMatchObject({ ok: false, code: 'spawn_requires_approval', requiresUserApproval: true });
    expect(await gateway.request(decideGateApproval, { teamId, approvalId: asked.approvalId!, by, decision: 'approve', reason: '' })).toMatchObject({ ok: true, kind: 'spawn', state: 'approved', status: 'queued' });
    const call = await fleet.request(askTool, { teamId, instanceId: instanceId!, callId: uuidv7(), tool: 'git.push', args: { branch: 'main', depth: 1.5 }, code: 'push_requires_approval', reason: 'pushing needs a person' });
    expect(call).toMatchObject({ outcome: 'pending', code: 'tool_requires_approval' });
    expect(await gateway.request(cancelInstance, { teamId, instanceId: instanceId!, by, reason: 'enough' })).toMatchObject({ ok: true, status: 'cancelled' });
    expect(await manager.request(haltMission, { teamId, missionId: goalId, verb: 'pause', reason: '' })).toMatchObject({ ok: true, cancelledInstances: 0 });
    expect(await gateway.request(stopMission, { teamId, missionId: goalId, by, verb: 'cancel', reason: '' })).toMatchObject({ ok: true, cancelledInstances: 1 });
    expect(await bench.brokenAccounts()).toEqual([]);
  });

  it('opens no door to anybody else’s credential', async () => {
    const team = await bench.team();
    const { teamId, asha: by } = team;
    const soon = { timeoutMs: 300 };
    const instanceId = (await bench.manager(team)) as InstanceId;
    const attempts: Promise<unknown>[] = [
      gateway.request(spawnAgent, { teamId, requestId: uuidv7(), instanceId, role: 'worker', justification: 'x' }, soon),
      fleet.request(requestSpawn, { teamId, requestId: uuidv7(), by, role: 'worker', justification: 'x' }, soon),
      fleet.request(decideGateApproval, { teamId, approvalId: uuidv7(), by, decision: 'approve', reason: '' }, soon),
      manager.request(decideGateApproval, { teamId, approvalId: uuidv7(), by, decision: 'approve', reason: '' }, soon),
      manager.request(requestSpawn, { teamId, requestId: uuidv7(), by, role: 'worker', justification: 'x' }, soon),
      fleet.request(stopMission, { teamId, by, verb: 'resume', reason: '' }, soon),
      gateway.request(missionSpawn, { teamId, requestId: uuidv7(), taskId: uuidv7() as never }, soon),
    ];
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.map(({ status }) => status)).toEqual(attempts.map(() => 'rejected'));
    expect(await bench.db.admin(`select 1 from app.instance where team_id = $1`, [teamId])).toHaveLength(1);
  });

  it('reads the shipped policies when it starts', async () => {
    const rows = await bench.db.admin<{ kind: string; id: string }>(`select distinct kind, id from app.policy where source <> 'test' order by 1, 2`);
    expect(rows.map(({ kind, id }) => `${kind}/${id}`)).toEqual([
      'approval-policy/approval-policy', 'certification/certification', 'precedent-seed/GEN-002', 'price-table/price-table', 'spawn-policy/spawn-policy', 'team-policy/team-policy',
      ...['content-bot', 'doc-bot', 'email-bot', 'manager', 'patch-bot', 'seo-bot', 'social-bot', 'test-writer-bot'].map((id) => `template/${id}`), 'way-of-working/helpdesk', 'way-of-working/manager',
    ]);
  });

  it('sends its news to the stream', async () => {
    await until('everything is sent', async () => {
      const [row] = await bench.db.admin<{ waiting: number; sent: number }>(`select count(*) filter (where published_at is null)::int as waiting, count(*) filter (where published_at is not null)::int as sent from app.outbox`);
      return row!.waiting === 0 && row!.sent > 5;
    });
  });

  it('carries a rule’s words and codes to the caller, and lets nobody ask who may not', async () => {
    const team = await bench.team();
    await expect(fleet.request(reserve, { teamId: team.teamId, instanceId: RunId.next() as never, callId: crypto.randomUUID(), amounts: { tokens: 1 } })).rejects.toMatchObject({ code: 'not_found' });
    await expect(fleet.request(reserve, { teamId: team.teamId, instanceId: RunId.next() as never, callId: crypto.randomUUID(), amounts: { coins: 1 } as never })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(gateway.request(spawn, { teamId: team.teamId, taskId: RunId.next() as never, runId: RunId.next(), sandboxLevel: 3 }, { timeoutMs: 300 })).rejects.toBeDefined();
    await expect(fleet.request(moveTeam, { teamId: team.teamId, by: bench.gov, verb: 'suspend', reason: '' }, { timeoutMs: 300 })).rejects.toBeDefined();
    expect((await bench.db.admin(`select state from app.team where team_id = $1`, [team.teamId]))[0]).toEqual({ state: 'active' });
  });
});
