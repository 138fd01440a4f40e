import { after, before, describe, it } from 'node:test';
import { CustomerId, defaultMissionId, GoalId, InstanceId, type SpawnPolicyFile } from '@countersign/contracts';
import { expect } from 'expect';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const helping: SpawnPolicyFile = { max_concurrent: 100, spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator', 'worker'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } };
const cancel = ({ teamId, asha }: BenchTeam, instanceId: InstanceId, by = asha, reason = '') => gate.steering.cancelInstance({ teamId, instanceId, by, reason });
const stateOf = async (id: string): Promise<unknown[]> => {
  const row = await gate.instance(id);
  return [row!['state'], row!['end_reason']];
};

describe('cancelling an instance', () => {
  it('ends it and everything it started, gives all of it back, and says whose will it was', async () => {
    const team = await gate.team();
    const parent = await gate.worker(team);
    const child = await gate.under(helping, () => gate.spawnAgent(team, parent.instanceId));
    const before = (await gate.wire(team)).length;
    expect(await cancel(team, parent.instanceId, gate.ops, 'wrong file')).toMatchObject({ ok: true, code: 'ok', status: 'cancelled' });
    expect([await stateOf(parent.instanceId), await stateOf(child.instanceId!)]).toEqual([['cancelled', 'cancelled_by_person'], ['cancelled', 'cancelled_by_person']]);
    expect(await gate.account(team, parent.goalId)).toMatchObject({ tokens: '200000/0/0' });
    expect((await gate.wire(team, before)).map(({ type, properties }) => [type, properties['reason']])).toEqual([['instance.cancelled', 'cancelled_by_person'], ['instance.cancelled', 'wrong file']]);
    const ended = (await gate.entries(team, 'INSTANCE-ENDED')).at(-1)!;
    expect(ended.body).toMatchObject({ instance_id: parent.instanceId, reason: 'cancelled_by_person' });
    expect(JSON.stringify(ended)).not.toContain('wrong file');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('happens once, and what has ended stays as it ended', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.worker(team);
    const replies = await Promise.all([1, 2].map(() => cancel(team, instanceId)));
    expect(replies.map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    const done = await gate.worker(team);
    await gate.end(team, done.instanceId);
    expect(await cancel(team, done.instanceId)).toMatchObject({ ok: true, code: 'unchanged', status: 'completed' });
    await expect(cancel(team, InstanceId.next())).rejects.toMatchObject({ code: 'not_found' });
    const other = await gate.team();
    await expect(cancel(other, instanceId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is for people with the role, and never for a manager, who ends with the team', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.worker(team);
    for (const by of [gate.genesis, gate.requester(CustomerId.next()), { ...team.asha, roles: [] }]) expect(await cancel(team, instanceId, by)).toMatchObject({ ok: false, code: 'not_permitted' });
    expect(await stateOf(instanceId)).toEqual(['running', null]);
    expect(await cancel(team, await gate.manager(team))).toMatchObject({ ok: false, code: 'manager_not_cancellable', status: 'running' });
  });
});

describe('stopping a mission', () => {
  it('ends what works for it, counts what it ended, and is a state: nothing starts for it again', async () => {
    const team = await gate.team();
    const one = await gate.worker(team);
    await gate.worker(team, one.goalId, 'tests');
    const over = await gate.worker(team, one.goalId);
    await gate.end(team, over.instanceId);
    const place = await gate.requestSpawn(team, { missionId: one.goalId });
    const bystander = await gate.worker(team);
    expect(await gate.stop(team, 'cancel', one.goalId)).toMatchObject({ ok: true, cancelledInstances: 3 });
    expect([await stateOf(one.instanceId), await stateOf(place.instanceId!), await stateOf(over.instanceId), await stateOf(bystander.instanceId)]).toEqual([['cancelled', 'mission_cancelled'], ['cancelled', 'mission_cancelled'], ['completed', 'done'], ['running', null]]);
    expect((await gate.entries(team, 'MISSION-STOPPED'))[0]!.body).toEqual({ mission_id: one.goalId, state: 'cancelled', reason: 'unspecified', instances: '3' });
    expect(await gate.requestSpawn(team, { missionId: one.goalId })).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect(await gate.spawn(team, await gate.task(team, one.goalId))).toMatchObject({ allowed: false, code: 'mission_cancelled' });
    expect(await gate.missionSpawn(team, await gate.task(team, one.goalId))).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect(await gate.stop(team, 'cancel', one.goalId)).toMatchObject({ ok: true, code: 'unchanged', cancelledInstances: 0 });
    expect(await gate.stop(team, 'resume', one.goalId)).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect(await gate.stop(team, 'pause', one.goalId)).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('of the default kind ends every place, leaves the manager, and can be taken up again', async () => {
    const team = await gate.team();
    const places = [await gate.requestSpawn(team), await gate.requestSpawn(team)];
    const worker = await gate.worker(team, undefined, 'patches');
    expect(await gate.stop(team, 'cancel')).toMatchObject({ ok: true, cancelledInstances: 2 });
    for (const { instanceId } of places) expect(await stateOf(instanceId!)).toEqual(['cancelled', 'mission_cancelled']);
    expect([await stateOf(worker.instanceId), await stateOf(await gate.manager(team))]).toEqual([['running', null], ['running', null]]);
    expect(await gate.requestSpawn(team)).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect(await gate.stop(team, 'resume')).toMatchObject({ ok: true });
    expect(await gate.requestSpawn(team)).toMatchObject({ ok: true });
    expect((await gate.account(team, defaultMissionId(team.teamId)))['tokens']).toBe('200000/20000/0');
  });

  it('for a while starts nothing and ends nothing, until it goes on', async () => {
    const team = await gate.team();
    const worker = await gate.worker(team);
    expect(await gate.stop(team, 'pause', worker.goalId)).toMatchObject({ ok: true, cancelledInstances: 0 });
    expect(await stateOf(worker.instanceId)).toEqual(['running', null]);
    expect(await gate.requestSpawn(team, { missionId: worker.goalId })).toMatchObject({ ok: false, code: 'mission_paused' });
    expect(await gate.stop(team, 'pause', worker.goalId)).toMatchObject({ ok: true, code: 'unchanged' });
    expect(await gate.steering.halt({ teamId: team.teamId, missionId: worker.goalId, verb: 'resume', reason: 'go on' })).toMatchObject({ ok: true });
    expect(await gate.requestSpawn(team, { missionId: worker.goalId })).toMatchObject({ ok: true });
    expect((await gate.entries(team)).map(({ action }) => action).filter((action) => action.startsWith('MISSION-'))).toEqual(['MISSION-STOPPED', 'MISSION-RESUMED']);
  });

  it('by its own reducer, or by the goal’s own flag, is the same', async () => {
    const team = await gate.team();
    const { instanceId, goalId } = await gate.worker(team);
    expect(await gate.steering.halt({ teamId: team.teamId, missionId: goalId, verb: 'cancel', reason: 'enough' })).toMatchObject({ ok: true, cancelledInstances: 1 });
    expect(await stateOf(instanceId)).toEqual(['cancelled', 'mission_cancelled']);
    const paused = await gate.goal(team);
    await gate.db.admin(`update app.goal set paused_at = now() where id = $1`, [paused]);
    expect(await gate.requestSpawn(team, { missionId: paused })).toMatchObject({ ok: false, code: 'mission_paused' });
    expect(await gate.requestSpawn(team, { missionId: GoalId.next() })).toMatchObject({ ok: false, code: 'mission_unknown' });
  });

  it('is for people with the role, and for missions that exist', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    expect(await gate.stop(team, 'cancel', goalId, gate.genesis)).toMatchObject({ ok: false, code: 'not_permitted', cancelledInstances: 0 });
    await expect(gate.stop(team, 'cancel', GoalId.next())).rejects.toMatchObject({ code: 'not_found' });
    expect(await gate.db.admin(`select 1 from app.mission_stop where team_id = $1`, [team.teamId])).toEqual([]);
  });
});
