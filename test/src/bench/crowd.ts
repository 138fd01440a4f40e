import { createHash } from 'node:crypto';
import { uuidv7 } from '@countersign/contracts';
import type pg from 'pg';
import { LATER, type Original } from '../stack/copies.js';

/** The id that a copied team has for a row of the team it was copied from. */
const idIn = (team: string, id: string): string => createHash('md5').update(team + id).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const ID_IN = (id: string): string => `md5(f.team::text || s.${id}::text)::uuid`;

const copyOf = (table: string, changes: string, where: string): string =>
  `insert into app.${table} select (jsonb_populate_record(s, ${changes})).* from app.${table} s, unnest($2::uuid[]) as f (team) where s.team_id = $1 and ${where}`;

/** Active teams like the original, put in as superuser: members, a running manager, an account of which nothing is spent, and nothing that they did. */
export async function copyTeams(client: pg.Client, { teamId }: Original, count: number): Promise<string[]> {
  const teams = Array.from({ length: count }, () => uuidv7());
  const own = `'team_id', f.team`;
  for (const statement of [
    copyOf('team', `jsonb_build_object(${own}, 'name', 'A copy')`, 'true'),
    copyOf('member', `jsonb_build_object(${own}, 'id', ${ID_IN('id')})`, 'true'),
    copyOf('instance', `jsonb_build_object(${own}, 'id', ${ID_IN('id')}, 'member_id', ${ID_IN('member_id')})`, `s.state = 'running' and s.task_id is null and s.member_id is not null`),
    copyOf('budget', `jsonb_build_object(${own}, 'account_id', f.team, 'held', 0, 'spent', 0, 'lent', 0, 'granted', 1000000000000)`, 's.parent_id is null'),
  ]) await client.query(statement, [teamId, teams]);
  return teams;
}

/** The tasks of `goals` running goals of a copied team, `perGoal` each, as its members would find them. */
export async function tasksOf(client: pg.Client, { teamId, goalId }: Original, team: string, goals: number, perGoal: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string; member_id: string }>(`select id, member_id from app.task where team_id = $1 and goal_id = $2 and member_id is not null order by ordinal limit 1`, [teamId, goalId]);
  const task = rows[0]!;
  const copy = (table: string, id: string, made: readonly object[]): Promise<unknown> =>
    client.query(`insert into app.${table} select (jsonb_populate_record(s, m.fields)).* from app.${table} s, unnest($3::jsonb[]) as m (fields) where s.team_id = $1 and s.id = $2`, [teamId, id, made.map((fields) => JSON.stringify({ team_id: team, ...fields }))]);
  const ids = Array.from({ length: goals }, () => uuidv7());
  await client.query('begin'); // the manager must not find a running goal without a task
  await copy('goal', goalId, ids.map((id) => ({ id, state: 'running', finished_at: null })));
  const tasks = ids.flatMap((goal) => Array.from({ length: perGoal }, (_, index) => ({ id: uuidv7(), goal_id: goal, key: `bench-${index}`, ordinal: index + 1, state: 'assigned', round: 1, depends_on: [], changed_at: LATER(), member_id: idIn(team, task.member_id) })));
  await copy('task', task.id, tasks);
  await client.query('commit');
  return tasks.map(({ id }) => id);
}

const GOAL_OF_PAST = 30;
const SPENT = 10;

/**
 * What a team has behind it: so many instances that ended, in finished goals, each with its decision and its accounts. The statistics
 * are made as Postgres itself makes them within a minute.
 */
export async function givePast(client: pg.Client, { teamId, goalId }: Original, team: string, instances: number): Promise<void> {
  const goals = Array.from({ length: Math.ceil(instances / GOAL_OF_PAST) }, () => uuidv7());
  const copyGoals = `insert into app.goal select (jsonb_populate_record(s, jsonb_build_object('team_id', $3::uuid, 'id', g.id, 'state', 'completed', 'finished_at', now()))).* from app.goal s, unnest($4::uuid[]) as g (id) where s.team_id = $1 and s.id = $2`;
  await client.query(copyGoals, [teamId, goalId, team, goals]);
  const account = (id: string, kind: string, parent: string, amount: number): string =>
    `insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, spent) select $1::uuid, ${id}, u, '${kind}', ${parent}, ${amount}, ${amount} from past, unnest($2::text[]) u`;
  const { rows: units } = await client.query<{ unit: string }>(`select unit from app.budget where team_id = $1 and account_id = $1`, [team]);
  const named = units.map(({ unit }) => unit);
  await client.query('begin');
  await client.query(`create temporary table past on commit drop as select gen_random_uuid() as id, ($1::uuid[])[1 + n / $2] as goal from generate_series(0, $3 - 1) n`, [goals, GOAL_OF_PAST, instances]);
  await client.query(account('p.goal', 'mission', '$1::uuid', GOAL_OF_PAST * SPENT).replace('from past', 'from (select distinct goal from past) p'), [team, named]);
  await client.query(`update app.budget set spent = lent where team_id = $1 and account_id = $1`, [team]);
  await client.query(account('p.id', 'instance', 'p.goal', SPENT).replace('from past', 'from past p'), [team, named]);
  const copyPast = (table: string, changes: string, which: string): string =>
    `insert into app.${table} select (jsonb_populate_record(s, jsonb_build_object('team_id', $2::uuid, 'id', p.id, 'run_id', gen_random_uuid(), 'task_id', null${changes}))).* from app.${table} s, past p where s.team_id = $1 and s.id = (select id from app.${table} where team_id = $1 ${which} limit 1)`;
  await client.query(copyPast('instance', `, 'goal_id', p.goal, 'member_id', null, 'parent_id', null`, `and state = 'completed'`), [teamId, team]);
  await client.query(copyPast('spawn_decision', '', 'and allowed and task_id is not null'), [teamId, team]);
  await client.query('commit');
  await client.query('analyze app.goal, app.task, app.instance, app.budget, app.spawn_decision');
}
