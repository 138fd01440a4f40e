import { auditor, serviceKey } from '@countersign/audit';
import { InstanceId, uuidv7, type GoalId, type TodoReply } from '@countersign/contracts';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { AgentDesk } from './agent-desk.js';
import { GoalDesk } from './goal-desk.js';
import { CareTeam } from './testing/team.js';

const audit = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 0x42)) });

describe('what a worker asks of its team, from rows', () => {
  let database: TestDatabase;
  let desk: AgentDesk;
  let goals: GoalDesk;
  let team: CareTeam;
  let goalId: GoalId;
  let dora: InstanceId;
  let tess: InstanceId;
  before(async () => {
    database = await testDatabase();
    desk = new AgentDesk(database.as('manager-agent'), audit);
    goals = new GoalDesk(database.as('manager-agent'), audit, pino({ level: 'silent' }));
  });
  after(() => database.close());
  beforeEach(async () => {
    team = await CareTeam.hire(database);
    const goal = team.goal();
    await goals.submit(goal);
    goalId = goal.goalId;
    [dora, tess] = [await instanceOf('docs'), await instanceOf('tests')];
  });

  const instanceOf = async (key: string, over: { state?: string; epoch?: number; goal?: GoalId } = {}): Promise<InstanceId> => {
    const id = InstanceId.next();
    await database.admin(`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
      select team_id, $2, member_id, $5, id, $6, 'worker', 't', $3, '{}', '{}', '', 1, 3, $4 from app.task where team_id = $1 and goal_id = $7 and key = $8`,
      [team.seeded.teamId, id, over.state ?? 'running', over.epoch ?? 1, over.goal ?? goalId, uuidv7(), goalId, key]);
    return id;
  };
  const as = (instanceId: InstanceId, over = {}) => ({ teamId: team.seeded.teamId, instanceId, callId: uuidv7(), ...over });
  const nameOf = async (instanceId: InstanceId): Promise<string> => (await database.admin<{ name: string }>(`select m.name from app.instance i join app.member m on m.team_id = i.team_id and m.id = i.member_id where i.id = $1`, [instanceId]))[0]!.name;
  const actions = async (): Promise<string[]> => (await team.chain()).filter((action) => /^(AGENT|TODO)-/.test(action));
  const idOf = ({ todo }: TodoReply): string => todo![0]!.id;

  it('is the team there is, by whatever name an agent calls it', async () => {
    const joined = await desk.join({ ...as(dora), name: 'my-own-team' });
    const [{ name }] = (await database.admin<{ name: string }>(`select name from app.team where team_id = $1`, [team.seeded.teamId])) as [{ name: string }];
    expect(joined).toMatchObject({ ok: true, name, members: expect.arrayContaining([expect.objectContaining({ lead: true }), expect.objectContaining({ name: await nameOf(dora), lead: false })]) });
    expect(await actions()).toEqual(['AGENT-JOINED']);
    expect(await database.admin(`select 1 from app.team where name = 'my-own-team'`)).toEqual([]);
  });

  it('carries a message once, to whom it is for, and an answer back, each with its entry by the agent', async () => {
    const call = as(dora, { type: 'shutdown_request', recipient: await nameOf(tess), content: 'are you done?' }) as never;
    const [first, again] = [await desk.send(call), await desk.send(call)];
    expect([first.code, again.code, again.messageId]).toEqual(['ok', 'unchanged', first.messageId]);
    await desk.send({ ...as(dora), type: 'broadcast', content: 'lunch' });
    const mail = async (instanceId: InstanceId) => (await desk.list(as(instanceId))).messages!.map(({ type, content }) => `${type} ${content}`);
    expect([await mail(tess), await mail(dora)]).toEqual([['shutdown_request are you done?', 'broadcast lunch'], []]);
    const answer = { type: 'shutdown_response' as const, requestId: first.messageId!, approve: true };
    expect(await desk.send({ ...as(dora), ...answer })).toMatchObject({ ok: false, code: 'request_unknown' });
    const both = await Promise.all([desk.send({ ...as(tess), ...answer }), desk.send({ ...as(tess), ...answer, approve: false })]);
    expect(both.map(({ code }) => code).sort()).toEqual(['ok', 'request_answered']);
    expect((await desk.list(as(dora))).messages).toMatchObject([{ type: 'shutdown_response', requestId: first.messageId }]);
    const entries = await database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [team.seeded.teamId]);
    const said = entries.map(({ payload }) => JSON.parse(payload.toString()) as { action: string; actor: object; body: Record<string, unknown> }).filter(({ action }) => action === 'AGENT-MESSAGE');
    expect(said.map(({ actor, body }) => [actor, body['type']])).toMatchObject([[{ kind: 'instance', id: dora }, 'shutdown_request'], [{ id: dora }, 'broadcast'], [{ id: tess }, 'shutdown_response']]);
    expect(JSON.stringify(said)).not.toContain('done?');
  });

  it('opens nothing: a response to an approval of a person or of the gate names nothing that was said', async () => {
    const { teamId } = team.seeded;
    const question = uuidv7();
    await database.admin(`insert into app.gate_approval (team_id, id, kind, goal_id, instance_id, requested_by, request, digest, code, reason, epoch, due_at)
      values ($1, $2, 'tool', $3, $4::uuid, 'instance:' || $4::text, '{}', sha256('q'), 'push_requires_approval', '', 1, now() + interval '1 hour')`, [teamId, question, goalId, dora]);
    for (const type of ['plan_approval_response', 'shutdown_response'] as const) expect(await desk.send({ ...as(tess), type, requestId: question, approve: true, content: 'go' })).toMatchObject({ ok: false, code: 'request_unknown' });
    expect(await database.admin(`select state from app.gate_approval where id = $1`, [question])).toEqual([{ state: 'pending' }]);
    expect(await actions()).toEqual([]);
  });

  it('keeps a list beside the manager’s tasks that no goal waits for and nobody reviews', async () => {
    const create = as(dora, { subject: 'Look at the parser', description: 'first the lexer' }) as never;
    const made = await desk.create(create);
    expect(await desk.create(create)).toMatchObject({ ok: true, code: 'unchanged', todo: made.todo });
    const second = await desk.create({ ...as(tess), subject: 'Then the printer', description: '' });
    expect(await desk.update({ ...as(tess), todoId: idOf(second), state: 'in_progress', owner: await nameOf(tess), blockedBy: [idOf(made)] })).toMatchObject({ ok: true, todo: [{ state: 'in_progress', owner: await nameOf(tess), blockedBy: [idOf(made)] }] });
    expect(await desk.update({ ...as(dora), todoId: idOf(made), blockedBy: [idOf(second)] })).toMatchObject({ ok: false, code: 'todo_cycle' });
    expect(await desk.update({ ...as(tess), todoId: idOf(second), state: 'completed' })).toMatchObject({ ok: false, code: 'todo_blocked' });
    expect(await desk.update({ ...as(dora), todoId: idOf(made), state: 'completed' })).toMatchObject({ ok: true });
    const { todos = [] } = await desk.list(as(dora));
    expect(todos.map(({ subject, state, managed }) => [subject, state, managed])).toEqual([
      [expect.any(String), 'in_progress', true], [expect.any(String), 'in_progress', true], ['Look at the parser', 'completed', false], ['Then the printer', 'in_progress', false],
    ]);
    expect(await desk.update({ ...as(dora), todoId: todos[0]!.id, state: 'completed' })).toMatchObject({ ok: false, code: 'todo_managed' });
    expect(await actions()).toEqual(['TODO-CREATED', 'TODO-CREATED', 'TODO-CHANGED', 'TODO-CHANGED']);
    expect(Object.keys(await team.tasks(goalId))).toEqual(['docs', 'tests']);
  });

  it('does nothing twice when the fleet asks again after a silence', async () => {
    const joining = [await desk.join({ ...as(dora), name: 't' }), await desk.join({ ...as(dora), name: 't' })];
    expect(joining.map(({ code, name }) => [code, name])).toEqual([['ok', joining[0]!.name], ['unchanged', joining[0]!.name]]);
    const todoId = idOf(await desk.create({ ...as(dora), subject: 's', description: '' }));
    const take = as(dora, { todoId, owner: await nameOf(dora), state: 'in_progress' }) as never;
    expect(await desk.update(take)).toMatchObject({ code: 'ok' });
    expect(await desk.update({ ...as(dora), todoId, owner: '', state: 'pending' })).toMatchObject({ code: 'ok' });
    expect(await desk.update(take)).toMatchObject({ ok: true, code: 'unchanged', todo: [{ state: 'pending' }] });
    const codes = [await desk.update({ ...as(dora), todoId, state: 'deleted' }), await desk.update({ ...as(dora), todoId, state: 'deleted' }), await desk.update({ ...as(dora), todoId, subject: 'x' })].map(({ code }) => code);
    expect(codes).toEqual(['ok', 'unchanged', 'todo_unknown']);
    expect(await actions()).toEqual(['AGENT-JOINED', 'TODO-CREATED', 'TODO-CHANGED', 'TODO-CHANGED', 'TODO-CHANGED']);
  });

  it('takes metadata up to the bytes that are stored, whatever they were on the wire', async () => {
    const { todo: [made] = [] } = await desk.create({ ...as(dora), subject: 's', description: '', metadata: { text: 'é'.repeat(4000) } });
    expect(made).toMatchObject({ metadata: { text: 'é'.repeat(4000) } });
    for (const metadata of [{ text: 'é'.repeat(4100) }, { n: Array<number>(30).fill(1e300) }]) {
      expect(await desk.create({ ...as(dora), subject: 's', description: '', metadata })).toMatchObject({ ok: false, code: 'metadata_too_large' });
      expect(await desk.update({ ...as(dora), todoId: made!.id, metadata })).toMatchObject({ ok: false, code: 'metadata_too_large' });
    }
  });

  it('takes no text that the database cannot hold', async () => {
    const todoId = idOf(await desk.create({ ...as(dora), subject: 's', description: '' }));
    for (const bad of ['a\0b', '\ud800']) {
      const replies = [
        desk.join({ ...as(dora), name: bad }), desk.send({ ...as(dora), type: 'broadcast', content: bad }), desk.create({ ...as(dora), subject: 's', description: bad }),
        desk.create({ ...as(dora), subject: 's', description: '', metadata: { deep: [{ [bad]: 1 }] } }), desk.update({ ...as(dora), todoId, metadata: { x: bad } }),
      ];
      expect((await Promise.all(replies)).map(({ code }) => code)).toEqual(replies.map(() => 'text_not_storable'));
    }
  });

  it('makes no circle when two link at once', async () => {
    const [a, b] = [idOf(await desk.create({ ...as(dora), subject: 'a', description: '' })), idOf(await desk.create({ ...as(dora), subject: 'b', description: '' }))];
    const both = await Promise.all([desk.update({ ...as(dora), todoId: a, blockedBy: [b] }), desk.update({ ...as(dora), todoId: b, blockedBy: [a] })]);
    expect(both.map(({ code }) => code).sort()).toEqual(['ok', 'todo_cycle']);
  });

  it('is for a running agent of this team, mission and epoch, whatever team it names', async () => {
    const other = await CareTeam.hire(database);
    const stale = await instanceOf('docs', { epoch: 0 });
    const ended = await instanceOf('docs', { state: 'completed' });
    const asks = (instanceId: InstanceId, teamId = team.seeded.teamId) => [
      desk.join({ ...as(instanceId), teamId, name: 't' }), desk.send({ ...as(instanceId), teamId, type: 'broadcast', content: 'x' }), desk.create({ ...as(instanceId), teamId, subject: 's', description: '' }),
      desk.update({ ...as(instanceId), teamId, todoId: uuidv7(), subject: 's' }), desk.list({ ...as(instanceId), teamId }),
    ];
    const codes = async (replies: Promise<{ code: string }>[]) => new Set((await Promise.all(replies)).map(({ code }) => code));
    expect(await codes(asks(dora, other.seeded.teamId))).toEqual(new Set(['instance_ended']));
    expect(await codes(asks(InstanceId.next()))).toEqual(new Set(['instance_ended']));
    expect(await codes(asks(ended))).toEqual(new Set(['instance_ended']));
    expect(await codes(asks(stale))).toEqual(new Set(['team_not_active']));
    await database.admin(`update app.goal set paused_at = now() where id = $1`, [goalId]);
    expect(await codes(asks(dora))).toEqual(new Set(['mission_paused']));
    await database.admin(`update app.goal set paused_at = null where id = $1`, [goalId]);
    await database.admin(`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values ($1, $2, 'cancelled', 'x')`, [team.seeded.teamId, goalId]);
    expect(await codes(asks(dora))).toEqual(new Set(['mission_paused']));
    await database.admin(`delete from app.mission_stop where team_id = $1`, [team.seeded.teamId]);
    await database.admin(`update app.team set state = 'suspended', epoch = 2 where team_id = $1`, [team.seeded.teamId]);
    expect(await codes(asks(dora))).toEqual(new Set(['team_not_active']));
    await database.admin(`update app.goal set state = 'cancelled' where id = $1`, [goalId]);
    expect(await codes(asks(dora))).toEqual(new Set(['mission_over']));
    expect(await actions()).toEqual([]);
  });

  it('shows an agent nothing of another mission of its team', async () => {
    const todo = idOf(await desk.create({ ...as(dora), subject: 'ours', description: '' }));
    const sent = await desk.send({ ...as(dora), type: 'message', recipient: await nameOf(tess), content: 'ours' });
    const goal = team.goal();
    await goals.submit(goal);
    const elsewhere = await instanceOf('tests', { goal: goal.goalId });
    const seen = await desk.list(as(elsewhere));
    expect([seen.todos!.filter(({ managed }) => !managed), seen.messages]).toEqual([[], []]);
    expect(await desk.update({ ...as(elsewhere), todoId: todo, state: 'deleted' })).toMatchObject({ ok: false, code: 'todo_unknown' });
    expect(await desk.send({ ...as(elsewhere), type: 'plan_approval_response', requestId: sent.messageId!, approve: true })).toMatchObject({ ok: false, code: 'request_unknown' });
  });
});
