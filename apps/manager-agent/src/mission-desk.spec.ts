import { auditor, serviceKey } from '@countersign/audit';
import { CustomerId, GoalId, PersonId, PLATFORM_CHAIN, wireId, type CreateMission, type MissionReply, type NewWorkItem, type PostMissionEvent, type Requester } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { GoalDesk } from './goal-desk.js';
import type { MissionDesk } from './mission-desk.js';
import type { MissionSweep } from './mission-sweep.js';
import { missionDesk } from './testing/mission-desk.js';
import type { ScriptedGate } from './testing/scripted-gate.js';
import { CareTeam } from './testing/team.js';

const audit = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 0x42)) });
type Bare = Omit<PostMissionEvent['event'], 'mission_id'>;

describe('a mission, from rows', () => {
  let database: TestDatabase;
  let asManager: Database;
  let desk: MissionDesk;
  let sweep: MissionSweep;
  let gate: ScriptedGate;
  let team: CareTeam;
  let keys = 0;
  before(async () => {
    database = await testDatabase();
    asManager = database.as('manager-agent');
  });
  after(() => database.close());
  beforeEach(async () => {
    team = await CareTeam.hire(database);
    ({ desk, sweep, gate } = missionDesk(database, asManager, audit));
  });

  const governor = (): Requester => team.mission([]).by;
  const operator = (): Requester => ({ personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['operator'] });
  const made = async (items: NewWorkItem[], over: Partial<CreateMission['mission']> = {}): Promise<GoalId> => {
    const request = team.mission(items, over);
    expect(await desk.create(request)).toMatchObject({ ok: true, code: 'ok' });
    return request.missionId;
  };
  const post = (missionId: GoalId, event: Bare, over: Partial<PostMissionEvent> = {}): Promise<MissionReply> =>
    desk.post({ teamId: team.seeded.teamId, missionId, by: governor(), eventKey: `k-${++keys}`, event: { ...event, mission_id: missionId }, ...over });
  const taken = async (missionId: GoalId, event: Bare, over: Partial<PostMissionEvent> = {}): Promise<MissionReply> => {
    const reply = await post(missionId, event, over);
    expect(reply).toMatchObject({ ok: true, code: 'ok' });
    return reply;
  };
  const start = (missionId: GoalId): Promise<MissionReply> => taken(missionId, { type: 'mission_started' });
  const statuses = (reply: MissionReply): string[] => reply.mission!.work_items.map(({ status }) => status);
  const row = async (id: GoalId): Promise<Record<string, unknown>> => (await database.admin<Record<string, unknown>>(`select * from app.goal where team_id = $1 and id = $2`, [team.seeded.teamId, id]))[0]!;

  describe('made', () => {
    it('is a draft with the ids its maker chose; in the chain and on the stream, and nobody is named in the chain', async () => {
      const request = team.mission([{ work_item_id: 'w-1', title: 'Implement API', assigned_agent: 'worker' }, { title: 'Ship', depends_on: ['w-1'] }], { success_criteria: ['green'], budgets: { max_steps: 5 }, capabilities: { allowed_tools: ['read'] } });
      const reply = await desk.create(request);
      expect(reply).toMatchObject({ ok: true, code: 'ok', mission: { mission_id: request.missionId, status: 'draft', revision: 1, work_items: [{ work_item_id: 'w-1', status: 'todo', assigned_agent: 'worker' }, { title: 'Ship', depends_on: ['w-1'] }] } });
      expect(reply.mission!.spec).toMatchObject({ title: 'Ship control center', goal: 'Build mission scaffolding', success_criteria: ['green'], budgets: { max_steps: 5 }, capabilities: { allowed_tools: ['read'], allowed_agents: [] } });
      expect(await team.chain()).toEqual(['MISSION-CREATED']);
      expect(await team.events()).toEqual([{ type: 'mission.created', properties: { missionID: request.missionId, revision: 1, status: 'draft', commandCount: 0, workItemCount: 2 } }]);
      const [entry] = await database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1`, [team.seeded.teamId]);
      for (const word of ['control center', 'scaffolding', team.seeded.personId]) expect(entry!.payload.toString('utf8')).not.toContain(word);
    });

    it('is made once, however often it is asked for', async () => {
      const request = team.mission([{ title: 'A' }]);
      await desk.create(request);
      expect(await desk.create(request)).toMatchObject({ ok: true, code: 'unchanged', mission: { mission_id: request.missionId, work_items: [{ title: 'A' }] } });
      expect(await team.chain()).toEqual(['MISSION-CREATED']);
    });

    it('is refused to strangers, to staff, by a team that is stopped, and where its items make no sense; nothing is written', async () => {
      const request = team.mission([{ work_item_id: 'a', title: 'A', depends_on: ['a'] }]);
      expect(await desk.create({ ...request, by: { ...request.by, customerId: CustomerId.next() } })).toMatchObject({ ok: false, code: 'not_found' });
      expect(await desk.create({ ...request, by: { ...request.by, roles: ['operator'] } })).toMatchObject({ ok: false, code: 'not_permitted' });
      expect(await desk.create(request)).toMatchObject({ ok: false, code: 'work_items_in_a_circle' });
      await team.suspend();
      expect(await desk.create(team.mission([{ title: 'A' }]))).toMatchObject({ ok: false, code: 'team_not_active' });
      expect([await team.chain(), await team.events()]).toEqual([[], []]);
    });

    it('is left alone by the manager’s own looks', async () => {
      const id = await made([{ title: 'A' }]);
      await start(id);
      const goals = new GoalDesk(asManager, audit, pino({ level: 'silent' }));
      await goals.lookAtAll(team.seeded.teamId);
      await asManager.withTeam(team.seeded.teamId, (tx) => goals.look(tx, id), { fence: 1 });
      expect(await row(id)).toMatchObject({ state: 'running', mission_revision: '2' });
    });
  });

  describe('told what happened', () => {
    it('goes through both gates to success: rows, history, entries and events agree', async () => {
      const id = await made([{ work_item_id: 'w-1', title: 'Build' }, { work_item_id: 'w-2', title: 'Ship', depends_on: ['w-1'] }]);
      await start(id);
      expect(await post(id, { type: 'run_started', work_item_id: 'w-2', run_id: 'r-2' })).toMatchObject({ ok: false, code: 'work_item_not_ready' });
      const approver = { ...governor(), personId: PersonId.next() };
      const through = async (item: string): Promise<MissionReply> => {
        await taken(id, { type: 'run_started', work_item_id: item, run_id: `r-${item}` });
        const finished = await taken(id, { type: 'run_finished', work_item_id: item, run_id: `r-${item}`, status: 'success', artifact_refs: ['git:abc'] });
        expect(finished.commands).toMatchObject([{ type: 'persist_artifact', artifact_ref: 'git:abc' }, { type: 'request_approval', kind: 'review', work_item_id: item }]);
        await taken(id, { type: 'approval_granted', work_item_id: item, approval_id: `review-${item}` }, { by: approver });
        return taken(id, { type: 'approval_granted', work_item_id: item, approval_id: `test-${item}` }, { by: approver });
      };
      expect(statuses(await through('w-1'))).toEqual(['done', 'todo']);
      const last = await through('w-2');
      expect(last.mission).toMatchObject({ status: 'succeeded', revision: 10, work_items: [{ status: 'done', run_id: 'r-w-1', artifact_refs: ['git:abc'] }, { status: 'done' }] });
      expect(await row(id)).toMatchObject({ state: 'done', finished_at: expect.any(Date), mission_revision: '10' });
      const chain = await team.chain();
      expect([chain.length, chain.filter((action) => action === 'MISSION-EVENT').length, chain.filter((action) => action === 'GOAL-COMPLETED').length]).toEqual([11, 9, 1]);
      const history = await database.admin<{ kind: string }>(`select e.kind from app.task_event e join app.task k on k.team_id = e.team_id and k.id = e.task_id where k.goal_id = $1 and k.key = 'w-1' order by e.at`, [id]);
      expect(history.map(({ kind }) => kind)).toEqual(['in_progress', 'review', 'test', 'done']);
      const events = await team.events();
      expect(events.filter(({ type }) => type === 'mission.updated').map(({ properties }) => [properties['revision'], properties['status'], properties['commandCount']])).toEqual([[2, 'running', 0], [3, 'running', 0], [4, 'running', 2], [5, 'running', 1], [6, 'running', 1], [7, 'running', 0], [8, 'running', 2], [9, 'running', 1], [10, 'succeeded', 2]]);
      expect(events.slice(-2)).toEqual([{ type: 'mission.work_item.completed', properties: { missionID: id, workItemID: 'w-2', approvalID: 'test-w-2' } }, { type: 'mission.completed', properties: { missionID: id } }]);
    });

    it('takes work back to rework as the original does: an end without a start in a draft, then a denial', async () => {
      const id = await made([{ work_item_id: 'w-1', title: 'Patch logic' }]);
      expect(statuses(await taken(id, { type: 'run_finished', work_item_id: 'w-1', run_id: 'run-1', status: 'success' }))).toEqual(['review']);
      const denied = await taken(id, { type: 'approval_denied', work_item_id: 'w-1', approval_id: 'review-1', reason: 'needs revision' });
      expect([statuses(denied), denied.mission!.status]).toEqual([['rework'], 'draft']);
      expect(await database.admin(`select state, round from app.task where goal_id = $1`, [id])).toEqual([{ state: 'assigned', round: 2 }]);
    });

    it('begins while the trial has days: what is a draft on its last day stays one in the grace, and what is under way is finished', async () => {
      const { teamId } = team.seeded;
      await database.admin(`insert into app.trial (team_id, tasks, policy_version, ends_at, grace_until) values ($1, 4, 0, now() + interval '1 day', now() + interval '2 days')`, [teamId]);
      const [draft, running] = [await made([{ work_item_id: 'w-1', title: 'Later' }]), await made([{ work_item_id: 'w-1', title: 'A' }, { work_item_id: 'w-2', title: 'B', depends_on: ['w-1'], assigned_agent: 'worker' }])];
      await start(running);
      await database.admin(`update app.trial set ends_at = now() where team_id = $1`, [teamId]);
      for (const event of [{ type: 'mission_started' }, { type: 'run_started', work_item_id: 'w-1', run_id: 'r-1' }] as Bare[]) expect(await post(draft, event)).toMatchObject({ ok: false, code: 'trial_over', message: expect.stringContaining('nothing new begins') });
      expect(await row(draft)).toMatchObject({ state: 'planned', mission_revision: '1' });
      expect(await database.admin(`select state from app.task where goal_id = $1`, [draft])).toEqual([{ state: 'todo' }]);
      expect(await post(running, { type: 'mission_started' })).toMatchObject({ ok: true, code: 'unchanged' });
      await taken(running, { type: 'run_started', work_item_id: 'w-1', run_id: 'r-1' });
      for (const type of ['mission_paused', 'mission_resumed'] as const) await taken(running, { type, ...(type === 'mission_paused' ? { reason: '' } : {}) } as Bare);
      await taken(draft, { type: 'mission_canceled', reason: 'too late' });
      const other = team.mission([{ title: 'A' }]);
      expect(await desk.create(other)).toMatchObject({ ok: false, code: 'trial_over' });
      await database.admin(`update app.trial set ended_at = now(), outcome = 'promoted' where team_id = $1`, [teamId]);
      await start(await made([{ title: 'Now' }]));
    });

    it('answers the same key the same and does nothing twice; another event under it is refused', async () => {
      const id = await made([{ work_item_id: 'w-1', title: 'A', assigned_agent: 'worker' }]);
      const first = await post(id, { type: 'mission_started' }, { eventKey: 'start' });
      const chain = await team.chain();
      expect(await post(id, { type: 'mission_started' }, { eventKey: 'start' })).toMatchObject({ ok: true, code: 'ok', replayed: true, commands: first.commands, orchestratorSpawns: first.orchestratorSpawns });
      expect(await post(id, { type: 'mission_canceled', reason: 'x' }, { eventKey: 'start' })).toMatchObject({ ok: false, code: 'event_key_reused' });
      expect(await post(id, { type: 'mission_started' }, { eventKey: 'start', by: operator() })).toMatchObject({ ok: false, code: 'event_key_reused' });
      expect([await team.chain(), gate.asked.length]).toEqual([chain, 1]);
    });

    it('shows both revisions to who comes late, and lets one of eight writers win', async () => {
      const id = await made([{ work_item_id: 'w-1', title: 'A' }]);
      await start(id);
      expect(await post(id, { type: 'mission_paused', reason: 'x' }, { expectedRevision: 1 })).toMatchObject({ ok: false, code: 'revision_conflict', expectedRevision: 1, currentRevision: 2, mission: { revision: 2, status: 'running' } });
      const replies = await Promise.all(Array.from({ length: 8 }, (_, n) => post(id, { type: 'run_started', work_item_id: 'w-1', run_id: `r-${n}` }, { expectedRevision: 2 })));
      expect(replies.map(({ code }) => code).sort()).toEqual(['ok', ...Array<string>(7).fill('revision_conflict')]);
      expect(await row(id)).toMatchObject({ mission_revision: '3' });
    });

    it('keeps what is only observed without a revision or an entry', async () => {
      const id = await made([{ title: 'A' }]);
      const chain = await team.chain();
      for (const event of [{ type: 'tool_observed', run_id: 'r', tool: 'read', phase: 'done' }, { type: 'resource_changed', key: 'a', rev: 4 }, { type: 'timer_fired', timer_id: 'tea' }] as Bare[]) expect(await post(id, event)).toMatchObject({ ok: true, code: 'unchanged', commands: [], mission: { revision: 1 } });
      expect(await database.admin(`select seq, type from app.mission_event where goal_id = $1 order by seq`, [id])).toEqual([{ seq: '1', type: 'tool_observed' }, { seq: '2', type: 'resource_changed' }, { seq: '3', type: 'timer_fired' }]);
      expect(await team.chain()).toEqual(chain);
    });

    for (const [what, event, code] of [
      ['about another mission', { type: 'mission_started', mission_id: GoalId.next() }, 'mission_event_mismatch'],
      ['without what it must name', { type: 'run_started', work_item_id: 'w-1' }, 'mission_event_invalid'],
      ['about work that is not there', { type: 'run_started', work_item_id: 'w-9', run_id: 'r' }, 'work_item_not_found'],
      ['that does not fit', { type: 'approval_granted', work_item_id: 'w-1', approval_id: 'a' }, 'work_item_transition_refused'],
      ['that resumes a draft', { type: 'mission_resumed' }, 'mission_transition_refused'],
    ] as [string, Bare & { mission_id?: string }, string][]) {
      it(`refuses an event ${what}: ${code}, and writes nothing`, async () => {
        const id = await made([{ work_item_id: 'w-1', title: 'A' }]);
        expect(await post(id, event, { event: { mission_id: id, ...event } })).toMatchObject({ ok: false, code });
        expect(await database.admin(`select 1 from app.mission_event where goal_id = $1`, [id])).toEqual([]);
        expect(await row(id)).toMatchObject({ mission_revision: '1' });
      });
    }

    it('changes nothing when the chain cannot be written', async () => {
      const id = await made([{ title: 'A' }]);
      const broken = missionDesk(database, asManager, () => Promise.reject(new Error('no key'))).desk;
      await expect(broken.post({ teamId: team.seeded.teamId, missionId: id, by: governor(), eventKey: 'k', event: { type: 'mission_started', mission_id: id } })).rejects.toThrow('no key');
      expect(await row(id)).toMatchObject({ state: 'planned', mission_revision: '1' });
      expect(await database.admin(`select 1 from app.mission_event where goal_id = $1`, [id])).toEqual([]);
    });
  });

  describe('whose work is approved', () => {
    const inReview = async (run_id = 'my-run', by = governor()): Promise<GoalId> => {
      const id = await made([{ work_item_id: 'w-1', title: 'A', assigned_agent: 'worker' }]);
      await start(id);
      await taken(id, { type: 'run_finished', work_item_id: 'w-1', run_id, status: 'ok' }, { by });
      return id;
    };
    const grant = (approval_id = 'review-1'): Bare => ({ type: 'approval_granted', work_item_id: 'w-1', approval_id });

    it('is approved by no one but a governor of the customer, and the attempt is on record', async () => {
      const id = await inReview('my-run', operator());
      for (const by of [operator(), { ...operator(), roles: ['platform_governor'] }, { ...governor(), roles: [] }]) expect(await post(id, grant(), { by })).toMatchObject({ ok: false, code: 'not_permitted' });
      expect(await post(id, grant(), { by: { ...governor(), customerId: CustomerId.next() } })).toMatchObject({ ok: false, code: 'not_found' });
      expect((await team.chain()).filter((action) => action === 'MISSION-EVENT-REFUSED')).toHaveLength(3);
      expect(statuses(await taken(id, grant()))).toEqual(['test']);
    });

    it('is not approved by who reported it, in whatever round, but by a colleague', async () => {
      const id = await inReview();
      expect(await post(id, grant())).toMatchObject({ ok: false, code: 'author_may_not_decide' });
      await taken(id, { type: 'approval_denied', work_item_id: 'w-1', approval_id: 'no-1', reason: 'again' });
      const colleague = { ...governor(), personId: PersonId.next() };
      await taken(id, { type: 'run_finished', work_item_id: 'w-1', run_id: 'second', status: 'ok' }, { by: operator() });
      expect(await post(id, grant())).toMatchObject({ ok: false, code: 'author_may_not_decide' });
      expect(statuses(await taken(id, grant(), { by: colleague }))).toEqual(['test']);
    });

    it('of an agent of the mission is the agent’s, whoever reported it; of another mission’s it is not', async () => {
      const other = await made([{ work_item_id: 'w-1', title: 'A', assigned_agent: 'worker' }]);
      const stranger = (await start(other)).orchestratorSpawns![0]! as { sessionID: string };
      const id = await made([{ work_item_id: 'w-1', title: 'A', assigned_agent: 'worker' }]);
      const mine = (await start(id)).orchestratorSpawns![0]! as { sessionID: string };
      await taken(id, { type: 'run_finished', work_item_id: 'w-1', run_id: mine.sessionID, status: 'ok' });
      expect(statuses(await taken(id, grant()))).toEqual(['test']);
      await taken(other, { type: 'run_finished', work_item_id: 'w-1', run_id: mine.sessionID, status: 'ok' });
      expect(await post(other, grant())).toMatchObject({ ok: false, code: 'author_may_not_decide' });
      expect(stranger.sessionID).not.toBe(mine.sessionID);
    });
  });

  describe('at the gate', () => {
    const items: NewWorkItem[] = [{ work_item_id: 'a', title: 'A', assigned_agent: 'worker' }, { work_item_id: 'b', title: 'B', assigned_agent: 'doc-bot' }, { work_item_id: 'c', title: 'C' }, { work_item_id: 'd', title: 'D', assigned_agent: 'Tester' }];

    it('gets an instance for every work item whose agent is a role, and the answer says what came of each', async () => {
      const id = await made(items);
      const tasks = await team.tasks(id);
      gate.refuses.set(tasks['d']!.id, 'spawn_max_concurrent_exceeded');
      const { orchestratorSpawns, orchestratorCancellations } = await start(id);
      const [instance] = await database.admin<{ id: string }>(`select id from app.instance where goal_id = $1`, [id]);
      expect(orchestratorSpawns).toEqual([
        { workItemID: 'a', agent: 'worker', ok: true, instanceID: wireId('instance', instance!.id), sessionID: wireId('session', instance!.id), status: 'queued' },
        { workItemID: 'b', agent: 'doc-bot', ok: false, code: 'UNSUPPORTED_ASSIGNED_AGENT', error: expect.any(String) },
        { workItemID: 'd', agent: 'Tester', ok: false, code: 'spawn_max_concurrent_exceeded', error: 'no more of them' },
      ]);
      expect(orchestratorCancellations).toEqual({ triggered: false, cancelledInstances: 0 });
    });

    it('starts nothing twice when it is started again, at once or by sixteen at a time', async () => {
      const id = await made(items);
      const replies = await Promise.all(Array.from({ length: 16 }, () => post(id, { type: 'mission_started' })));
      expect(replies.map(({ code }) => code).sort()).toEqual(['ok', ...Array<string>(15).fill('unchanged')]);
      await sweep.look();
      expect(await database.admin(`select count(*)::int as n from app.instance where goal_id = $1`, [id])).toEqual([{ n: 2 }]);
    });

    it('that dies between the commit and the spawns starts them once it is back', async () => {
      const id = await made(items);
      gate.down = true;
      expect((await start(id)).orchestratorSpawns).toMatchObject([{ ok: false, code: 'spawn_pending' }, { code: 'UNSUPPORTED_ASSIGNED_AGENT' }, { ok: false, code: 'spawn_pending' }]);
      Object.assign(gate, { down: false, dies: true });
      await sweep.look();
      gate.dies = false;
      for (let turn = 0; turn < 3; turn++) await sweep.look();
      expect(gate.asked.filter((each) => each.startsWith('spawn'))).toHaveLength(2);
      expect(await database.admin(`select count(*)::int as n from app.instance where goal_id = $1`, [id])).toEqual([{ n: 2 }]);
    });

    it('ends with the mission: what ran is cancelled and counted, what had finished is not, and nothing starts any more', async () => {
      const id = await made(items);
      await start(id);
      const tasks = await team.tasks(id);
      await gate.instance(team.seeded.teamId, tasks['a']!.id, 'completed');
      const reply = await taken(id, { type: 'mission_canceled', reason: 'user stop' });
      expect(reply).toMatchObject({ mission: { status: 'canceled' }, orchestratorCancellations: { triggered: true, reason: 'user stop', cancelledInstances: 2 }, orchestratorSpawns: [] });
      expect(statuses(reply)).toEqual(['blocked', 'blocked', 'blocked', 'blocked']);
      expect(await row(id)).toMatchObject({ state: 'cancelled', finished_at: expect.any(Date) });
      expect(await team.chain()).toEqual(expect.arrayContaining(['GOAL-CANCELLED']));
      expect(await post(id, { type: 'mission_started' })).toMatchObject({ ok: false, code: 'mission_over' });
      expect(await post(id, { type: 'mission_canceled', reason: 'again' })).toMatchObject({ ok: true, code: 'unchanged', orchestratorCancellations: { triggered: false, cancelledInstances: 0 } });
      const asked = [...gate.asked];
      await sweep.look();
      expect(gate.asked).toEqual(asked);
    });

    it('that did not hear of a cancellation hears of it from the sweep', async () => {
      const id = await made(items);
      await start(id);
      gate.down = true;
      expect(await taken(id, { type: 'mission_canceled', reason: '' })).toMatchObject({ orchestratorCancellations: { cancelledInstances: 0 } });
      gate.down = false;
      await sweep.look();
      expect(await database.admin(`select distinct state from app.instance where goal_id = $1`, [id])).toEqual([{ state: 'cancelled' }]);
      expect(await database.admin(`select state from app.mission_stop where mission_id = $1`, [id])).toEqual([{ state: 'cancelled' }]);
    });

    it('pauses and resumes with the mission, and what ended meanwhile is started again', async () => {
      const id = await made([items[0]!]);
      await start(id);
      expect(await taken(id, { type: 'mission_paused', reason: 'lunch' })).toMatchObject({ mission: { status: 'paused' } });
      expect(await row(id)).toMatchObject({ state: 'running', paused_at: expect.any(Date), pause_reason: 'lunch' });
      await database.admin(`update app.instance set state = 'cancelled', ended_at = now() where goal_id = $1`, [id]);
      await sweep.look();
      expect(gate.asked.slice(1)).toEqual(['halt pause']);
      const resumed = await taken(id, { type: 'mission_resumed' });
      expect(resumed).toMatchObject({ mission: { status: 'running' }, orchestratorSpawns: [{ ok: true, status: 'queued' }] });
      expect(gate.asked.slice(2)).toEqual(['halt resume', expect.stringMatching(/^spawn/)]);
      expect(await row(id)).toMatchObject({ paused_at: null, pause_reason: '' });
      expect((await team.chain()).filter((action) => action.startsWith('GOAL-'))).toEqual(['GOAL-PAUSED', 'GOAL-RESUMED']);
    });

    it('that stopped the mission itself is followed: its row says so too, for a mission and for a goal', async () => {
      const id = await made([items[0]!]);
      await start(id);
      const goal = team.goal();
      await new GoalDesk(asManager, audit, pino({ level: 'silent' })).submit(goal);
      for (const each of [id, goal.goalId]) await gate.stop(team.seeded.teamId, each, 'cancelled');
      await sweep.look();
      expect([await row(id), await row(goal.goalId)]).toMatchObject([{ state: 'cancelled', mission_revision: '3' }, { state: 'cancelled' }]);
      expect((await team.chain()).filter((action) => action === 'GOAL-CANCELLED')).toHaveLength(2);
    });
  });

  it('in a team that is stopped stands still, can still be cancelled, and goes on with new instances when the team does', async () => {
    const [id, other] = [await made([{ work_item_id: 'w-1', title: 'A', assigned_agent: 'worker' }]), await made([{ title: 'B' }])];
    await start(id);
    await database.admin(`update app.instance set state = 'cancelled', ended_at = now() where goal_id = $1`, [id]);
    await team.suspend();
    await database.admin(`update app.team set state_changed_at = now() where team_id = $1`, [team.seeded.teamId]);
    expect(await post(id, { type: 'run_started', work_item_id: 'w-1', run_id: 'r' })).toMatchObject({ ok: false, code: 'team_not_active' });
    expect(await post(other, { type: 'mission_started' })).toMatchObject({ ok: false, code: 'team_not_active' });
    await taken(other, { type: 'mission_canceled', reason: 'over' });
    await sweep.look();
    expect(gate.asked.filter((each) => each.startsWith('spawn'))).toHaveLength(1);
    await team.reactivate();
    await database.admin(`update app.team set state_changed_at = now() where team_id = $1`, [team.seeded.teamId]);
    await sweep.look();
    expect(gate.asked.filter((each) => each.startsWith('spawn'))).toHaveLength(2);
  });

  it('has the time it was given, pauses not counted, and fails once when it is over', async () => {
    const id = await made([{ work_item_id: 'w-1', title: 'A', assigned_agent: 'worker' }], { budgets: { max_duration_ms: 600_000 } });
    expect((await start(id)).commands![0]).toMatchObject({ type: 'schedule_timer', timer_id: 'mission-deadline' });
    await database.admin(`update app.goal set started_at = now() - interval '900 seconds', paused_ms = 400000 where id = $1`, [id]);
    await sweep.look();
    expect(await row(id)).toMatchObject({ state: 'running' });
    await database.admin(`update app.goal set paused_ms = 0, paused_at = now() - interval '800 seconds' where id = $1`, [id]);
    await sweep.look();
    expect(await row(id)).toMatchObject({ state: 'running' });
    await database.admin(`update app.goal set paused_at = null where id = $1`, [id]);
    await Promise.all([sweep.look(), sweep.look()]);
    expect(await row(id)).toMatchObject({ state: 'failed', finished_at: expect.any(Date) });
    expect((await team.chain()).filter((action) => action === 'GOAL-FAILED')).toHaveLength(1);
    expect((await team.events()).at(-1)).toEqual({ type: 'mission.failed', properties: { missionID: id, reason: 'mission_max_duration_ms' } });
  });
});

describe('a budget that is used up', () => {
  let database: TestDatabase;
  let asManager: Database;
  before(async () => {
    database = await testDatabase();
    asManager = database.as('manager-agent');
  });
  after(() => database.close());

  it('fails a mission and blocks a goal, once each, naming the limit; by a policy that waits nothing ends', async () => {
    const team = await CareTeam.hire(database);
    const { desk, sweep } = missionDesk(database, asManager, audit);
    const [t, goal, mission] = [team.seeded.teamId, team.goal(), team.mission([{ work_item_id: 'w-1', title: 'A' }])];
    await new GoalDesk(asManager, audit, pino({ level: 'silent' })).submit(goal);
    await desk.create(mission);
    await desk.post({ teamId: t, missionId: mission.missionId, by: mission.by, eventKey: 'k', event: { type: 'mission_started', mission_id: mission.missionId } });
    const account = (id: string, kind: string, parent: string | null, spent: boolean): Promise<unknown> => database.admin(`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, spent, exhausted_at) values ($1, $2, 'tokens', $3, $4, 10, $5, case when $6 then now() end)`, [t, id, kind, parent, spent ? 10 : 0, spent]);
    await account(t, 'team', null, false);
    for (const id of [goal.goalId, mission.missionId]) await account(id, 'mission', t, true);
    await database.admin(`insert into app.policy (kind, id, source, version, doc, hash) values ('spawn-policy', 'spawn-policy', 'test', 1, '{"on_exhausted":"pause"}', sha256('a'))`);
    await sweep.look();
    const states = (): Promise<{ state: string; note: string }[]> => database.admin(`select state, note from app.goal where team_id = $1 order by origin`, [t]);
    expect(await states()).toMatchObject([{ state: 'running' }, { state: 'running' }]);
    await database.admin(`insert into app.policy (kind, id, source, version, doc, hash) values ('spawn-policy', 'spawn-policy', 'test', 2, '{"on_exhausted":"cancel"}', sha256('b'))`);
    for (let turn = 0; turn < 2; turn++) await sweep.look();
    expect(await states()).toEqual([{ state: 'blocked', note: expect.stringContaining('mission_max_tokens') }, { state: 'failed', note: 'mission_max_tokens' }]);
    expect((await team.chain()).filter((action) => action === 'GOAL-BLOCKED' || action === 'GOAL-FAILED').sort()).toEqual(['GOAL-BLOCKED', 'GOAL-FAILED']);
    expect((await team.events()).filter(({ type }) => type === 'mission.failed')).toEqual([{ type: 'mission.failed', properties: { missionID: mission.missionId, reason: 'mission_max_tokens' } }]);
  });

  it('keeps no goal blocked whose work is done or was left out: that waits for its reviewer, and nothing of it is to be paid for', async () => {
    const team = await CareTeam.hire(database);
    const { sweep } = missionDesk(database, asManager, audit);
    const goals = new GoalDesk(asManager, audit, pino({ level: 'silent' }));
    const [teamId, { goalId, by, ...goal }] = [team.seeded.teamId, team.goal()];
    await goals.submit({ goalId, by, ...goal });
    await database.admin(`insert into app.budget (team_id, account_id, unit, kind, granted, spent, exhausted_at) values ($1, $2, 'tokens', 'mission', 10, 10, now())`, [teamId, goalId]);
    await database.admin(`update app.task set state = 'done' where team_id = $1 and key = 'docs'`, [teamId]);
    await database.admin(`insert into app.task_event (team_id, id, task_id, kind, actor, body) select team_id, gen_random_uuid(), id, 'review_requested', 'manager', jsonb_build_object('reviewer', 'person:' || $2::text) from app.task where team_id = $1 and key = 'docs'`, [teamId, team.seeded.personId]);
    const states = async () => [(await team.goalRow(goalId)).state, ...Object.values(await team.tasks(goalId)).map(({ state }) => state)];
    await sweep.look();
    expect(await states()).toEqual(['blocked', 'done', 'blocked']);
    expect(await goals.answer({ teamId, goalId, by, taskId: (await team.tasks(goalId))['tests']!.id, answer: 'skip', note: '' })).toMatchObject({ ok: true });
    await sweep.look();
    expect(await states()).toEqual(['running', 'done', 'cancelled']);
  });
});

describe('a goal as a mission', () => {
  let database: TestDatabase;
  let asManager: Database;
  let team: CareTeam;
  let goals: GoalDesk;
  let desk: MissionDesk;
  let gate: ScriptedGate;
  before(async () => {
    database = await testDatabase();
    asManager = database.as('manager-agent');
    goals = new GoalDesk(asManager, audit, pino({ level: 'silent' }));
  });
  after(() => database.close());
  beforeEach(async () => {
    team = await CareTeam.hire(database);
    ({ desk, gate } = missionDesk(database, asManager, audit));
  });

  const submitted = async (): Promise<GoalId> => {
    const goal = team.goal();
    expect(await goals.submit(goal)).toMatchObject({ ok: true });
    return goal.goalId;
  };
  const about = (goalId: GoalId) => ({ teamId: team.seeded.teamId, goalId, by: team.goal().by });
  const post = (goalId: GoalId, event: Bare): Promise<MissionReply> => desk.post({ teamId: team.seeded.teamId, missionId: goalId, by: team.goal().by, eventKey: JSON.stringify(event), event: { ...event, mission_id: goalId } });
  const look = (goalId: GoalId): Promise<void> => asManager.withTeam(team.seeded.teamId, (tx) => goals.look(tx, goalId), { fence: 1 });
  /** A goal all of whose work is done and committed. */
  const worked = async (): Promise<GoalId> => {
    const goalId = await submitted();
    for (const key of ['docs', 'tests']) {
      const draft = await team.handIn(goalId, key);
      await look(goalId);
      await team.check(draft);
      await look(goalId);
      await team.commit(draft);
      await look(goalId);
    }
    return goalId;
  };

  it('shows its tasks as work items, and every step of its manager is a revision on the stream', async () => {
    const goalId = await submitted();
    const tasks = await team.tasks(goalId);
    const reply = await post(goalId, { type: 'tool_observed', run_id: 'r', tool: 'read', phase: 'done' });
    expect(reply.mission).toMatchObject({ status: 'running', revision: 2, spec: { title: 'Document the public API' }, work_items: [{ work_item_id: tasks['docs']!.id, status: 'in_progress' }, { work_item_id: tasks['tests']!.id, status: 'in_progress' }] });
    await team.handIn(goalId, 'docs');
    await look(goalId);
    expect((await team.events()).map(({ type, properties }) => [type, properties['revision'], properties['status']])).toEqual([['mission.created', 1, 'draft'], ['mission.updated', 2, 'running'], ['mission.updated', 3, 'running']]);
  });

  it('is driven by its manager: nobody reports or approves its work from outside', async () => {
    const goalId = await submitted();
    const item = (await team.tasks(goalId))['docs']!.id;
    for (const event of [{ type: 'run_started', work_item_id: item, run_id: 'r' }, { type: 'run_finished', work_item_id: item, run_id: 'r', status: 'ok' }, { type: 'approval_granted', work_item_id: item, approval_id: 'a' }, { type: 'approval_denied', work_item_id: item, approval_id: 'a', reason: '' }] as Bare[]) {
      expect(await post(goalId, event)).toMatchObject({ ok: false, code: 'mission_driven_by_manager' });
    }
    expect(await post(goalId, { type: 'mission_started' })).toMatchObject({ ok: true, code: 'unchanged', orchestratorSpawns: [] });
    expect((await team.tasks(goalId))['docs']).toMatchObject({ state: 'assigned', round: 1 });
  });

  it('is paused: members are told, the manager does nothing whatever comes in, and goes on from rows when it is resumed', async () => {
    const goalId = await submitted();
    expect(await desk.pause({ ...about(goalId), reason: 'budget talk' })).toEqual({ ok: true, code: 'ok', message: '' });
    expect(await desk.pause({ ...about(goalId), reason: 'again' })).toMatchObject({ ok: true, code: 'unchanged' });
    expect((await team.told()).filter((name) => name === 'task.withdrawn.v1')).toHaveLength(2);
    expect(gate.asked).toEqual(['halt pause']);
    const draft = await team.handIn(goalId, 'docs');
    await team.check(draft);
    const before = [await team.chain(), await team.told()];
    await look(goalId);
    await goals.lookAtAll(team.seeded.teamId);
    expect([await team.chain(), await team.told()]).toEqual(before);
    expect((await team.tasks(goalId))['docs']).toMatchObject({ state: 'assigned' });
    expect(await post(goalId, { type: 'mission_started' })).toMatchObject({ ok: false, code: 'mission_transition_refused' });
    expect(await desk.resume(about(goalId))).toMatchObject({ ok: true, code: 'ok' });
    await goals.lookAtAll(team.seeded.teamId);
    expect((await team.tasks(goalId))['docs']).toMatchObject({ state: 'approved', round: 1 });
    expect((await team.chain()).filter((action) => /PAUSED|RESUMED/.test(action))).toEqual(['GOAL-PAUSED', 'GOAL-RESUMED']);
    expect((await team.events()).filter(({ type }) => type === 'mission.updated').map(({ properties }) => properties['status'])).toEqual(['running', 'paused', 'running', 'running']);
  });

  it('is paused by an alert of the gateway’s, without a person: one goal or all, at the gate too, once; and goes on by a person', async () => {
    const [first, second] = [await submitted(), await worked()];
    const pause = async (goalId: GoalId | null, stops?: string) => desk.pauseAgent({ teamId: team.seeded.teamId, alertId: await team.alarm(goalId, 'refused_too_often', stops) });
    expect(await pause(first)).toMatchObject({ ok: true, code: 'ok' });
    expect(gate.asked).toEqual(['halt pause']);
    const rows = async () => Object.fromEntries((await database.admin<{ id: GoalId; paused: boolean; pause_reason: string }>(`select id, paused_at is not null as paused, pause_reason from app.goal where team_id = $1`, [team.seeded.teamId])).map(({ id, ...row }) => [id, row]));
    expect(await rows()).toMatchObject({ [first]: { paused: true, pause_reason: expect.stringContaining('refused or left unanswered too often') }, [second]: { paused: false } });
    expect(await pause(null)).toMatchObject({ ok: true, code: 'ok' });
    expect(await rows()).toMatchObject({ [first]: { paused: true }, [second]: { paused: true } });
    expect(await pause(null)).toMatchObject({ ok: true, code: 'unchanged' });
    await expect(pause(null, 'team')).rejects.toMatchObject({ code: 'not_found' });
    const entries = await database.admin<{ said: string }>(`select convert_from(payload, 'UTF8') as said from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%GOAL-PAUSED%'`, [team.seeded.teamId]);
    expect(entries.map(({ said }) => /refused_too_often/.test(said) && !/"kind":"person"/.test(said))).toEqual([true, true]);
    expect(await desk.resume(about(first))).toMatchObject({ ok: true, code: 'ok' });
    expect(await rows()).toMatchObject({ [first]: { paused: false }, [second]: { paused: true } });
  });

  it('keeps every deadline that stood still: the approval’s, the gate’s question’s and the waiting place’s', async () => {
    const goalId = await worked();
    const [t, early] = [team.seeded.teamId, await team.answer(goalId, 'pending')];
    const [task] = Object.values(await team.tasks(goalId));
    const place = await gate.instance(t, task!.id, 'queued');
    await desk.pause({ ...about(goalId), reason: 'x' });
    await database.admin(`update app.goal set paused_at = now() - interval '10 minutes' where id = $1`, [goalId]);
    await database.admin(`update app.approval set created_at = now() - interval '1 hour', due_at = now() - interval '1 minute' where id = $1`, [early]);
    const question = crypto.randomUUID();
    await database.admin(`insert into app.gate_approval (team_id, id, kind, goal_id, requested_by, request, digest, code, reason, epoch, created_at, due_at) values ($1, $2, 'spawn', $3, 'service', '{}', sha256('q'), 'c', 'r', 1, now() - interval '5 minutes', now() + interval '1 minute')`, [t, question, goalId]);
    const ring = crypto.randomUUID();
    await database.admin(`insert into app.notification (team_id, id, approval_id, kind, person_id, customer_id, channel, state, expires_at) select team_id, $2, id, 'approval.requested', $2, customer_id, 'fcm', 'due', due_at from app.approval where id = $1`, [early, ring]);
    await database.admin(`update app.instance set started_at = now() - interval '1 hour', deadline_at = now() + interval '1 minute' where id = $1`, [place]);
    const dues = async (): Promise<number[]> => (await database.admin<{ s: number }>(`select extract(epoch from d)::float8 as s from (select 1 as n, due_at as d from app.approval where id = $1 union all select 2, due_at from app.gate_approval where id = $2 union all select 3, deadline_at from app.instance where id = $3) x order by n`, [early, question, place])).map(({ s }) => s);
    const overdue = async (): Promise<boolean> => (await database.as('gateway').ops<{ id: string }>('due_approvals')).some(({ id }) => id === early);
    const before = await dues();
    expect(await overdue()).toBe(false);
    expect(await desk.resume(about(goalId))).toMatchObject({ ok: true });
    const [approval, asked, waiting] = (await dues()).map((due, index) => Math.floor((due - before[index]!) / 60));
    expect([approval, asked, waiting]).toEqual([10, 5, 10]);
    expect(await overdue()).toBe(false);
    expect(await database.admin(`select frozen_ms >= 600000 as frozen, due_at > now() as open from app.approval where id = $1`, [early])).toEqual([{ frozen: true, open: true }]);
    expect(await database.admin(`select n.expires_at = a.due_at as rings from app.notification n join app.approval a on a.id = n.approval_id where n.id = $1`, [ring])).toEqual([{ rings: true }]);
    await asManager.withTeam(t, (tx) => { tx.ledgerOnly(); tx.write({ text: 'select sec.thaw($1)', values: [goalId] }); return Promise.resolve(); });
    expect((await dues()).map((due, index) => Math.floor((due - before[index]!) / 60))).toEqual([10, 5, 10]);
  });

  it('is cancelled while it is paused, and is then no longer paused', async () => {
    const goalId = await submitted();
    await desk.pause({ ...about(goalId), reason: 'x' });
    expect(await post(goalId, { type: 'mission_canceled', reason: 'enough' })).toMatchObject({ ok: true, code: 'ok', mission: { status: 'canceled' }, orchestratorCancellations: { triggered: true, reason: 'enough', cancelledInstances: 0 } });
    expect(await team.goalRow(goalId)).toMatchObject({ state: 'cancelled', finished_at: expect.any(Date) });
    expect(await desk.resume(about(goalId))).toMatchObject({ ok: false, code: 'goal_finished' });
    expect(gate.asked).toEqual(['halt pause', 'halt cancel']);
  });

  it('is not paused once its effect is under way, and a stranger finds no goal to pause', async () => {
    const goalId = await worked();
    await team.effect(goalId, await team.answer(goalId, 'approved'), 'started');
    expect(await desk.pause({ ...about(goalId), reason: 'x' })).toMatchObject({ ok: false, code: 'goal_executing' });
    const other = await submitted();
    expect(await desk.pause({ ...about(other), by: { ...team.goal().by, customerId: CustomerId.next() }, reason: 'x' })).toMatchObject({ ok: false, code: 'not_found' });
    expect(await desk.pause({ ...about(other), by: { personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['operator'] }, reason: 'x' })).toMatchObject({ ok: true, code: 'ok' });
  });
});
