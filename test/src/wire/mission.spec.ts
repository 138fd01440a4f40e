import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { until } from '@countersign/testing';
import { WireHouse } from './house.js';
import type { OriginalClient, Reply } from './original-client.js';

const UUID = /^[0-9a-f-]{36}$/;
interface Mission {
  readonly mission_id: string;
  readonly status: string;
  readonly revision: number;
  readonly work_items: { readonly work_item_id: string; readonly status: string }[];
}

describe('a client written for the original, at /mission', { concurrency: 1 }, () => {
  let house: WireHouse;
  let asha: OriginalClient;
  let ben: OriginalClient;
  let teamId: string;
  before(async () => {
    house = await WireHouse.open();
    teamId = await house.hire();
    [asha, ben] = await Promise.all([house.as('asha'), house.as('ben')]);
  });
  after(() => house[Symbol.asyncDispose]());

  const worker = { work_item_id: 'w-1', title: 'Do work', assigned_agent: 'worker' };
  const missionIn = ({ body }: Reply): Mission => body['mission'] as Mission;
  const made = async (work_items: object[] = [worker]): Promise<string> => missionIn(await asha.post('/mission', { title: 'Ship', goal: 'Ship it', work_items })).mission_id;
  const tell = (id: string, event: object, client = asha): Promise<Reply> => client.post(`/mission/${id}/event`, { event: { mission_id: id, ...event } });

  it('POST /mission: gets a draft with its work items, and ids where it named none', async () => {
    const { status, body } = await asha.post('/mission', { title: 'Ship', goal: 'Ship it', work_items: [{ ...worker, detail: null }, { title: 'Look on', detail: 'closely' }] });
    expect(status).toBe(200);
    expect(body).toEqual({
      mission: {
        mission_id: expect.stringMatching(UUID), status: 'draft', revision: 1, updated_at_ms: expect.any(Number),
        spec: expect.objectContaining({ title: 'Ship', goal: 'Ship it', success_criteria: [], knowledge: expect.any(Object), budgets: {}, capabilities: { allowed_tools: [], allowed_agents: [], allowed_memory_tiers: [] } }),
        work_items: [
          { work_item_id: 'w-1', title: 'Do work', status: 'todo', depends_on: [], assigned_agent: 'worker', artifact_refs: [] },
          { work_item_id: expect.any(String), title: 'Look on', detail: 'closely', status: 'todo', depends_on: [], artifact_refs: [] },
        ],
      },
    });
    expect(missionIn(await asha.post('/mission', { title: 'Bare', goal: 'No items' })).work_items).toEqual([]);
  });

  it('GET /mission and GET /mission/{id}: the same missions, in order, and nobody else’s', async () => {
    const id = await made();
    const { body } = await asha.get('/mission');
    const missions = body['missions'] as Mission[];
    expect(body['count']).toBe(missions.length);
    const ids = missions.map(({ mission_id }) => mission_id);
    expect(ids).toContain(id);
    expect(ids).toEqual([...ids].sort());
    expect(missionIn(await asha.get(`/mission/${id}`))).toEqual(missions.find(({ mission_id }) => mission_id === id));
    expect((await ben.get('/mission')).body).toEqual({ missions: [], count: 0 });
    const [foreign, absent] = [await ben.get(`/mission/${id}`), await ben.get(`/mission/${teamId}`)];
    expect(foreign).toMatchObject({ status: 404, body: { code: 'MISSION_NOT_FOUND', error: 'Mission not found', missionID: id } });
    expect({ ...foreign.body, missionID: '', requestId: '' }).toEqual({ ...absent.body, missionID: '', requestId: '' });
    for (const none of ['x', 'mission-default']) expect(await asha.get(`/mission/${none}`)).toMatchObject({ status: 404, body: { code: 'MISSION_NOT_FOUND', missionID: none } });
    expect(((await (await house.as('ops')).get(`/mission?team=${teamId}`)).body['missions'] as Mission[]).map(({ mission_id }) => mission_id)).toEqual(ids);
  });

  it('POST /mission/{id}/event: started spawns the assigned agents through the gate, and says so per work item', async () => {
    const id = await made([worker, { work_item_id: 'w-2', title: 'Look on', assigned_agent: 'doc-bot' }, { work_item_id: 'w-3', title: 'By hand' }]);
    const { status, body } = await tell(id, { type: 'mission_started' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      mission: { status: 'running', revision: 2 },
      commands: expect.any(Array),
      orchestratorSpawns: [
        { workItemID: 'w-1', agent: 'worker', ok: true, instanceID: expect.stringMatching(/^ins_[0-9a-f]{32}$/), sessionID: expect.stringMatching(/^ses_[0-9a-f]{32}$/), status: 'queued' },
        { workItemID: 'w-2', agent: 'doc-bot', ok: false, code: 'UNSUPPORTED_ASSIGNED_AGENT' },
      ],
      orchestratorCancellations: { triggered: false, cancelledInstances: 0 },
    });
    const [instance] = await asha.instances({ missionID: id });
    expect(instance).toMatchObject({ missionID: id, role: 'worker', metadata: { source: 'orchestrator_runtime', workItemID: 'w-1' } });
    expect((await tell(id, { type: 'mission_started' })).body).toMatchObject({ orchestratorSpawns: [] });
    expect(await asha.instances({ missionID: id })).toHaveLength(1);
    await tell(id, { type: 'mission_canceled', reason: 'enough' });
  });

  it('POST /mission/{id}/event: canceled ends every agent of the mission and lets no other start', async () => {
    const id = await made();
    await tell(id, { type: 'mission_started' });
    expect((await tell(id, { type: 'mission_canceled', reason: 'user stop' })).body).toMatchObject({ mission: { status: 'canceled' }, orchestratorCancellations: { triggered: true, reason: 'user stop', cancelledInstances: 1 } });
    expect((await asha.instances({ missionID: id })).map(({ status }) => status)).toEqual(['cancelled']);
    expect(await asha.spawn({ role: 'worker', justification: 'one more', missionID: id })).toMatchObject({ status: 403, body: { ok: false, code: 'mission_cancelled' } });
  });

  it('POST /mission/{id}/event: the whole way, through both gates, with a customer who did not report the work', async () => {
    const id = await made([{ work_item_id: 'w', title: 'By hand' }]);
    const ops = await house.as('ops');
    await tell(id, { type: 'mission_started' });
    const statusAfter = async (event: object, client?: OriginalClient) => missionIn(await tell(id, { work_item_id: 'w', ...event }, client)).work_items[0]!.status;
    expect(await statusAfter({ type: 'run_started', run_id: 'r-1' }, ops)).toBe('in_progress');
    expect(await statusAfter({ type: 'run_finished', run_id: 'r-1', status: 'success' }, ops)).toBe('review');
    expect(await tell(id, { type: 'approval_granted', work_item_id: 'w', approval_id: 'a' }, ops)).toMatchObject({ status: 403, body: { code: 'NOT_PERMITTED', missionID: id } });
    expect(await statusAfter({ type: 'approval_granted', approval_id: 'a-1' })).toBe('test');
    const done = await tell(id, { type: 'approval_granted', work_item_id: 'w', approval_id: 'a-2' });
    expect(done.body).toMatchObject({ mission: { status: 'succeeded', work_items: [{ status: 'done' }] }, commands: expect.arrayContaining([expect.objectContaining({ type: 'emit_notice', event_type: 'mission.completed' })]) });
    expect(await tell(id, { type: 'run_started', work_item_id: 'w', run_id: 'r-2' })).toMatchObject({ status: 409, body: { code: 'MISSION_OVER', missionID: id } });
    const told = (await asha.get(`/mission/${id}/events`)).body;
    expect((told['events'] as { type: string; changed: boolean }[]).map(({ type }) => type)).toEqual(['mission_started', 'run_started', 'run_finished', 'approval_granted', 'approval_granted']);
    expect(JSON.stringify(told)).not.toContain('person');
    expect((await asha.get(`/mission/${id}/events?after=4`)).body).toMatchObject({ count: 1 });
    expect(await ben.get(`/mission/${id}/events`)).toMatchObject({ status: 404, body: { code: 'MISSION_NOT_FOUND' } });
  });

  it('POST /mission/{id}/event: pause and resume, and a revision that was not the newest', async () => {
    const id = await made([{ title: 'By hand' }]);
    await tell(id, { type: 'mission_started' });
    expect((await tell(id, { type: 'mission_paused', reason: 'lunch' })).body).toMatchObject({ mission: { status: 'paused' } });
    expect(await asha.spawn({ role: 'worker', justification: 'one more', missionID: id })).toMatchObject({ status: 403, body: { code: 'mission_paused' } });
    const stale = await asha.post(`/mission/${id}/event`, { event: { type: 'mission_resumed', mission_id: id }, expected_revision: 1 });
    expect(stale).toMatchObject({ status: 409, body: { code: 'REVISION_CONFLICT', expectedRevision: 1, currentRevision: 3, mission: { mission_id: id, status: 'paused' } } });
    expect((await tell(id, { type: 'mission_resumed' })).body).toMatchObject({ mission: { status: 'running' } });
    expect(await asha.post(`/agent-team/mission/${id}/pause`, {})).toMatchObject({ status: 200, body: { ok: true, status: 'paused' } });
    expect(missionIn(await asha.get(`/mission/${id}`)).status).toBe('paused');
    expect(await asha.post(`/agent-team/mission/${id}/resume`, {})).toMatchObject({ status: 200, body: { ok: true, status: 'running' } });
  });

  it('is refused an event about another mission, of another customer, of no known kind, or without what its kind needs', async () => {
    const [id, other] = [await made(), await made()];
    expect(await asha.post(`/mission/${id}/event`, { event: { type: 'mission_started', mission_id: other } })).toMatchObject({ status: 400, body: { code: 'MISSION_EVENT_MISMATCH', missionID: id } });
    expect(await tell(id, { type: 'mission_started' }, ben)).toMatchObject({ status: 404, body: { code: 'MISSION_NOT_FOUND', missionID: id } });
    for (const event of [{ type: 'mission_exploded' }, {}, { type: 'mission_started', mission_id: 7 }, { type: 'run_started', work_item_id: {}, run_id: 'r' }]) expect(await tell(id, event)).toMatchObject({ status: 422, body: { ok: false, code: 'INVALID_INPUT' } });
    for (const body of [{}, { event: [] }, { event: 'x' }, []]) expect((await asha.post(`/mission/${id}/event`, body)).status).toBe(422);
    expect(await tell(id, { type: 'run_started', work_item_id: 'w-1' })).toMatchObject({ status: 400, body: { code: 'MISSION_EVENT_INVALID' } });
    expect(await tell(id, { type: 'run_finished', work_item_id: 'nobody', run_id: 'r', status: 'ok' })).toMatchObject({ status: 404, body: { code: 'WORK_ITEM_NOT_FOUND' } });
    expect(missionIn(await asha.get(`/mission/${id}`))).toMatchObject({ status: 'draft', revision: 1 });
    for (const persona of ['ops', 'genesis']) expect(await (await house.as(persona, { 'x-countersign-team': teamId })).post('/mission', { title: 't', goal: 'g' })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await (await house.as()).post('/mission', { title: 't', goal: 'g' })).status).toBe(401);
    for (const [work_items, code] of [[[worker, worker], 'WORK_ITEM_DUPLICATE'], [[{ ...worker, depends_on: ['x'] }], 'WORK_ITEM_UNKNOWN_DEPENDENCY']] as const) expect(await asha.post('/mission', { title: 't', goal: 'g', work_items })).toMatchObject({ status: 422, body: { code } });
    for (const body of [{}, { title: 7, goal: 'g' }, { title: 't', goal: 'g', work_items: {} }, { title: 't', goal: 'g', work_items: [{ title: {} }] }]) expect(await asha.post('/mission', body)).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } });
    expect(await asha.postRaw('/mission', JSON.stringify({ title: 't', goal: 'x'.repeat(1024 * 1024) }))).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
  });

  it('repeats a request under its key without doing it twice', async () => {
    const key = { 'idempotency-key': 'm-1' };
    const [first, again] = [await asha.post('/mission', { title: 'Once', goal: 'g', work_items: [worker] }, key), await asha.post('/mission', { title: 'Once', goal: 'g', work_items: [worker] }, key)];
    expect(again.body).toEqual(first.body);
    const id = missionIn(first).mission_id;
    const start = { event: { type: 'mission_started', mission_id: id } };
    const answers = await Promise.all([1, 2].map(() => asha.post(`/mission/${id}/event`, start, key)));
    expect(answers[1]!.body).toEqual(answers[0]!.body);
    expect(answers[0]!.body).toMatchObject({ orchestratorSpawns: [{ ok: true }] });
    expect(await asha.post(`/mission/${id}/event`, { event: { type: 'mission_canceled', mission_id: id, reason: 'x' } }, key)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await asha.instances({ missionID: id })).toHaveLength(1);
  });

  it('POST /agent-team/mission/{id}/cancel: a stop at the gate is the mission’s end as well', async () => {
    const id = await made();
    await tell(id, { type: 'mission_started' });
    expect(await asha.post(`/agent-team/mission/${id}/cancel`, {})).toMatchObject({ status: 200, body: { ok: true, missionID: id, cancelledInstances: 1 } });
    await until('the mission says so', async () => missionIn(await asha.get(`/mission/${id}`)).status === 'canceled');
  });
});
