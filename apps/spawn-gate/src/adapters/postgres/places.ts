import type { Audit } from '@countersign/audit';
import type { AgentRole, Capabilities } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { shown, type Full } from '../../domain/amounts.js';
import { handOver } from '../../domain/budget.js';
import type { Allowed } from '../../domain/decide-spawn.js';
import type { Place } from '../../domain/places.js';
import { limitProperties, tell } from './events.js';
import type { SpawnCase } from './read-spawn.js';

interface PlaceRow {
  readonly id: string;
  readonly goal_id: string | null;
  readonly task_id: string | null;
  readonly parent_id: string | null;
  readonly free: boolean;
  readonly role: AgentRole;
  readonly template_id: string;
  readonly skill_hash: string;
  readonly granted: Full;
  readonly slice: Full;
  readonly capabilities: Capabilities;
}

const MOST = 200;

/** Granted instances of the team that no supervisor holds and whose time to wait is not over; the oldest first. */
export async function readPlaces(tx: Tx): Promise<Place[]> {
  // The places first: mostly there is none, and then no account is looked at.
  const rows = await tx.read<PlaceRow>(sql`with place as materialized (
      select * from app.instance where team_id = ${tx.scopeId} and state = 'queued' and deadline_at > clock_timestamp() order by started_at, id limit ${MOST})
    select i.id, i.goal_id, i.task_id, i.parent_id, m.kind = 'mission' as free, i.role, i.template_id, i.skill_hash, i.slice as granted, i.capabilities,
      (select jsonb_object_agg(a.unit, a.granted - a.held - a.spent) from app.budget a where a.team_id = i.team_id and a.account_id = i.id) as slice
    from place i join app.budget b on b.team_id = i.team_id and b.account_id = i.id and b.unit = 'tokens' join app.budget m on m.team_id = b.team_id and m.account_id = b.parent_id and m.unit = b.unit
    order by i.started_at, i.id`);
  return rows.map(({ goal_id, task_id, parent_id, template_id, skill_hash, ...row }, order) => ({ ...row, goalId: goal_id, taskId: task_id, parentId: parent_id, templateId: template_id, skillHash: skill_hash, order }));
}

const accountsOfPlace = (tx: Tx, id: string) => sql`select unnest(array[account_id, parent_id]) from app.budget where team_id = ${tx.scopeId} and account_id = ${id} and unit = 'tokens'`;

/**
 * A run takes a place: from now on it runs, in this sandbox, with what it was granted and its template still allows. A place of
 * the default mission comes under the goal's account with its slice, and what it started with it, in the same transaction (P4).
 */
export async function bindPlace(tx: Tx, audit: Audit, spawn: SpawnCase, place: Place, { capabilities, skillHash, slice, wallMs }: Allowed): Promise<void> {
  const { order, ask, goalId, taskId, memberId, facts, inForce } = spawn;
  const { runId } = order.supervisor!;
  const sandboxLevel = ask.sandboxLevel!; // what is believed of the supervisor, not what it says
  if (place.goalId !== goalId) await moveToGoal(tx, audit, spawn, place);
  const lifeMs = wallMs + inForce.policy!.leaseMs;
  tx.writeExpecting(1, 'place_taken', sql`update app.instance i set state = 'running', task_id = ${taskId}, run_id = ${runId}, member_id = ${memberId ?? null}, goal_id = ${goalId}, capabilities = ${json(capabilities)}, slice = ${json(slice)}, sandbox_level = ${sandboxLevel}, started_at = clock_timestamp(),
      deadline_at = least(clock_timestamp() + ${lifeMs}::int8 * interval '1 millisecond', (select p.deadline_at from app.instance p where p.team_id = i.team_id and p.id = i.parent_id))
    where i.team_id = ${tx.scopeId} and i.id = ${place.id} and i.state = 'queued'`);
  await audit(tx, 'INSTANCE-STARTED', { instance_id: place.id, task_id: taskId!, ...(memberId === undefined ? {} : { team_member_id: memberId }), role: place.role, sandbox_level: sandboxLevel, ...(inForce.sandboxChoice ? { sandbox_chosen: inForce.sandboxChoice } : {}), skill_hash: skillHash, hold: shown(slice) });
  const subject = { instanceId: place.id, subjectId: place.id, goalId, taskId: taskId!, runId, parentId: place.parentId, epoch: facts.team.epoch };
  tell(tx, subject, 'instance.started', { role: place.role, status: 'running', budgetLimit: limitProperties(slice), skillHash });
}

async function moveToGoal(tx: Tx, audit: Audit, { book, goalId }: SpawnCase, { id, granted }: Place): Promise<void> {
  await book.more(tx, accountsOfPlace(tx, id));
  const from = book.path(id).ids[1]!;
  const moved = handOver(book.get(from)!, book.get(goalId!)!, granted);
  book.put([from, goalId!], [moved.from, moved.to]);
  book.hangBelow(tx, id, goalId!);
  tx.write(sql`with recursive below as (select ${id}::uuid as id union all select c.id from below join app.instance c on c.team_id = ${tx.scopeId} and c.parent_id = below.id)
    update app.instance set goal_id = ${goalId} where team_id = ${tx.scopeId} and id in (select id from below)`);
  await audit(tx, 'BUDGET-RELEASED', { account_id: from, hold_id: id, spent: {}, released: shown(granted) });
  await audit(tx, 'BUDGET-HELD', { account_id: goalId!, hold_id: id, amounts: shown(granted), instance_id: id });
}
