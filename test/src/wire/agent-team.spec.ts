import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { until } from '@countersign/testing';
import { WireHouse } from './house.js';
import type { OriginalClient, Reply } from './original-client.js';
import { typed } from './programs.js';

const INSTANCE = /^ins_[0-9a-f]{32}$/;
const SESSION = /^ses_[0-9a-f]{32}$/;
const HASH = /^sha256:[0-9a-f]{64}$/;
const NOBODYS = 'ins_00000000000070008000000000000001';
const help = { role: 'worker', justification: 'help with it' };

describe("a client written for the original, at /agent-team", { concurrency: 1 }, () => {
  let house: WireHouse;
  let asha: OriginalClient;
  let ben: OriginalClient;
  let gov: OriginalClient;
  let ops: OriginalClient;
  let teamId: string;
  before(async () => {
    house = await WireHouse.open();
    teamId = await house.hire();
    const staff = { 'x-countersign-team': teamId };
    [asha, ben, gov, ops] = await Promise.all([house.as('asha'), house.as('ben'), house.as('gov', staff), house.as('ops', staff)]);
  });
  after(() => house[Symbol.asyncDispose]());

  const started = async (client: OriginalClient, wish: Parameters<OriginalClient['spawn']>[0] = help): Promise<string> => {
    const reply = await client.spawn(wish);
    expect(reply).toMatchObject({ status: 200, body: { ok: true } });
    return String(reply.body['instanceID']);
  };
  /** A worker asks for help by way of a person: only a yes is missing. */
  const asked = async (): Promise<{ parent: string; approvalID: string; reply: Reply }> => {
    const parent = await started(asha);
    const reply = await asha.spawn({ ...help, parentInstanceID: parent });
    return { parent, reply, approvalID: String(reply.body['approvalID']) };
  };
  const toolQuestion = async (instanceID: string): Promise<string> => {
    const digits = instanceID.slice('ins_'.length);
    const [row] = await house.database.admin<{ id: string }>(
      `insert into app.gate_approval (team_id, id, kind, instance_id, requested_by, request, digest, code, reason, epoch, due_at)
       select $1, gen_random_uuid(), 'tool', i.id, 'instance:' || i.id, '{"tool": "git", "args": {"args": ["push"]}, "callId": "c-1"}', sha256(gen_random_uuid()::text::bytea), 'push_requires_approval', 'pushing needs a person', i.epoch, now() + interval '1 hour'
       from app.instance i where i.team_id = $1 and i.id = $2::uuid returning id`, [teamId, digits]);
    return `tool_${row!.id.replaceAll('-', '')}`;
  };
  const rows = async (sql: string): Promise<number> => (await house.database.admin<{ n: number }>(`select count(*)::int as n from ${sql}`))[0]!.n;

  it('POST /agent-team/spawn: gets an agent, with ids, mission, status and skill hash', async () => {
    const { status, body } = await asha.spawn({ ...help, missionID: null, parentInstanceID: null, templateID: 'doc-bot', source: 'ui_action', budget_override: { max_tokens: 1000 } });
    expect(status).toBe(200);
    expect(body).toEqual({ ok: true, missionID: 'mission-default', instanceID: expect.stringMatching(INSTANCE), sessionID: expect.stringMatching(SESSION), runID: null, status: 'queued', skillHash: expect.stringMatching(HASH) });
    expect(String(body['sessionID']).slice(4)).toBe(String(body['instanceID']).slice(4));
    const [instance] = await asha.instances({ status: 'queued' });
    expect(instance).toMatchObject({ instanceID: body['instanceID'], budget: { max_tokens: 1000 } });
  });

  it('POST /agent-team/spawn: is told no by code, as the gate decided, and the refusal is on record', async () => {
    const before = await rows(`app.spawn_decision where not allowed`);
    expect(await asha.spawn({ ...help, justification: ' ' })).toMatchObject({ status: 403, body: { ok: false, code: 'spawn_justification_required', requiresUserApproval: false, error: expect.any(String) } });
    expect(await asha.spawn({ ...help, templateID: 'nobody' })).toMatchObject({ status: 403, body: { ok: false, code: 'spawn_unknown_template' } });
    expect(await asha.spawn({ ...help, templateID: 'manager' })).toMatchObject({ status: 403, body: { ok: false, code: 'spawn_role_mismatch' } });
    expect(await asha.spawn({ ...help, role: 'watcher' })).toMatchObject({ status: 403, body: { ok: false, code: 'spawn_unknown_template' } });
    expect(await rows(`app.spawn_decision where not allowed`)).toBe(before + 4);
  });

  it('POST /agent-team/spawn: takes who asks and how from the credential, whatever the body says', async () => {
    for (const source of ['tool_call', 'orchestrator_runtime']) {
      const id = await started(asha, { ...help, source });
      expect((await asha.get(`/agent-team/instance/${id}`)).body).toMatchObject({ instance: { metadata: { source: 'ui_action', teamID: teamId } } });
      await asha.post(`/agent-team/instance/${id}/cancel`, {});
    }
    const forged = await asha.post('/agent-team/spawn', { ...help, by: { personId: teamId, roles: ['platform_governor'] }, requestedBy: 'service', parent_role: 'orchestrator', teamId: 'x', customerId: teamId });
    expect(forged).toMatchObject({ status: 200, body: { ok: true } });
    expect(await rows(`app.instance where requested_by not like 'person:%' and source = 'ui_action' and member_id is null`)).toBe(0);
    await asha.post(`/agent-team/instance/${String(forged.body['instanceID'])}/cancel`, {});
  });

  it("POST /agent-team/spawn: another customer's agent as parent is as one that does not exist, and no way around the edges", async () => {
    const theirs = await started(ben);
    const [foreign, absent] = [await asha.spawn({ ...help, parentInstanceID: theirs }), await asha.spawn({ ...help, parentInstanceID: NOBODYS })];
    expect(foreign).toMatchObject({ status: 403, body: { ok: false, code: 'spawn_parent_unknown' } });
    expect({ ...foreign.body, requestId: '', decisionID: '' }).toEqual({ ...absent.body, requestId: '', decisionID: '' });
    expect(await asha.spawn({ ...help, parentInstanceID: 'ins_1' })).toMatchObject({ status: 404, body: { code: 'INSTANCE_NOT_FOUND', instanceID: 'ins_1' } });
    await ben.post(`/agent-team/instance/${theirs}/cancel`, {});
  });

  it('POST /agent-team/spawn: hears with 200 and ok: false that a person must say yes, and which question waits', async () => {
    const { reply, parent, approvalID } = await asked();
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ ok: false, missionID: 'mission-default', code: 'spawn_requires_approval', error: expect.any(String), requiresUserApproval: true, approvalID: expect.stringMatching(/^spawn_[0-9a-f]{32}$/) });
    expect((await asha.get('/agent-team/approvals')).body).toEqual({
      count: 1,
      toolApprovals: [],
      spawnApprovals: [{
        approvalID, createdAtMs: expect.any(Number), decisionCode: 'spawn_requires_approval', reason: expect.any(String), teamID: teamId, expiresAtMs: expect.any(Number),
        request: { missionID: 'mission-default', parentInstanceID: parent, source: 'ui_action', role: 'worker', justification: help.justification },
      }],
    });
    expect((await ben.get('/agent-team/approvals')).body).toEqual({ spawnApprovals: [], toolApprovals: [], count: 0 });
    await gov.post(`/agent-team/approvals/spawn/${approvalID}/deny`, {});
    await asha.post(`/agent-team/instance/${parent}/cancel`, {});
  });

  it('POST /agent-team/approvals/spawn/{id}/approve: runs the gate again and names the agent; whoever asked cannot say it', async () => {
    const { parent, approvalID } = await asked();
    const path = `/agent-team/approvals/spawn/${approvalID}/approve`;
    expect(await asha.post(path, {})).toMatchObject({ status: 403, body: { ok: false, code: 'REQUESTER_MAY_NOT_DECIDE', approvalID } });
    for (const stranger of [await ben.post(path, {}), await ben.post('/agent-team/approvals/spawn/spawn_1/approve', {})]) expect(stranger).toMatchObject({ status: 404, body: { ok: false, code: 'APPROVAL_NOT_FOUND' } });
    const given = await gov.post(path, { reason: 'go on' });
    expect(given.status).toBe(200);
    expect(given.body).toEqual({ ok: true, approvalID, decision: 'approved', instanceID: expect.stringMatching(INSTANCE), sessionID: expect.stringMatching(SESSION), missionID: 'mission-default', status: 'queued' });
    expect((await asha.instances({ parentInstanceID: parent })).map(({ instanceID }) => instanceID)).toEqual([given.body['instanceID']]);
    expect((await gov.post(path, {})).body).toMatchObject({ ok: true, instanceID: given.body['instanceID'] });
    expect(await asha.instances({ parentInstanceID: parent })).toHaveLength(1);
    await asha.post(`/agent-team/instance/${parent}/cancel`, {});
  });

  it('POST /agent-team/approvals/spawn/{id}/approve and deny: are refused while the mission is paused, and the question waits for its end', async () => {
    const { parent, approvalID } = await asked();
    await asha.post(`/agent-team/mission/mission-default/pause`, {});
    for (const word of ['approve', 'deny']) expect(await gov.post(`/agent-team/approvals/spawn/${approvalID}/${word}`, {})).toMatchObject({ status: 409, body: { ok: false, code: 'MISSION_PAUSED', approvalID } });
    await asha.post(`/agent-team/mission/mission-default/resume`, {});
    expect(await asha.instances({ parentInstanceID: parent })).toEqual([]);
    expect(await gov.post(`/agent-team/approvals/spawn/${approvalID}/approve`, {})).toMatchObject({ status: 200, body: { ok: true, approvalID } });
    await asha.post(`/agent-team/instance/${parent}/cancel`, {});
  });

  it('POST /agent-team/approvals/spawn/{id}/deny: ends the question, once', async () => {
    const { parent, approvalID } = await asked();
    expect(await ops.post(`/agent-team/approvals/spawn/${approvalID}/deny`, {})).toMatchObject({ status: 403, body: { ok: false, code: 'FORBIDDEN' } });
    const denied = await gov.post(`/agent-team/approvals/spawn/${approvalID}/deny`, { reason: 'too many' });
    expect(denied).toEqual({ status: 200, body: { ok: true, approvalID, decision: 'denied', reason: 'too many' } });
    expect(await gov.post(`/agent-team/approvals/spawn/${approvalID}/approve`, {})).toMatchObject({ status: 409, body: { ok: false, code: 'ALREADY_DECIDED' } });
    expect((await asha.get('/agent-team/approvals')).body).toMatchObject({ count: 0 });
    await asha.post(`/agent-team/instance/${parent}/cancel`, {});
  });

  it('POST /agent-team/approvals/tool/{id}/approve and deny: the same queue holds tool calls, and a spawn is not answered as one', async () => {
    const instanceID = await started(asha);
    const [first, second] = [await toolQuestion(instanceID), await toolQuestion(instanceID)];
    const { body } = await asha.get('/agent-team/approvals');
    expect(body).toMatchObject({ count: 2, spawnApprovals: [] });
    expect((body['toolApprovals'] as object[])[0]).toMatchObject({ approvalID: first, sessionID: `ses_${instanceID.slice(4)}`, toolCallID: 'c-1', tool: 'git', args: { args: ['push'] }, status: 'pending' });
    expect(await asha.post(`/agent-team/approvals/spawn/${first.replace('tool', 'spawn')}/approve`, {})).toMatchObject({ status: 404, body: { code: 'APPROVAL_NOT_FOUND' } });
    expect(await ben.post(`/agent-team/approvals/tool/${first}/approve`, {})).toMatchObject({ status: 404, body: { code: 'APPROVAL_NOT_FOUND', approvalID: first } });
    expect(await asha.post(`/agent-team/approvals/tool/${first}/approve`, {})).toEqual({ status: 200, body: { ok: true, approvalID: first, decision: 'approved' } });
    expect(await asha.post(`/agent-team/approvals/tool/${second}/deny`, { reason: 'no' })).toEqual({ status: 200, body: { ok: true, approvalID: second, decision: 'denied', reason: 'no' } });
    expect(await rows(`app.gate_approval where kind = 'tool' and decided_by is not null`)).toBe(2);
    await asha.post(`/agent-team/instance/${instanceID}/cancel`, {});
  });

  it('POST /agent-team/approvals/budget/{id}/approve and deny: what a used-up budget would get is shown, and a yes grants it', async () => {
    const instanceID = await started(asha);
    const ask = async (): Promise<string> => {
      const [row] = await house.database.admin<{ id: string }>(
        `insert into app.gate_approval (team_id, id, kind, instance_id, requested_by, request, digest, code, reason, epoch, due_at)
         select $1, gen_random_uuid(), 'budget', i.id, 'instance:' || i.id, jsonb_build_object('accountId', i.id, 'account', 'instance', 'granted', '{"tokens": 20000}'::jsonb, 'amounts', '{"tokens": 500}'::jsonb), sha256(gen_random_uuid()::text::bytea), 'budget_exhausted', 'the instance has used up its tokens', i.epoch, now() + interval '1 hour'
         from app.instance i where i.team_id = $1 and i.id = $2::uuid returning id`, [teamId, instanceID.slice('ins_'.length)]);
      return `budget_${row!.id.replaceAll('-', '')}`;
    };
    const [first, second] = [await ask(), await ask()];
    const granted = (): Promise<{ granted: number }[]> => house.database.admin(`select granted::int from app.budget where account_id = $1::uuid and unit = 'tokens'`, [instanceID.slice(4)]);
    const [before] = await granted();
    const { body } = await asha.get('/agent-team/approvals');
    expect(body).toMatchObject({ count: 2, budgetApprovals: [{ approvalID: first, missionID: 'mission-default', instanceID, account: 'instance', granted: { max_tokens: 20_000 }, more: { max_tokens: 500 }, code: 'budget_exhausted', teamID: teamId }, { approvalID: second }] });
    expect(await ops.post(`/agent-team/approvals/budget/${first}/approve`, {})).toMatchObject({ status: 403 });
    expect(await ben.post(`/agent-team/approvals/budget/${first}/approve`, {})).toMatchObject({ status: 404, body: { code: 'APPROVAL_NOT_FOUND' } });
    expect(await asha.post(`/agent-team/approvals/budget/${first}/approve`, {})).toEqual({ status: 200, body: { ok: true, approvalID: first, decision: 'approved' } });
    expect(await asha.post(`/agent-team/approvals/budget/${second}/deny`, { reason: 'no' })).toEqual({ status: 200, body: { ok: true, approvalID: second, decision: 'denied', reason: 'no' } });
    expect(await granted()).toEqual([{ granted: before!.granted + 500 }]);
    await asha.post(`/agent-team/instance/${instanceID}/cancel`, {});
  });

  it('GET /agent-team/instances: whole agents, by mission, parent and status, of the own customer only', async () => {
    const instanceID = await started(asha, { ...help, templateID: 'doc-bot' });
    await house.database.admin(`update app.budget set spent = 7 where account_id = $1::uuid and unit in ('tokens', 'steps')`, [instanceID.slice(4)]);
    const [instance] = await asha.instances();
    expect(instance).toEqual({
      instanceID, missionID: 'mission-default', role: 'worker', templateID: 'doc-bot', sessionID: `ses_${instanceID.slice(4)}`, status: 'queued', skillHash: expect.stringMatching(HASH),
      budget: { max_tokens: expect.any(Number), max_steps: expect.any(Number), max_tool_calls: expect.any(Number), max_duration_ms: expect.any(Number), max_cost_usd: expect.any(Number) },
      capabilities: expect.objectContaining({ tool_allowlist: expect.any(Array), fs_scopes: expect.any(Object), git_caps: expect.any(Object) }),
      metadata: {
        source: 'ui_action', justification: help.justification, teamID: teamId, startedAtMs: expect.any(Number), deadlineAtMs: expect.any(Number),
        budgetUsage: { tokensUsed: 7, stepsUsed: 7, toolCallsUsed: 0, costUsedUsd: 0, elapsedMs: 0 },
      },
    });
    const waiting = await asha.instances({ missionID: 'mission-default', status: 'queued' });
    expect(waiting[0]).toMatchObject({ instanceID });
    expect(new Set(waiting.map(({ missionID, status }) => `${String(missionID)} ${String(status)}`))).toEqual(new Set(['mission-default queued']));
    for (const nothing of [{ status: 'running', missionID: 'mission-default' }, { missionID: 'm-1' }, { parentInstanceID: NOBODYS }, { parentInstanceID: 'x' }] as Record<string, string>[]) expect(await asha.instances(nothing)).toEqual([]);
    expect((await ben.instances()).map((one) => one['instanceID'])).not.toContain(instanceID);
    expect(await ben.instances({ team: teamId })).toBeUndefined();
    expect((await (await house.as('ops')).instances()).map((one) => (one['metadata'] as { teamID: string }).teamID)).toEqual(expect.arrayContaining([teamId]));
    expect(await asha.get('/agent-team/instances?status=sleeping')).toMatchObject({ status: 422, body: { ok: false, code: 'INVALID_INPUT' } });
  });

  it('POST /agent-team/instance/{id}/cancel: ends an agent; a stranger cannot, a second time changes nothing, the manager stays', async () => {
    const instanceID = await started(asha);
    const path = `/agent-team/instance/${instanceID}/cancel`;
    const [foreign, absent] = [await ben.post(path, {}), await ben.post(`/agent-team/instance/${NOBODYS}/cancel`, {})];
    expect(foreign).toMatchObject({ status: 404, body: { ok: false, code: 'INSTANCE_NOT_FOUND', error: 'Agent instance not found', instanceID } });
    expect({ ...foreign.body, instanceID: '', requestId: '' }).toEqual({ ...absent.body, instanceID: '', requestId: '' });
    for (const persona of ['genesis', 'architect', 'guardian', undefined]) expect((await (await house.as(persona)).post(path, {})).status).toBe(persona === undefined ? 401 : 403);
    const stopped = { status: 200, body: { ok: true, instanceID, sessionID: `ses_${instanceID.slice(4)}`, status: 'cancelled' } };
    expect(await ops.post(path, { reason: 'enough' })).toEqual(stopped);
    expect(await asha.post(path, {})).toEqual(stopped);
    expect((await asha.get(`/agent-team/instance/${instanceID}`)).body).toMatchObject({ instance: { status: 'cancelled', metadata: { endReason: 'cancelled_by_person', endedAtMs: expect.any(Number) } } });
    const manager = (await asha.instances({ status: 'running' }))[0]!;
    expect(await asha.post(`/agent-team/instance/${String(manager['instanceID'])}/cancel`, {})).toMatchObject({ status: 409, body: { ok: false, code: 'MANAGER_NOT_CANCELLABLE' } });
  });

  it('GET /agent-team/missions and POST /agent-team/mission/{id}/cancel: counts, and a stop that counts what it ended', async () => {
    await started(asha);
    const mission = async () => ((await asha.get('/agent-team/missions')).body['missions'] as Record<string, unknown>[]).find((one) => one['missionID'] === 'mission-default')!;
    const open = await mission();
    expect(Object.keys(open).sort()).toEqual(['cancelledCount', 'completedCount', 'costUsedUsdTotal', 'failedCount', 'instanceCount', 'missionID', 'queuedCount', 'runningCount', 'stepsUsedTotal', 'teamID', 'tokenUsedTotal', 'toolCallsUsedTotal']);
    const queued = open['queuedCount'] as number;
    expect(queued).toBeGreaterThan(0);
    expect(await asha.post('/agent-team/mission/mission-default/cancel', { reason: 'stop' })).toEqual({ status: 200, body: { ok: true, missionID: 'mission-default', cancelledInstances: queued } });
    expect(await mission()).toMatchObject({ queuedCount: 0, runningCount: 0, instanceCount: open['instanceCount'] });
    expect(await asha.spawn(help)).toMatchObject({ status: 403, body: { ok: false, code: 'mission_cancelled' } });
    expect(await asha.post('/agent-team/mission/mission-default/cancel', {})).toMatchObject({ status: 200, body: { cancelledInstances: 0 } });
    expect(await asha.post('/agent-team/mission/mission-default/resume', {})).toMatchObject({ status: 200, body: { ok: true, status: 'running' } });
    await asha.post(`/agent-team/instance/${await started(asha)}/cancel`, {});
    for (const id of ['mission-1', teamId]) expect(await asha.post(`/agent-team/mission/${id}/cancel`, {})).toMatchObject({ status: 404, body: { ok: false, code: 'MISSION_NOT_FOUND', missionID: id } });
  });

  it("GET /agent-team/templates: what is in force, in the original's format", async () => {
    const { body } = await asha.get('/agent-team/templates');
    expect(body).toMatchObject({ count: 8 });
    expect((body['templates'] as Record<string, unknown>[]).find(({ templateID }) => templateID === 'doc-bot')).toMatchObject({ role: 'worker', default_budget: { max_tokens: 20000 }, capabilities: { fs_scopes: { read: ['.'] } } });
    expect((await asha.get('/agent-team/templates/manager')).body).toMatchObject({ template: { templateID: 'manager', role: 'orchestrator' } });
    expect(await asha.get('/agent-team/templates/none')).toMatchObject({ status: 404, body: { ok: false, code: 'TEMPLATE_NOT_FOUND', templateID: 'none' } });
  });

  it('refuses wrong types and bodies that are too large in the same shape, and starts nothing', async () => {
    const before = await rows('app.instance');
    for (const body of [{}, { ...help, role: 'king' }, { ...help, role: 7 }, { ...help, justification: 7 }, { ...help, justification: undefined }, { ...help, budget_override: { max_tokens: -1 } }, { ...help, budget_override: { max_cost_usd: '1' } }, { ...help, budget_override: [] }, { ...help, missionID: {} }, [], 'x', null]) {
      expect(await asha.post('/agent-team/spawn', body)).toMatchObject({ status: 422, body: { ok: false, code: 'INVALID_INPUT', error: expect.any(String) } });
    }
    expect(await asha.postRaw('/agent-team/spawn', '{')).toMatchObject({ status: 400, body: { ok: false, code: 'INVALID_JSON' } });
    expect(await asha.postRaw('/agent-team/spawn', JSON.stringify({ ...help, justification: 'x'.repeat(1024 * 1024) }))).toMatchObject({ status: 413, body: { ok: false, code: 'BODY_TOO_LARGE' } });
    expect(await asha.postRaw('/agent-team/spawn', 'role=worker', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({ status: 415, body: { ok: false } });
    expect(await asha.get('/agent-team/nothing')).toMatchObject({ status: 404, body: { ok: false, code: 'NOT_FOUND' } });
    expect(await rows('app.instance')).toBe(before);
  });

  it('does the same request under the same key once, and each request without one anew', async () => {
    const key = { 'idempotency-key': 'spawn-1' };
    const [first, again] = await Promise.all([asha.post('/agent-team/spawn', help, key), asha.post('/agent-team/spawn', help, key)]);
    expect(again.body).toEqual(first.body);
    expect(await asha.post('/agent-team/spawn', { ...help, justification: 'other' }, key)).toMatchObject({ status: 422, body: { ok: false, code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect((await asha.spawn(help)).body['instanceID']).not.toBe(first.body['instanceID']);
    await asha.post('/agent-team/mission/mission-default/cancel', {});
    await asha.post('/agent-team/mission/mission-default/resume', {});
  });

  it('GET /v1/denials: what was refused, spawns and what agents tried, page by page, of the own customer only', async () => {
    const instanceID = await started(asha);
    await house.database.admin(`insert into app.capability_denial (team_id, id, instance_id, code, tool, reason, what) values ($1, gen_random_uuid(), $2::uuid, 'host_not_allowed', 'webfetch', 'no entry covers it', 'GET example.test')`, [teamId, instanceID.slice('ins_'.length)]);
    expect(await asha.spawn({ ...help, templateID: 'nobody' })).toMatchObject({ status: 403 });
    const seen: Record<string, unknown>[] = [];
    for (let cursor = ''; seen.length < 3; ) {
      const { body } = await asha.get(`/v1/denials?limit=1${cursor}`);
      seen.push(...(body['items'] as Record<string, unknown>[]));
      cursor = `&cursor=${String(body['nextCursor'])}`;
    }
    expect(seen.slice(0, 2)).toEqual([
      { id: expect.any(String), teamId, kind: 'spawn', code: 'spawn_unknown_template', reason: expect.any(String), what: 'worker, nobody', agent: null, at: expect.stringMatching(/Z$/) },
      { id: expect.any(String), teamId, kind: 'capability', code: 'host_not_allowed', reason: 'no entry covers it', what: 'webfetch: GET example.test', agent: instanceID, at: expect.stringMatching(/Z$/) },
    ]);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3);
    const codes = async (client: OriginalClient, query = '') => ((await client.get(`/v1/denials?limit=100${query}`)).body['items'] as { code: string; teamId: string }[]);
    expect((await codes(ben)).filter((one) => one.teamId === teamId)).toEqual([]);
    expect((await codes(ops, `&team=${teamId}`)).map(({ code }) => code)).toEqual(expect.arrayContaining(['host_not_allowed', 'spawn_justification_required']));
    expect((await codes(asha)).map(({ code }) => code)).not.toContain('spawn_requires_approval');
    expect((await ben.get(`/v1/denials?team=${teamId}`)).status).toBe(404);
    expect((await asha.get('/v1/denials?cursor=7')).status).toBe(422);
    await asha.post(`/agent-team/instance/${instanceID}/cancel`, {});
  });

  it('serves the command line: agents, questions and answers, with its exit codes', async () => {
    const as = (persona: string, ...args: string[]): ReturnType<typeof typed> => typed(house, persona, ...args);
    const spawned = await as('asha', 'agent', 'spawn', '--role', 'worker', '--template', 'doc-bot', '--justification', 'by hand');
    expect(spawned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ins_[0-9a-f]{32}\tqueued$/) });
    const [parent = ''] = spawned.stdout.split('\t');
    const listed = (await as('asha', 'agent', 'list', '--status', 'queued')).stdout.split('\n').map((line) => line.split('\t'));
    expect(listed.find(([id]) => id === parent)).toEqual([parent, 'worker', 'doc-bot', 'queued', 'mission-default', 'a person', '$0.00', '0', 'by hand']);
    const asking = await as('asha', 'agent', 'spawn', '--role', 'worker', '--justification', 'more', '--parent', parent);
    expect(asking).toMatchObject({ code: 3, stdout: expect.stringMatching(/^spawn_[0-9a-f]{32}\tspawn_requires_approval$/) });
    const [question = ''] = asking.stdout.split('\t');
    expect((await as('asha', 'agent', 'questions')).stdout).toMatch(new RegExp(`^${question}\\t[^\\t]+\\tstart a worker: more\\t`, 'm'));
    expect(await as('asha', 'agent', 'approve', question)).toMatchObject({ code: 3, stderr: expect.stringContaining('REQUESTER_MAY_NOT_DECIDE') });
    expect(await as('gov', 'agent', 'approve', question, '--reason', 'go on')).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^${question}\\tapproved\\tins_`)) });
    expect(await as('ben', 'agent', 'cancel', parent)).toMatchObject({ code: 4, stderr: expect.stringContaining('INSTANCE_NOT_FOUND') });
    expect(await as('asha', 'agent', 'cancel', parent)).toMatchObject({ code: 0, stdout: `${parent}\tcancelled` });
    expect(await as('asha', 'agent', 'deny', 'nonsense')).toMatchObject({ code: 2 });
    const endAll = async (): Promise<void> => {
      for (const { instanceID } of await asha.instances({ status: 'queued' })) await asha.post(`/agent-team/instance/${String(instanceID)}/cancel`, {});
    };
    await endAll();
    const [fanned, short] = [await as('asha', 'agent', 'fanout', '2', '--team', teamId), await as('asha', 'agent', 'fanout', '9', '--team', teamId)];
    const [granted, kept] = [fanned, short].map(({ stdout }) => stdout.split('\n').map((line) => line.split('\t'))) as [string[][], string[][]];
    expect([fanned.code, granted.map(([, , template, how]) => [template, how])]).toEqual([0, [['doc-bot', 'granted'], ['test-writer-bot', 'granted']]]);
    expect([short.code, kept.map(([id, , , how]) => [id, how]).slice(0, 3)]).toEqual([3, [...granted.map(([id]) => [id, 'kept']), [expect.any(String), 'granted']]]);
    expect(short.stderr).toMatch(/5 of 9 places are ready; they stay\. Refused:\n {4}\S+ {2}spawn_max_concurrent_exceeded[^\n]*policy explain/);
    await endAll();
  });

  it('needs to hear which team is meant where there is more than one', async () => {
    const second = await house.hire();
    const answer = await asha.spawn(help);
    expect(answer).toMatchObject({ status: 409, body: { ok: false, code: 'TEAM_REQUIRED' } });
    expect((answer.body['teams'] as { id: string }[]).map(({ id }) => id).sort()).toEqual([teamId, second].sort());
    const named = await house.as('asha', { 'x-countersign-team': second });
    const instanceID = await started(named);
    expect((await named.instances({ missionID: 'mission-default' })).map((one) => one['instanceID'])).toEqual([instanceID]);
    expect(await started(asha, { ...help, parentInstanceID: null, missionID: await goalOf(teamId) })).toMatch(INSTANCE);
    expect((await house.as('ben', { 'x-countersign-team': second }).then((stranger) => stranger.spawn(help))).status).toBe(404);
  });

  /** A mission at work, as the manager would have left it. */
  const goalOf = async (team: string): Promise<string> => {
    const [row] = await house.database.admin<{ id: string }>(`insert into app.goal (team_id, id, text, origin, state, submitted_by, running_since) select $1, gen_random_uuid(), 'Look after it', 'mission', 'running', p.id, now() from app.person p where p.login = 'asha' returning id`, [team]);
    return row!.id;
  };

  it('sees a goal as a mission of the same id', async () => {
    const goal = (await house.database.admin<{ id: string }>(`select id from app.goal where team_id = $1`, [teamId]))[0]!.id;
    expect((await asha.instances({ missionID: goal })).map((one) => one['missionID'])).toEqual([goal]);
    const [foreign, absent] = [await ben.spawn({ ...help, missionID: goal }), await ben.spawn({ ...help, missionID: teamId })];
    expect(foreign).toMatchObject({ status: 404, body: { ok: false, code: 'MISSION_NOT_FOUND', missionID: goal } });
    expect({ ...foreign.body, missionID: '', requestId: '' }).toEqual({ ...absent.body, missionID: '', requestId: '' });
    expect(await asha.post(`/agent-team/mission/${goal}/cancel`, {})).toMatchObject({ status: 200, body: { ok: true, cancelledInstances: 1 } });
    await until('the manager follows', async () => (await rows(`app.goal where id = '${goal}' and state = 'cancelled'`)) === 1);
  });
});
