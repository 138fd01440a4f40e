import { after, before, describe, it } from 'node:test';
import { wireId } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, type BenchTeam, type WireEvent } from '../../testing/gate-bench.js';
import { Sweeper } from './sweep.js';

let gate: GateBench;
let team: BenchTeam;
before(async () => {
  gate = await GateBench.open();
  team = await gate.team();
});
after(() => gate.close());

/** What happened meanwhile, the fields of each without the time it carries. */
async function during(work: () => Promise<unknown>): Promise<WireEvent[]> {
  const before = (await gate.wire(team)).length;
  await work();
  return (await gate.wire(team, before)).map(({ type, properties: { timestampMs, ...properties } }) => {
    expect(Math.abs(Date.now() - Number(timestampMs))).toBeLessThan(600_000);
    return { type, properties };
  });
}
const limits = { max_tokens: 20_000, max_steps: 40, max_tool_calls: 0, max_duration_ms: 120_000, max_cost_usd: 0.1 };

describe('the event stream', () => {
  it('tells of a run from request to end, in the original’s fields', async () => {
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    const parentInstanceID = wireId('instance', await gate.manager(team));
    const runId = crypto.randomUUID() as never;
    let instance = '';
    const events = await during(async () => {
      const reply = await gate.spawn(team, taskId, { runId });
      instance = reply.instanceId!;
      const call = crypto.randomUUID();
      await gate.reserve(team, reply.instanceId!, { tokens: 500, usd_micros: 2_000 }, call);
      await gate.settle(team, reply.instanceId!, { tokens: 400, usd_micros: 1_500 }, call);
      await gate.endings.deny({ teamId: team.teamId, instanceId: reply.instanceId!, code: 'path_not_allowed', tool: 'read', reason: 'the path is outside the read scopes of the instance', what: 'read secret' });
      await gate.end(team, reply.instanceId!, { steps: 2 });
    });
    const skillHash = (await gate.instance(instance))!['skill_hash'];
    const runID = wireId('run', runId);
    const request = { sessionID: null, messageID: null, runID, missionID: goalId, instanceID: null, parentInstanceID, source: 'orchestrator_runtime' };
    const ids = { sessionID: wireId('session', instance), messageID: null, runID, missionID: goalId, instanceID: wireId('instance', instance), parentInstanceID };
    expect(events).toEqual([
      { type: 'spawn.requested', properties: { ...request, requestedRole: 'worker', templateID: 'doc-bot', justification: 'Document the exports' } },
      { type: 'spawn.approved', properties: { ...ids, source: 'orchestrator_runtime', requestedRole: 'worker', templateID: 'doc-bot', skillHash } },
      { type: 'instance.started', properties: { ...ids, source: 'orchestrator_runtime', role: 'worker', status: 'running', budgetLimit: limits, skillHash } },
      { type: 'budget.usage', properties: { ...ids, tokensUsed: 400, stepsUsed: 0, toolCallsUsed: 0, costUsedUsd: 0.0015, elapsedMs: expect.any(Number), usageSource: 'provider' } },
      { type: 'capability.denied', properties: { ...ids, tool: 'read', reason: 'the path is outside the read scopes of the instance', code: 'path_not_allowed' } },
      { type: 'instance.completed', properties: { ...ids, role: 'worker', status: 'completed', skillHash, code: 'done' } },
    ]);
  });

  it('says that an instance has started only when a supervisor holds it', async () => {
    let place = '';
    const asked = await during(async () => {
      place = (await gate.requestSpawn(team)).instanceId!;
    });
    expect(asked.map(({ type, properties }) => [type, properties['source']])).toEqual([['spawn.requested', 'ui_action'], ['spawn.approved', 'ui_action']]);
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    const taken = await during(() => gate.spawn(team, taskId));
    expect(taken).toEqual([{ type: 'instance.started', properties: expect.objectContaining({ instanceID: wireId('instance', place), missionID: goalId, status: 'running', budgetLimit: limits }) }]);
  });

  it('says why a spawn was denied, of which no instance exists', async () => {
    const [requested, denied] = await during(() => gate.requestSpawn(team, { role: 'tester', justification: ' ' }));
    expect(requested).toEqual({ type: 'spawn.requested', properties: expect.objectContaining({ requestedRole: 'tester', templateID: null, instanceID: null, sessionID: null, missionID: 'mission-default' }) });
    expect(denied).toEqual({
      type: 'spawn.denied',
      properties: { sessionID: null, messageID: null, runID: null, missionID: 'mission-default', instanceID: null, parentInstanceID: null, source: 'ui_action', requestedRole: 'tester', templateID: null, code: 'spawn_unknown_template', error: 'there is no template for the role tester; a spawn must say what it is for', requiresUserApproval: false },
    });
  });

  it('says what ran out: of an instance, and of a mission as a whole', async () => {
    const one = await gate.worker(team);
    const call = crypto.randomUUID();
    const events = await during(async () => {
      await gate.reserve(team, one.instanceId, { tokens: 20_000 }, call);
      await gate.settle(team, one.instanceId, { tokens: 250_000 }, call);
    });
    expect(events.filter(({ type }) => type.startsWith('budget.exhausted') || type.startsWith('mission'))).toEqual([
      { type: 'mission.budget.exhausted', properties: { sessionID: null, messageID: null, runID: null, missionID: one.goalId, instanceID: null, parentInstanceID: null, exhaustedBy: 'mission_max_tokens', code: 'mission_max_tokens', tokensUsed: 250_000, stepsUsed: 0, toolCallsUsed: 0, costUsedUsd: 0 } },
      { type: 'budget.exhausted', properties: expect.objectContaining({ instanceID: wireId('instance', one.instanceId), tokensUsed: 250_000, exhaustedBy: 'max_tokens', code: 'max_tokens', elapsedMs: expect.any(Number) }) },
    ]);
  });

  it('says of an end how it ended: failed, cancelled with its reason, out of time', async () => {
    const [failed, cancelled, late] = [await gate.worker(team), await gate.worker(team), await gate.worker(team)];
    const sweeper = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
    const events = await during(async () => {
      await gate.end(team, failed.instanceId, {}, 'failed');
      await gate.steering.cancelInstance({ teamId: team.teamId, instanceId: cancelled.instanceId, by: team.asha, reason: 'too slow' });
      await gate.db.admin(`update app.instance set deadline_at = clock_timestamp() where id = $1`, [late.instanceId]);
      await sweeper.sweep();
    });
    expect(events.map(({ type, properties }) => [type, properties['status'] ?? properties['exhaustedBy'], properties['reason'] ?? null])).toEqual([
      ['instance.failed', 'failed', null],
      ['instance.cancelled', 'cancelled', 'too slow'],
      ['budget.exhausted', 'max_duration_ms', null],
      ['instance.cancelled', 'cancelled', 'max_duration_ms'],
    ]);
  });

  it('numbers what happens in one line per team', async () => {
    const rows = await gate.db.admin<{ seq: number }>(`select seq::int as seq from app.agent_event where team_id = $1 order by seq`, [team.teamId]);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  });

  it('wakes the bus once for all that a transaction tells about one instance, with the last of it, and leaves no instance out', async () => {
    const woken = async (): Promise<string[]> => {
      const rows = await gate.db.admin<{ payload: Buffer }>(`select payload from app.outbox where team_id = $1 and subject like '%.agent_team.event' order by seq`, [team.teamId]);
      return rows.map(({ payload }) => JSON.parse(payload.toString()) as { event: string; instanceId: string }).map(({ event, instanceId }) => `${event} ${instanceId}`);
    };
    const before = (await woken()).length;
    const [one, other] = [await gate.worker(team), await gate.worker(team)];
    await gate.end(team, one.instanceId);
    await gate.end(team, other.instanceId, {}, 'failed');
    expect((await woken()).slice(before)).toEqual([`instance.started ${one.instanceId}`, `instance.started ${other.instanceId}`, `instance.completed ${one.instanceId}`, `instance.failed ${other.instanceId}`]);
  });

  it('is written with the change or not at all', async () => {
    const before = await gate.wire(team);
    await gate.under(null, async () => {
      await expect(gate.askTool(team, (await gate.manager(team)))).rejects.toMatchObject({ code: 'spawn_policy_missing' });
    });
    expect(await gate.wire(team)).toHaveLength(before.length);
  });
});
