import { auditor, Personal, personal, serviceKey } from '@countersign/audit';
import { columnOf, DEFAULT_TEAM_CONDUCT, MemberId, PersonId, reviewOf, TaskId, type Actor, type BoardColumnId, type CardMove, type CommandReply, type GoalId, type MoveCard, type TaskEvent, type TaskState } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { setTeamPolicy, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { readGoal } from './adapters/postgres/goal-rows.js';
import { GoalDesk } from './goal-desk.js';
import { CareTeam } from './testing/team.js';

const real = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 0x42)) });
/** What was committed to of tasks, in whose name. */
const described: Personal[] = [];
const audit: typeof real = (tx, action, body, ...more) => {
  if ('task_description' in body && body.task_description instanceof Personal) described.push(body.task_description);
  return real(tx, action, body, ...more);
};
interface Card {
  column: BoardColumnId;
  reviewer?: Actor | null;
}

describe('the board, from rows', () => {
  let database: TestDatabase;
  let asManager: Database;
  let desk: GoalDesk;
  let team: CareTeam;
  let goalId: GoalId;
  let people: readonly [PersonId, PersonId];
  before(async () => {
    database = await testDatabase();
    asManager = database.as('manager-agent');
    desk = new GoalDesk(asManager, audit, pino({ level: 'silent' }));
  });
  after(() => database.close());
  const hire = async (): Promise<void> => {
    team = await CareTeam.hire(database);
    people = [team.seeded.personId, PersonId.next()];
    await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, $3, 'Ravi', '{customer_governor}')`, [team.seeded.customerId, people[1], `ravi-${people[1]}`]);
    const goal = team.goal();
    goalId = goal.goalId;
    await desk.submit(goal);
  };
  beforeEach(hire);

  const requester = (by = 0, over = {}) => ({ personId: people[by]!, customerId: team.seeded.customerId, roles: ['customer_governor'], ...over });
  const taskOf = async (key: string): Promise<TaskId> => (await team.tasks(goalId))[key]!.id;
  /** As somebody sees the card who has just loaded the page. */
  const seen = async (key: string) => {
    const { id, round } = (await team.tasks(goalId))[key]!;
    return { round, request: reviewOf(await history(id)).cycle?.request ?? null };
  };
  const move = async (key: string, wanted: CardMove, by = 0, over: Partial<MoveCard> = {}): Promise<CommandReply> => desk.moveCard({ teamId: team.seeded.teamId, taskId: await taskOf(key), by: requester(by), move: wanted, seen: await seen(key), ...over });
  const add = async (memberId?: MemberId, by = 0): Promise<TaskId> => {
    const taskId = TaskId.next();
    expect(await desk.addCard({ teamId: team.seeded.teamId, goalId, taskId, by: requester(by), title: 'Say why', detail: 'in the README', ...(memberId ? { memberId } : {}) })).toMatchObject({ ok: true });
    return taskId;
  };
  const memberFor = async (skill: string): Promise<MemberId> => (await database.admin<{ id: MemberId }>(`select id from app.member where team_id = $1 and skill = $2`, [team.seeded.teamId, skill]))[0]!.id;
  const look = (): Promise<void> => asManager.withTeam(team.seeded.teamId, (tx) => desk.look(tx, goalId), { fence: 1 });
  const finish = async (key: string): Promise<void> => {
    const draft = await team.handIn(goalId, key);
    await look();
    await team.check(draft);
    await look();
    await team.commit(draft);
    await look();
  };
  const history = (id: TaskId): Promise<TaskEvent[]> => database.admin<TaskEvent>(`select id, kind, actor, body, (extract(epoch from at) * 1000)::int8 as "atMs" from app.task_event where team_id = $1 and task_id = $2 order by at, id`, [team.seeded.teamId, id]);
  /** Time passes for whatever has happened. */
  const pass = async (minutes: number): Promise<void> => {
    for (const set of ['task_event set at = at', 'team set state_changed_at = state_changed_at', 'goal set running_since = running_since']) await database.admin(`update app.${set} - make_interval(mins => $2) where team_id = $1`, [team.seeded.teamId, minutes]);
  };
  /** What reviewers were told, in order. */
  const newsOfReviews = async (): Promise<string[]> => {
    const keys = Object.fromEntries(Object.entries(await team.tasks(goalId)).map(([key, { id }]) => [id as string, key]));
    const rows = await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from app.outbox where team_id = $1 and headers ->> 'ce-type' = 'draft.review_asked.v1' order by seq`, [team.seeded.teamId]);
    return rows.map(({ payload }) => JSON.parse(payload) as { taskId: string; what: string }).map(({ taskId, what }) => `${keys[taskId]} ${what}`);
  };
  /** As whoever loads the page anew sees it. */
  const reloaded = async (key: string): Promise<Card> => {
    const { id, state } = (await team.tasks(goalId))[key]!;
    const review = reviewOf(await history(id));
    const column = columnOf(state as TaskState, review)!;
    return { column, ...(review.cycle ? { reviewer: review.cycle.reviewer } : {}) };
  };

  it('asks the reviewers by itself when work is done, waits for them, and proposes when they have approved', async () => {
    const [asha, ravi] = people.map((id): Actor => `person:${id}`) as [Actor, Actor];
    expect(await desk.setReviewers({ teamId: team.seeded.teamId, by: requester(), reviewers: [asha, asha], version: 0 })).toMatchObject({ ok: false, code: 'reviewer_twice' });
    await finish('docs');
    const set = (reviewers: Actor[], version: number) => desk.setReviewers({ teamId: team.seeded.teamId, by: requester(), reviewers, version });
    // of two at once the second has not seen what the first one set; done work is asked about at once
    const both = await Promise.all([set([asha, ravi], 0), set([asha, ravi], 0)]);
    expect(both.map(({ code }) => code).sort()).toEqual(['ok', 'stale_version']);
    expect(await reloaded('docs')).toEqual({ column: 'review', reviewer: asha });
    const [board] = await database.admin<{ version: string }>(`select (extract(epoch from changed_at) * 1000000)::int8::text as version from app.board where team_id = $1`, [team.seeded.teamId]);
    expect(await set([asha, ravi], Number(board!.version))).toMatchObject({ ok: true });
    await finish('tests');
    expect([await reloaded('docs'), await reloaded('tests')]).toEqual([{ column: 'review', reviewer: asha }, { column: 'review', reviewer: ravi }]);
    expect((await team.goalRow(goalId)).state).toBe('running');
    const waiting = () => database.as('manager-agent').withTeam(team.seeded.teamId, async (tx) => (await readGoal(tx, goalId))!.reviewers.map(({ open }) => open));
    expect(await waiting()).toEqual([1, 1]);
    await database.admin(`update app.goal set finished_at = now() where id = $1`, [goalId]); // reviews of what is over wait for nobody
    expect(await waiting()).toEqual([0, 0]);
    await database.admin(`update app.goal set finished_at = null where id = $1`, [goalId]);
    expect(await move('docs', 'approve', 1)).toMatchObject({ ok: false, code: 'review_is_anothers' });
    // not picked up: reminded once, then handed on
    await pass(4);
    await look();
    await look();
    await pass(11);
    await look();
    expect(await reloaded('docs')).toEqual({ column: 'review', reviewer: ravi });
    // who governs no longer reviews no longer: what waited for them goes to the other; when each was asked, it is anybody's
    await database.admin(`update app.person set roles = '{}' where id = $1`, [people[0]]);
    await look();
    expect(await reloaded('tests')).toEqual({ column: 'review', reviewer: null });
    await database.admin(`update app.person set roles = '{customer_governor}' where id = $1`, [people[0]]);
    for (let again = 0; again < 2; again++) await look();
    expect((await team.chain()).filter((action) => action === 'MANAGER-ESCALATED')).toHaveLength(1);
    expect((await history(await taskOf('docs'))).map(({ kind }) => kind).slice(-4)).toEqual(['done', 'review_requested', 'review_nudged', 'review_requested']);
    expect(await newsOfReviews()).toEqual(['docs asked', 'tests asked', 'docs reminded', 'tests reminded', 'docs asked', 'tests asked', 'tests escalated']);
    expect(await move('docs', 'approve', 1)).toMatchObject({ ok: true });
    expect((await team.goalRow(goalId)).state).toBe('running');
    expect(await move('tests', 'approve', 0)).toMatchObject({ ok: true });
    expect((await team.goalRow(goalId)).state).toBe('proposed');
    expect(await team.chain()).toEqual(expect.arrayContaining(['BOARD-REVIEWERS-SET', 'TASK-REVIEW-REQUESTED', 'TASK-REVIEW-NUDGED', 'TASK-REVIEW-APPROVED']));
  });

  it('has everybody told at once where nobody who was named to review may review any more', async () => {
    expect(await desk.setReviewers({ teamId: team.seeded.teamId, by: requester(), reviewers: [`person:${people[1]}`], version: 0 })).toMatchObject({ ok: true });
    await database.admin(`update app.person set roles = '{}' where id = $1`, [people[1]]);
    await finish('docs');
    expect(await reloaded('docs')).toEqual({ column: 'review', reviewer: null });
    expect(await newsOfReviews()).toEqual(['docs escalated']);
    await look();
    expect(await newsOfReviews()).toHaveLength(1);
  });

  it('is as patient with a reviewer as the operator’s policy says, from the version on that is in force', async () => {
    const [asha, ravi] = people.map((id): Actor => `person:${id}`) as [Actor, Actor];
    const later = async (minutes: number): Promise<[string, Actor | null | undefined]> => {
      await pass(minutes);
      await look();
      return [(await history(await taskOf('docs'))).at(-1)!.kind, (await reloaded('docs')).reviewer];
    };
    try {
      await setTeamPolicy(database, { review: { ...DEFAULT_TEAM_CONDUCT.review, pickupMinutes: 20, handOverMinutes: 5 } });
      expect(await desk.setReviewers({ teamId: team.seeded.teamId, by: requester(), reviewers: [asha, ravi], version: 0 })).toMatchObject({ ok: true });
      await finish('docs');
      expect(await later(19)).toEqual(['review_requested', asha]);
      expect(await later(2)).toEqual(['review_nudged', asha]);
      expect(await later(6)).toEqual(['review_requested', ravi]);
      await setTeamPolicy(database, { review: { ...DEFAULT_TEAM_CONDUCT.review, pickupMinutes: 2 } });
      expect(await later(3)).toEqual(['review_nudged', ravi]);
    } finally {
      await setTeamPolicy(database);
    }
  });

  it('gives a reviewer their time anew where the team was suspended, or the goal paused, meanwhile', async () => {
    const [asha, ravi] = people.map((id): Actor => `person:${id}`) as [Actor, Actor];
    expect(await desk.setReviewers({ teamId: team.seeded.teamId, by: requester(), reviewers: [asha, ravi], version: 0 })).toMatchObject({ ok: true });
    await finish('docs');
    expect(await move('docs', 'start_review', 0)).toMatchObject({ ok: true });
    await pass(61);
    await database.admin(`update app.team set state_changed_at = now() where team_id = $1`, [team.seeded.teamId]); // it has just gone on
    await look();
    await pass(58);
    await look();
    expect(await reloaded('docs')).toEqual({ column: 'review', reviewer: asha });
    await pass(3);
    await look();
    expect(await reloaded('docs')).toEqual({ column: 'review', reviewer: ravi });
    await pass(4);
    await database.admin(`update app.goal set running_since = now() where id = $1`, [goalId]);
    await look();
    expect(await newsOfReviews()).toEqual(['docs asked', 'docs asked']);
    await pass(4);
    await look();
    expect(await newsOfReviews()).toEqual(['docs asked', 'docs asked', 'docs reminded']);
  });

  it('sends work back to its owner with the comment, and counts its rounds on', async () => {
    // the deputy of the shipped team has less to do than the owner: the work is the owner's all the same
    const owner = await memberFor('docs');
    await add(owner);
    await add();
    for (const key of ['docs', 'tests']) await finish(key);
    expect(await move('docs', 'request_changes', 0, { comment: 'Shorter, please' })).toMatchObject({ ok: true, code: 'ok' });
    expect(await database.admin(`select m.from_kind, m.text, r.delivered_at is null as waits from app.member_message m join app.message_receipt r on r.team_id = m.team_id and r.message_id = m.id where m.team_id = $1 and m.from_id = $2 and m.text like 'Changes%'`, [team.seeded.teamId, team.seeded.managerId])).toEqual([{ from_kind: 'lead', text: expect.stringMatching(/^Changes are asked for on “.+”: Shorter, please$/), waits: true }]);
    const row = (await team.tasks(goalId))['docs']!;
    expect(await database.admin(`select member_id as owner from app.task where team_id = $1 and id = $2`, [team.seeded.teamId, row.id])).toEqual([{ owner }]);
    expect(row).toMatchObject({ state: 'assigned', round: 2, notes: ['The customer asks: Shorter, please'] });
    expect(reviewOf(await history(row.id))).toMatchObject({ state: 'needs_fix', note: 'Shorter, please' });
    const stored = await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from audit.entry where team_id = $1`, [team.seeded.teamId]);
    expect(stored.map(({ payload }) => payload).join()).not.toContain('Shorter');
    await finish('docs');
    expect(await reloaded('docs')).toEqual({ column: 'done' });
  });

  it('gives a task that nobody owned its member’s own acceptance checks, and a member of it at once', async () => {
    const key = await add(undefined, 1);
    expect((await team.tasks(goalId))[key]).toMatchObject({ state: 'todo' });
    expect(await move(key, 'assign', 0, { memberId: await memberFor('manager') })).toMatchObject({ ok: false, code: 'owner_unknown' });
    expect(await move(key, 'assign', 0, { memberId: await memberFor('tests') })).toMatchObject({ ok: true });
    const [row] = await database.admin(`select state, skill, criteria = (select criteria from app.task where team_id = $1 and key = 'tests') as usual from app.task where team_id = $1 and key = $2`, [team.seeded.teamId, key]);
    expect(row).toEqual({ state: 'assigned', skill: 'tests', usual: true });
    // the words are those of whoever added it, not of whoever submitted the goal
    expect(described.filter(({ subject }) => subject === people[1])).toEqual([personal(people[1], 'Say why. in the README'), personal(people[1], 'Say why')]);
    expect(await move(key, 'assign', 0, { memberId: await memberFor('docs') })).toMatchObject({ ok: false, code: 'not_in_column' });
  });

  it('keeps a person’s task until those are done that it waits for, and tells whoever has it what came of them, also of what was done before', async () => {
    const docs = await memberFor('docs');
    const addAfter = (...dependsOn: TaskId[]) => {
      const taskId = TaskId.next();
      return desk.addCard({ teamId: team.seeded.teamId, goalId, taskId, by: requester(), title: 'Say why', detail: '', memberId: docs, dependsOn }).then(({ code }) => ({ code, taskId }));
    };
    await finish('docs');
    const { code, taskId } = await addAfter(await taskOf('docs'), await taskOf('tests'));
    expect([code, (await team.tasks(goalId))[taskId]!.state]).toEqual(['ok', 'todo']);
    const told = (): Promise<{ name: string }[]> => database.admin(`select name from app.context where team_id = $1 and task_id = $2 order by changed_at`, [team.seeded.teamId, taskId]);
    expect(await told()).toEqual([{ name: expect.stringMatching(/^Result: /) }]);
    // what a person wrote in its place stays, also when another builds on the same
    await database.admin(`update app.context set version = 2, sha256 = sha256('Not so.') where team_id = $1 and task_id = $2`, [team.seeded.teamId, taskId]);
    expect((await addAfter(await taskOf('docs'))).code).toBe('ok');
    expect(await database.admin(`select version from app.context where team_id = $1 and task_id = $2`, [team.seeded.teamId, taskId])).toEqual([{ version: 2 }]);
    await finish('tests');
    expect([(await team.tasks(goalId))[taskId]!.state, (await told()).length]).toEqual(['assigned', 2]);
    expect((await addAfter(TaskId.next())).code).toBe('dependency_unknown');
    const another = team.goal();
    await desk.submit(another);
    expect((await addAfter((await team.tasks(another.goalId))['docs']!.id)).code).toBe('dependency_unknown'); // another goal's is none of this one
    const [entry] = await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from audit.entry where team_id = $1 and convert_from(payload, 'utf8') like $2`, [team.seeded.teamId, `%TASK-CREATED%${taskId}%`]);
    expect(entry!.payload).toContain('depends_on');
  });

  it('hands on what a member had that made room for a fresh one, to whoever has the skill now', async () => {
    const [old, fresh] = [await memberFor('docs'), MemberId.next()];
    const holder = async (): Promise<string> => (await database.admin<{ id: string }>(`select member_id as id from app.task where team_id = $1 and id = $2`, [team.seeded.teamId, await taskOf('docs')]))[0]!.id;
    await database.admin(`update app.task set member_id = $3 where team_id = $1 and id = $2`, [team.seeded.teamId, await taskOf('docs'), old]);
    await database.admin(`update app.member set state = 'removed' where team_id = $1 and id = $2`, [team.seeded.teamId, old]);
    await database.admin(`insert into app.member (team_id, id, kind, skill, agent, name) select team_id, $3, kind, skill, agent, 'Dora 2' from app.member where team_id = $1 and id = $2`, [team.seeded.teamId, old, fresh]);
    await database.admin(`update app.member set secondary_skills = '{}' where team_id = $1`, [team.seeded.teamId]); // nobody stands in
    await look();
    expect(await holder()).toBe(fresh);
    expect((await team.tasks(goalId))['docs']).toMatchObject({ state: 'assigned' });
  });

  it('takes a judgement of nothing but what was seen', async () => {
    const key = await add();
    await finish('docs');
    const before_ = await seen('docs');
    await move('docs', 'request_changes');
    await finish('docs');
    expect(await move('docs', 'approve', 0, { seen: before_ })).toMatchObject({ ok: false, code: 'stale_version' });
    expect(await reloaded('docs')).toEqual({ column: 'done' });
    expect(await move(key, 'remove')).toMatchObject({ ok: true, code: 'ok' });
    expect((await team.tasks(goalId))[key]).toMatchObject({ state: 'cancelled' });
  });

  it('is moved by nobody who may not: another customer, another role, a stopped team, a task of no goal', async () => {
    await finish('docs');
    const taskId = await taskOf('docs');
    const tried = async (over: object, of = taskId) => (await desk.moveCard({ teamId: team.seeded.teamId, taskId: of, by: requester(0, over), move: 'approve', seen: await seen('docs') })).code;
    const before_ = await team.chain();
    expect([await tried({ customerId: PersonId.next() }), await tried({ roles: ['operator'] }), await tried({}, TaskId.next())]).toEqual(['not_found', 'not_permitted', 'not_found']);
    await team.suspend();
    expect(await tried({})).toBe('team_not_active');
    expect(await team.chain()).toEqual(before_);
  });
});
