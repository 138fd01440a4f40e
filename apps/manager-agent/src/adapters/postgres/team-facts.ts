import type { TaskState, TodoState } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { TeamFacts } from '../../domain/team-files.js';
import { AS_TODO } from './agent-rows.js';

const MOST_TASKS = 500;
const MOST_MESSAGES = 1000;
const MOST_EVENTS = 1000;

type TaskRow = Omit<TeamFacts['tasks'][number], 'status' | 'managed'>;

/** Goals whose tasks are shown: those that are open, and those that ended less than a week ago. */
const shown = (tx: Tx) => sql`select g.id from app.goal g where g.team_id = ${tx.scopeId} and (g.finished_at is null or g.finished_at > clock_timestamp() - interval '7 days')`;

/** Everything a team's files are made of. */
export async function readTeamFacts(tx: Tx): Promise<TeamFacts | undefined> {
  const [team, members, tasks, todos, messages, events] = await Promise.all([
    tx.one<TeamFacts['team']>(sql`select team_id as id, name, state, mode, bundle_id || '@' || bundle_version as bundle from app.team where team_id = ${tx.scopeId}`),
    tx.read<TeamFacts['members'][number]>(sql`select m.id, m.name, m.skill, m.kind = 'manager' as lead, m.state, case when i.state in ('queued', 'running') then i.id end as "instanceId",
        coalesce((extract(epoch from coalesce(i.ended_at, i.started_at)) * 1000)::int8, 0) as "updatedAtMs"
      from app.member m left join lateral (select * from app.instance i where i.team_id = m.team_id and i.member_id = m.id order by i.started_at desc, i.id desc limit 1) i on true
      where m.team_id = ${tx.scopeId} order by m.kind, m.name, m.id`),
    tx.read<TaskRow & { state: TaskState }>(sql`select k.id, k.goal_id as "goalId", k.title as subject, k.detail as description, k.state, k.member_id as "ownerId", k.depends_on as "blockedBy"
      from app.task k where k.team_id = ${tx.scopeId} and k.goal_id in (${shown(tx)}) order by k.goal_id desc, k.ordinal limit ${MOST_TASKS}`),
    tx.read<TaskRow & { state: TodoState }>(sql`select t.id, t.goal_id as "goalId", t.subject, t.description, t.state, t.owner_id as "ownerId", t.blocked_by as "blockedBy"
      from app.todo t where t.team_id = ${tx.scopeId} and t.goal_id in (${shown(tx)}) and t.state <> 'deleted' order by t.ordinal desc limit ${MOST_TASKS}`),
    tx.read<TeamFacts['messages'][number]>(sql`select id, type, from_id as "fromId", to_id as "toId", content, summary, request_id as "requestId", approve, (extract(epoch from at) * 1000)::int8 as "atMs"
      from app.team_message where team_id = ${tx.scopeId} order by seq desc limit ${MOST_MESSAGES}`),
    tx.read<TeamFacts['events'][number]>(sql`select e.seq, e.at_ms as "atMs", convert_from(e.payload, 'utf8')::jsonb ->> 'action' as action, convert_from(e.payload, 'utf8')::jsonb ->> 'result' as result
      from audit.entry e where e.team_id = ${tx.scopeId} order by e.seq desc limit ${MOST_EVENTS}`),
  ]);
  if (!team) return undefined;
  const managed = tasks.map(({ state, ...task }) => ({ ...task, status: AS_TODO[state], managed: true }));
  return { team, members, tasks: [...managed, ...todos.map(({ state, ...todo }) => ({ ...todo, status: state, managed: false }))], messages: messages.reverse(), events: events.reverse() };
}
