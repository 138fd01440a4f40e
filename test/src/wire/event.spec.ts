import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@countersign/testing';
import { expect } from 'expect';
import { WireHouse } from './house.js';
import type { Frame, OriginalClient, OriginalStream } from './original-client.js';

const help = { role: 'worker', templateID: 'doc-bot', justification: 'help with it' };
const TIME = expect.any(Number) as unknown;

describe('a client written for the original, at /event and /global/event', { concurrency: 1 }, () => {
  let house: WireHouse;
  let asha: OriginalClient;
  let ben: OriginalClient;
  let ops: OriginalClient;
  let teamId: string;
  let idle: OriginalStream;
  let guardian: OriginalStream;
  let guardianLive: Promise<string>;
  before(async () => {
    house = await WireHouse.open();
    teamId = await house.hire();
    [asha, ben, ops] = await Promise.all([house.as('asha'), house.as('ben'), house.as('ops')]);
    idle = await ben.listen('/event');
    guardian = await (await house.as('guardian')).listen('/global/event');
    const ours = await fetch(`${house.url}/v1/events?types=helpdesk.message`, { headers: { authorization: `Bearer ${await house.token('guardian')}` } });
    guardianLive = ours.text(); // there when the stream has ended
  });
  after(async () => {
    await Promise.all([idle, guardian].map((stream) => stream[Symbol.asyncDispose]()));
    await house[Symbol.asyncDispose]();
  });

  /** An event is told once no older transaction is open: what was said before a test is no news to a stream that it opens. */
  const settled = (): Promise<unknown> =>
    until('everything said so far can be told', async () => (await house.database.admin(`select from app.agent_event where pos >= pg_snapshot_xmin(pg_current_snapshot())`)).length === 0);
  const open = async (client: OriginalClient, path: '/event' | '/global/event' = '/event', lastEventId?: string): Promise<OriginalStream> => {
    await settled();
    const stream = await client.listen(path, lastEventId);
    expect(await stream.next()).toEqual({ id: '', type: 'server.connected', properties: {} });
    return stream;
  };
  const start = async (client: OriginalClient): Promise<string> => String((await client.spawn(help)).body['instanceID']);
  const stop = (client: OriginalClient, id: string) => client.post(`/agent-team/instance/${id}/cancel`, { reason: 'enough' });
  const names = (frames: readonly Frame[]): string[] => frames.map(({ type, properties }) => `${type} ${String(properties['instanceID'])}`);

  it('hears of a spawn and of a stop in the original’s fields, with ids that another connection goes on from', async () => {
    await using stream = await open(asha);
    const id = await start(asha);
    await stop(asha, id);
    const common = { messageID: null, runID: null, missionID: 'mission-default', parentInstanceID: null, timestampMs: TIME };
    const own = { ...common, sessionID: `ses_${id.slice(4)}`, instanceID: id };
    const frames = await stream.take(3);
    expect(frames.map(({ type, properties }) => ({ type, properties }))).toEqual([
      { type: 'agent_team.spawn.requested', properties: { ...common, sessionID: null, instanceID: null, source: 'ui_action', requestedRole: 'worker', templateID: 'doc-bot', justification: help.justification } },
      { type: 'agent_team.spawn.approved', properties: { ...own, source: 'ui_action', requestedRole: 'worker', templateID: 'doc-bot', skillHash: expect.stringMatching(/^sha256:/) } },
      { type: 'agent_team.instance.cancelled', properties: expect.objectContaining({ ...own, role: 'worker', status: 'cancelled', reason: 'enough' }) },
    ]);
    expect(new Set(frames.map(({ id: place }) => place)).size).toBe(3);
  });

  it('hears of a refusal with its code, and of a question and its answer', async () => {
    await using stream = await open(asha);
    await asha.spawn({ ...help, templateID: 'nobody' });
    expect((await stream.take(2)).map(({ type, properties }) => [type, properties['code']])).toEqual([['agent_team.spawn.requested', undefined], ['agent_team.spawn.denied', 'spawn_unknown_template']]);
    const parent = await start(asha);
    const { body } = await asha.spawn({ ...help, parentInstanceID: parent });
    const approvalID = body['approvalID'];
    await (await house.as('gov')).post(`/agent-team/approvals/spawn/${String(approvalID)}/deny`, { reason: 'no' });
    const frames = await stream.take(7);
    expect(frames.map(({ type, properties }) => [type.replace('agent_team.', ''), properties['code'] ?? null, properties['approvalID'] ?? null]).slice(2)).toEqual([
      ['spawn.requested', null, null],
      ['approval.requested', 'spawn_requires_approval', approvalID],
      ['spawn.denied', 'spawn_requires_approval', null],
      ['approval.decided', 'spawn_approval_denied', approvalID],
      ['spawn.denied', 'spawn_approval_denied', approvalID],
    ]);
    await stop(asha, parent);
  });

  it('hears of missions', async () => {
    await using stream = await open(asha);
    const { body } = await asha.post('/mission', { title: 'Ship', goal: 'Ship it', work_items: [{ title: 'By hand' }] });
    const { mission_id } = body['mission'] as { mission_id: string };
    await asha.post(`/mission/${mission_id}/event`, { event: { type: 'mission_started', mission_id } });
    expect((await stream.take(2)).map(({ type, properties }) => ({ type, properties }))).toEqual([
      { type: 'mission.created', properties: { missionID: mission_id, revision: 1, status: 'draft', commandCount: 0, workItemCount: 1 } },
      { type: 'mission.updated', properties: { missionID: mission_id, revision: 2, status: 'running', commandCount: expect.any(Number) } },
    ]);
  });

  it('tells staff of a mission without a word that was posted to it', async () => {
    await using hers = await open(asha);
    await using theirs = await open(await house.as('ops', { 'x-countersign-team': teamId }));
    const secret = 'secret-in-output';
    const { body } = await asha.post('/mission', { title: 'Ship', goal: 'Ship it', work_items: [{ title: 'By hand' }] });
    const { mission_id, work_items } = body['mission'] as { mission_id: string; work_items: { work_item_id: string }[] };
    const post = async (type: string, more: object = {}, by = asha) => expect(await by.post(`/mission/${mission_id}/event`, { event: { type, mission_id, work_item_id: work_items[0]!.work_item_id, ...more } })).toMatchObject({ status: 200 });
    await post('mission_started');
    await post('run_finished', { run_id: `${secret}-0`, status: secret }, ops);
    await post('run_finished', { run_id: secret, status: 'ok' }, ops); // whoever reports the work does not approve it
    for (const approval_id of [`${secret}-1`, `${secret}-2`]) await post('approval_granted', { approval_id });
    const [told, shown] = [await hers.take(9), await theirs.take(9)];
    expect(shown.map(({ type }) => type)).toEqual(told.map(({ type }) => type));
    expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['mission.work_item.rework_requested', 'mission.work_item.completed', 'mission.completed']));
    expect([JSON.stringify(told).includes(secret), JSON.stringify(shown).includes(secret)]).toEqual([true, false]);
    const { body: kept } = await (await house.as('ops')).get(`/mission/${mission_id}/events`);
    expect([kept['count'], JSON.stringify(kept).includes(secret)]).toEqual([5, false]);
  });

  it('hears nothing of other customers; staff hear all teams, or the one they name', async () => {
    await using his = await open(ben);
    await using hers = await open(asha, '/global/event');
    await using all = await open(ops, '/global/event');
    await using one = await open(await house.as('ops', { 'x-countersign-team': teamId }));
    const [theirs, ours] = [await start(ben), await start(asha)];
    expect(names(await hers.take(2))[1]).toBe(`agent_team.spawn.approved ${ours}`);
    expect(names(await his.take(2))[1]).toBe(`agent_team.spawn.approved ${theirs}`);
    expect(names(await one.take(2))[1]).toBe(`agent_team.spawn.approved ${ours}`);
    expect(names(await all.take(4)).filter((name) => name.includes('approved'))).toEqual([`agent_team.spawn.approved ${theirs}`, `agent_team.spawn.approved ${ours}`]);
    await Promise.all([stop(ben, theirs), stop(asha, ours)]);
    const { status } = await (await house.as('ben', { 'x-countersign-team': teamId })).get('/event');
    expect(status).toBe(404);
    expect((await (await house.as()).get('/global/event')).status).toBe(401);
  });

  it('goes on where it was, over all teams, without losing or repeating one', async () => {
    const first = await open(ops, '/global/event');
    const before = [await start(asha), await start(ben)];
    const seen = await first.take(3);
    await first[Symbol.asyncDispose]();
    for (const [client, id] of [[asha, before[0]!], [ben, before[1]!]] as const) await stop(client, id);
    await using second = await open(ops, '/global/event', first.lastEventId);
    const marker = await start(asha);
    const rest: Frame[] = [];
    while (rest.at(-1)?.properties['instanceID'] !== marker) rest.push((await second.next())!);
    const all = [...seen, ...rest];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(names(all.filter(({ type }) => !type.endsWith('requested')))).toEqual([
      ...before.map((id) => `agent_team.spawn.approved ${id}`), ...before.map((id) => `agent_team.instance.cancelled ${id}`), `agent_team.spawn.approved ${marker}`,
    ]);
    await stop(asha, marker);
  });

  it('is told when it comes with a place that nobody knows, or that is still to come', async () => {
    for (const place of ['7', 'x', `9000000000000000000.${teamId.replaceAll('-', '')}.1`]) {
      await using stream = await open(asha, '/event', place);
      expect(await stream.next()).toMatchObject({ type: 'server.resync' });
      const id = await start(asha);
      expect(names(await stream.take(2))[1]).toBe(`agent_team.spawn.approved ${id}`);
      await stop(asha, id);
    }
  });

  it('feels a pulse; and who may not see any more is let go with it', async () => {
    await house.database.admin(`update app.person set roles = '{}' where login = 'guardian'`);
    expect(await idle.comment()).toBe('heartbeat');
    while ((await guardian.next()) !== undefined);
    expect(await Promise.race([guardianLive, sleep(120_000, 'goes on', { ref: false })])).toContain('heartbeat');
  });
});
