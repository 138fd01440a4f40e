import { uuidv7, type MemberId, type RunId, type TaskId, type TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { DraftStore } from './draft-store.js';
import { RunStore } from './run-store.js';

describe('what the fleet finds in its rows', () => {
  let database: TestDatabase;
  let fleet: Database;
  let goals: Map<TeamId, string>;
  before(async () => {
    database = await testDatabase();
    fleet = database.as('fleet');
    goals = new Map();
  });
  after(() => database.close());

  const aTeam = async (): Promise<SeededTeam> => {
    const team = await seedTeam(database);
    const goalId = uuidv7();
    goals.set(team.teamId, goalId);
    await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'x', 'running', $3, '{}')`, [team.teamId, goalId, team.personId]);
    return team;
  };
  const task = async ({ teamId, memberId }: SeededTeam, state = 'assigned'): Promise<TaskId> => {
    const id = uuidv7() as TaskId;
    await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state, round, changed_at) select $1, $2, $3, 1 + count(*), 'k' || count(*), 'x', 'docs', $4, '[]', $5, 1, now() - interval '1 minute' from app.task where team_id = $1`, [teamId, id, goals.get(teamId), memberId, state]);
    return id;
  };
  const queued = async (team: SeededTeam, minutes: number, over: { state?: string; task?: TaskId } = {}): Promise<RunId> => {
    const id = uuidv7() as RunId;
    await database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch, queued_at, heartbeat_at) values ($1, $2, $3, $4, 1, 1, $5, 1, now() - make_interval(mins => $6), case when $5 = 'running' then now() + interval '1 hour' end)`, [team.teamId, id, over.task ?? (await task(team)), team.memberId, over.state ?? 'queued', minutes]);
    return id;
  };

  it('lets teams take turns: what is queued of whom least is under way comes first, of each the oldest first', async () => {
    const [many, few] = [await aTeam(), await aTeam()];
    const running = await queued(many, 90, { state: 'running' }); // which counts, and is nothing to find while its supervisor is heard of
    const theirs = [await queued(many, 80), await queued(many, 70), await queued(many, 60)];
    const ours = [await queued(few, 5), await queued(few, 4)];
    expect((await fleet.ops<{ id: RunId }>('open_runs')).map(({ id }) => id)).toEqual([ours[0], theirs[0], ours[1], theirs[1], theirs[2]]);
    await database.admin(`update app.worker_run set heartbeat_at = now() - interval '6 seconds' where id = $1`, [running]);
    expect((await fleet.ops<{ id: RunId; stale: boolean }>('open_runs'))[0]).toMatchObject({ id: running, stale: true });
    await database.admin(`delete from app.worker_run`);
    await database.admin(`update app.task set state = 'done'`);
  });

  it('misses an assignment of whoever is there, once and the oldest first; of a member who is suspended it misses nothing', async () => {
    const [team, other] = [await aTeam(), await aTeam()];
    const [first, second] = [await task(team), await task(other)];
    await database.admin(`update app.task set changed_at = now() - interval '1 hour' where id = $1`, [second]);
    const missed = async () => (await fleet.ops<{ id: TaskId }>('unqueued_tasks')).map(({ id }) => id);
    expect(await missed()).toEqual([second, first]);
    await database.admin(`update app.member set state = 'suspended' where team_id = $1 and id = $2`, [team.teamId, team.memberId]);
    expect(await missed()).toEqual([second]);
    const queue = (of: SeededTeam, taskId: TaskId) => new RunStore(fleet).queueMissed(of.teamId, { taskId, memberId: of.memberId as MemberId, round: 1, epoch: 1 });
    expect([await queue(other, second), await queue(other, second), await queue(team, first)]).toEqual([true, false, false]);
    await database.admin(`delete from app.worker_run`);
    await database.admin(`update app.task set state = 'done'`);
  });

  it('leaves nothing waiting of a team that was stopped, also when it works again by then; what goes on is queued anew', async () => {
    const [team, other] = [await aTeam(), await aTeam()];
    const taskId = await task(team);
    await queued(team, 5, { task: taskId });
    const ours = await queued(other, 5);
    const store = new RunStore(fleet);
    const states = async () => (await database.admin<object>(`select json_build_array(attempt, state, code, epoch, ended_at is not null) as is from app.worker_run where task_id = $1 order by attempt`, [taskId])).map((row) => Object.values(row)[0] as unknown);
    const stopped = () => fleet.withTeam(team.teamId, (tx) => Promise.resolve(store.endStopped(tx)));
    await stopped();
    expect(await states()).toEqual([[1, 'queued', null, 1, false]]);
    await database.admin(`update app.team set epoch = 3 where team_id = $1`, [team.teamId]);
    await stopped();
    expect(await states()).toEqual([[1, 'stopped', 'team_suspended', 1, true]]);
    expect(await database.admin(`select state from app.worker_run where id = $1`, [ours])).toEqual([{ state: 'queued' }]);
    // what is lost with its supervisor is no other try of before the stop, either
    const lost = await queued(team, 5, { task: await task(team), state: 'running' });
    const run = { teamId: team.teamId, runId: lost, taskId, goalId: goals.get(team.teamId) as never, memberId: team.memberId as MemberId, round: 1, attempt: 1, epoch: 1 };
    await store.end(run, { kind: 'failed', code: 'supervisor_lost', detail: '' }, {});
    expect(await states()).toHaveLength(1);
    expect(await store.queueMissed(team.teamId, { taskId, memberId: team.memberId as MemberId, round: 1, epoch: 3 })).toBe(true);
    expect(await states()).toEqual([[1, 'stopped', 'team_suspended', 1, true], [2, 'queued', null, 3, false]]);
    await database.admin(`delete from app.worker_run`);
    await database.admin(`update app.task set state = 'done'`);
  });

  it('commits what is approved for as long as its task is: not what a person left out, or what is over, meanwhile', async () => {
    const team = await aTeam();
    const [taskId, draftId] = [await task(team, 'approved'), uuidv7()];
    const runId = await queued(team, 5, { state: 'submitted', task: taskId });
    await database.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $4, 1, '', 'b')`, [team.teamId, draftId, taskId, runId]);
    await database.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision) values ($1, $2, $3, $4, 1, 'approved')`, [team.teamId, uuidv7(), taskId, draftId]);
    const store = new DraftStore(fleet, () => Promise.reject(new Error('nothing is written')));
    const found = async () => [(await fleet.ops('uncommitted_drafts')).length, (await store.open(team.teamId, draftId as never, true)) !== undefined];
    expect(await found()).toEqual([1, true]);
    for (const [table, change] of [['task', `state = 'cancelled'`], ['task', `state = 'blocked'`], ['task', `state = 'approved', round = 2`]] as const) {
      await database.admin(`update app.${table} set ${change} where team_id = $1`, [team.teamId]);
      expect([change, ...(await found())]).toEqual([change, 0, false]);
    }
    await database.admin(`update app.task set round = 1 where team_id = $1`, [team.teamId]);
    await database.admin(`update app.goal set state = 'cancelled', finished_at = now() where team_id = $1`, [team.teamId]);
    expect((await found())[0]).toBe(0);
  });
});
