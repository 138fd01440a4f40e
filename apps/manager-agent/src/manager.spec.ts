import { CommandClient, publish, Relay } from '@countersign/bus';
import {
  ApprovalId,
  approvalDecided,
  cancelGoal,
  createMission,
  draftChecked,
  draftCommitted,
  draftSubmitted,
  EffectId,
  effectFinished,
  missionEvent,
  pauseGoal,
  resumeGoal,
  RunId,
  runFailed,
  joinTeam,
  createTodo,
  InstanceId,
  listTodos,
  MOST_LINKS,
  MOST_WORK_ITEMS,
  sendTeamMessage,
  submitGoal,
  teamChanged,
  updateTodo,
  uuidv7,
  type DraftId,
  type GoalId,
  type Message,
  type MissionReply,
  type PostMissionEvent,
  type Service,
} from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { createService, type RunningService } from '@countersign/service';
import { serviceEnv, testDatabase, testNats, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { GoalDesk } from './goal-desk.js';
import { MOST_TODOS } from './domain/todos.js';
import { ManagerModule } from './manager.module.js';
import { MissionSweep } from './mission-sweep.js';
import { double, GateDoubleModule } from './testing/gate-double.js';
import { ScriptedGate } from './testing/scripted-gate.js';
import { CareTeam } from './testing/team.js';

const silent = pino({ level: 'silent' });

describe('the manager on the bus', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let manager: RunningService;
  let gateService: RunningService;
  let gate: ScriptedGate;
  let team: CareTeam;
  let client: CommandClient;
  let fleet: CommandClient;
  const relays: Relay[] = [];
  const senders = new Map<Service, Database>();
  before(async () => {
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
    manager = await createService({ service: 'manager-agent', module: ManagerModule, env: serviceEnv('manager-agent', { database, nats }) });
    // without the sweeps: what moves here was moved by a message or a command
    await Promise.all([manager.app.get(GoalDesk).onModuleDestroy(), manager.app.get(MissionSweep).onModuleDestroy()]);
    double.gate = gate = new ScriptedGate(database);
    gateService = await createService({ service: 'spawn-gate', module: GateDoubleModule, env: serviceEnv('spawn-gate', { database, nats }) });
    for (const service of ['gateway', 'fleet', 'executor', 'spawn-gate'] as const) {
      const [bus, asService] = [await nats.as(service), database.as(service)];
      const relay = new Relay(bus, asService, silent);
      relay.start();
      relays.push(relay);
      senders.set(service, asService);
      if (service === 'gateway') client = new CommandClient(bus, 60_000);
      if (service === 'fleet') fleet = new CommandClient(bus, 60_000);
    }
  });
  after(async () => {
    await Promise.all([manager?.close(), gateService?.close()]);
    await Promise.all(relays.map((relay) => relay.stop()));
    await nats?.close();
    await database?.close();
  });
  beforeEach(async () => { team = await CareTeam.hire(database); });

  /** Tells the manager what another service would tell it. */
  const tell = <T extends object, S extends string>(message: Message<T, S>, body: NoInfer<T>): Promise<void> => {
    const params = { teamId: team.seeded.teamId, memberId: team.seeded.memberId };
    return senders.get(message.author)!.withTeam(team.seeded.teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, message as Message<object>, (message.subject.includes('memberId') ? params : { teamId: params.teamId }) as never, body);
      return Promise.resolve();
    });
  };
  const taskState = async (goalId: GoalId, key: string): Promise<string> => (await team.tasks(goalId))[key]!.state;
  const goalState = async (goalId: GoalId): Promise<string> => (await team.goalRow(goalId)).state;
  const until = async (read: () => Promise<string>, wanted: string): Promise<void> => {
    for (const end = Date.now() + 60_000; ; await sleep(20)) {
      const found = await read();
      if (found === wanted) return;
      if (Date.now() > end) throw new Error(`still ${found}, not ${wanted}`);
    }
  };
  const submitted = async (): Promise<GoalId> => {
    const goal = team.goal();
    expect(await client.request(submitGoal, goal)).toEqual({ ok: true, code: 'ok', message: '' });
    return goal.goalId;
  };
  const about = async (goalId: GoalId, key: string, draftId: DraftId) => ({ epoch: 1, goalId, taskId: (await team.tasks(goalId))[key]!.id, round: 1, draftId });

  const agentOf = async (goalId: GoalId): Promise<InstanceId> => {
    const id = InstanceId.next();
    await database.admin(`insert into app.instance (team_id, id, member_id, goal_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
      values ($1, $2, $3, $4, 'worker', 't', 'running', '{}', '{}', '', 1, 3, 1)`, [team.seeded.teamId, id, team.seeded.memberId, goalId]);
    return id;
  };

  it('answers what workers ask by the original’s tools, from the fleet alone', async () => {
    await submitted();
    const asked = { teamId: team.seeded.teamId, instanceId: uuidv7() as never, callId: uuidv7() };
    const commands = [[joinTeam, { name: 't' }], [sendTeamMessage, { type: 'broadcast', content: 'x' }], [createTodo, { subject: 's', description: '' }], [updateTodo, { todoId: uuidv7() }], [listTodos, {}]] as const;
    for (const [command, more] of commands) {
      expect(await fleet.request(command as never, { ...asked, ...more })).toEqual({ ok: false, code: 'instance_ended', message: expect.any(String) });
      await expect(fleet.request(command as never, { ...asked, ...more, memberId: uuidv7() })).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });

  it('lists an item that waits for as many others as an item may', async () => {
    const goalId = await submitted();
    const { teamId } = team.seeded;
    const instanceId = await agentOf(goalId);
    await database.admin(`update app.task set depends_on = $3::uuid[] where team_id = $1 and goal_id = $2`, [teamId, goalId, Array.from({ length: MOST_LINKS }, () => uuidv7())]);
    const { ok, todos = [] } = await fleet.request(listTodos, { teamId, instanceId, callId: uuidv7() });
    expect([ok, todos.map(({ blockedBy }) => blockedBy.length)]).toEqual([true, [MOST_LINKS, MOST_LINKS]]);
  });

  it('answers with the list of a mission in which everything is as long as it may be', async () => {
    const goalId = await submitted();
    const { teamId, memberId } = team.seeded;
    const [instanceId, long] = [await agentOf(goalId), '\u0001'];
    const links = Array.from({ length: MOST_LINKS }, () => uuidv7());
    await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, detail, skill, criteria, depends_on, state, epoch)
      select $1, gen_random_uuid(), $2, 100 + n, 'k' || n, repeat($3, 200), repeat($3, 4000), 'docs', '[]', $4::uuid[], 'todo', 1 from generate_series(1, $5::int) n`, [teamId, goalId, long, links, MOST_WORK_ITEMS - 2]);
    await database.admin(`insert into app.todo (team_id, id, goal_id, subject, description, active_form, metadata, created_by, creator_id, owner_id, blocked_by)
      select $1, gen_random_uuid(), $2, repeat($3, 200), repeat($3, 4000), repeat($3, 200), jsonb_build_object('m', repeat('m', 4000)), $4, $5, $5, $6::uuid[] from generate_series(1, $7::int) n`, [teamId, goalId, long, instanceId, memberId, links, MOST_TODOS]);
    await database.admin(`insert into app.team_message (team_id, id, goal_id, type, from_instance, from_id, to_id, content, summary)
      select $1, gen_random_uuid(), $2, 'message', $4, $5, $5, repeat($3, 10000), n::text from generate_series(1, 50) n`, [teamId, goalId, long, instanceId, memberId]);
    const { ok, todos = [], messages = [], cut } = await fleet.request(listTodos, { teamId, instanceId, callId: uuidv7() });
    expect([ok, todos.length, messages.at(-1)?.summary, messages.at(-1)?.content.length, cut]).toEqual([true, MOST_WORK_ITEMS + MOST_TODOS, '50', 10_000, true]);
  });

  it('takes a goal from the gateway, follows each message about it to the end, and is done', async () => {
    const goalId = await submitted();
    for (const key of ['docs', 'tests']) {
      const draft = await team.handIn(goalId, key);
      const ref = await about(goalId, key, draft);
      await tell(draftSubmitted, ref);
      await until(() => taskState(goalId, key), 'review');
      await team.check(draft);
      await tell(draftChecked, { ...ref, passed: true });
      await until(() => taskState(goalId, key), 'approved');
      await team.commit(draft);
      await tell(draftCommitted, { ...ref, conflict: false, commit: 'c'.repeat(40) });
      await until(() => taskState(goalId, key), 'done');
    }
    await until(() => goalState(goalId), 'proposed');
    const approval = await team.answer(goalId, 'approved');
    await tell(approvalDecided, { epoch: 1, approvalId: ApprovalId.parse(approval), goalId, outcome: 'approve' });
    await until(() => goalState(goalId), 'executing');
    await team.effect(goalId, approval, 'executed');
    await tell(effectFinished, { epoch: 1, approvalId: ApprovalId.parse(approval), effectId: EffectId.next(), goalId, state: 'executed' });
    await until(() => goalState(goalId), 'done');
  });

  it('gives a failed run another round', async () => {
    const goalId = await submitted();
    await team.run(goalId, 'docs', 'failed', 'worker_failed');
    const { id } = (await team.tasks(goalId))['docs']!;
    await tell(runFailed, { epoch: 1, goalId, taskId: id, round: 1, runId: RunId.next(), code: 'worker_failed' });
    await until(async () => String((await team.tasks(goalId))['docs']!.round), '2');
  });

  it('drops a message of before a suspension without a dead letter, and goes on when the team is back', async () => {
    const goalId = await submitted();
    const draft = await team.handIn(goalId, 'docs');
    await team.suspend();
    const epoch = await team.reactivate();
    await tell(draftSubmitted, await about(goalId, 'docs', draft));
    await tell(teamChanged, { epoch, state: 'active' });
    await until(() => taskState(goalId, 'docs'), 'review');
    expect((await team.tasks(goalId))['tests']).toMatchObject({ state: 'assigned', round: 1, epoch });
    expect(await database.admin(`select error_code from app.dead_letter where team_id = $1`, [team.seeded.teamId])).toEqual([]);
  });

  it('cancels for a person', async () => {
    const goalId = await submitted();
    const { teamId, by } = team.goal();
    expect(await client.request(cancelGoal, { teamId, goalId, by, reason: '' })).toMatchObject({ ok: true });
    expect(await goalState(goalId)).toBe('cancelled');
  });

  it('pauses a goal for a person: what members hand in meanwhile waits, and is taken up when the goal is resumed', async () => {
    const goalId = await submitted();
    const { teamId, by } = team.goal();
    expect(await client.request(pauseGoal, { teamId, goalId, by, reason: 'lunch' })).toEqual({ ok: true, code: 'ok', message: '' });
    const draft = await team.handIn(goalId, 'docs');
    await tell(draftSubmitted, await about(goalId, 'docs', draft));
    await until(async () => String((await database.admin(`select 1 from app.inbox where team_id = $1`, [teamId])).length), '1');
    expect(await taskState(goalId, 'docs')).toBe('assigned');
    expect(await client.request(resumeGoal, { teamId, goalId, by })).toMatchObject({ ok: true });
    await manager.app.get(GoalDesk).lookAtAll(teamId);
    expect(await taskState(goalId, 'docs')).toBe('review');
  });

  it('starts a mission’s agents at the gate through its own credential, and ends them with the mission', async () => {
    const request = team.mission([{ work_item_id: 'w-1', title: 'Ship patch', assigned_agent: 'worker' }, { work_item_id: 'w-2', title: 'Look on', assigned_agent: 'onlooker' }]);
    const { teamId, missionId, by } = request;
    expect(await client.request(createMission, request)).toMatchObject({ ok: true, mission: { status: 'draft' } });
    const post = (event: Omit<PostMissionEvent['event'], 'mission_id'>): Promise<MissionReply> => client.request(missionEvent, { teamId, missionId, by, eventKey: event.type, event: { ...event, mission_id: missionId } });
    const started = await post({ type: 'mission_started' });
    expect(started).toMatchObject({ mission: { status: 'running' }, orchestratorSpawns: [{ workItemID: 'w-1', ok: true, instanceID: expect.stringMatching(/^ins_[0-9a-f]{32}$/), status: 'queued' }, { workItemID: 'w-2', ok: false, code: 'UNSUPPORTED_ASSIGNED_AGENT' }] });
    expect(gate.asked.slice(-1)).toEqual([`spawn ${(await team.tasks(missionId))['w-1']!.id}`]);
    expect(await post({ type: 'mission_canceled', reason: 'user stop' })).toMatchObject({ mission: { status: 'canceled' }, orchestratorCancellations: { triggered: true, reason: 'user stop', cancelledInstances: 1 } });
  });

  it('refuses with a code, not with an error', async () => {
    const goal = team.goal();
    expect(await client.request(submitGoal, { ...goal, by: { ...goal.by, roles: ['operator'] } })).toMatchObject({ ok: false, code: 'not_permitted' });
  });
});
