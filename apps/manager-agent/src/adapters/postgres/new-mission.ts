import { person, personal } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { goalChanged, TaskId, type CreateMission, type GoalId } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { createHash } from 'node:crypto';
import { refusesWork } from '../../domain/new-work.js';
import { planMission, type PlannedItem } from '../../domain/plan-mission.js';
import { emitCreated } from './mission-news.js';
import { readTeam } from './mission-rows.js';
import type { Refusal } from './new-goal.js';
import { readWorkTerms } from './work-terms.js';

/** Stores a mission as a draft, or says why not. One that is there already under this id is left alone: `false`. The transaction's principal is its maker. */
export async function storeNewMission(tx: Tx, audit: Audit, request: CreateMission): Promise<{ readonly stored: boolean } | Refusal> {
  const { teamId, missionId, by, mission } = request;
  const [team, existing] = await Promise.all([readTeam(tx), tx.one<{ id: GoalId; origin: string }>(sql`select id, origin from app.goal where team_id = ${teamId} and id = ${missionId}`)]);
  if (team?.customerId !== by.customerId) return { code: 'not_found', message: 'There is no such team.' };
  if (!by.roles.includes('customer_governor')) return { code: 'not_permitted', message: 'Only a governor of the customer gives missions to a team.' };
  if (existing) return { stored: false };
  if (team.state !== 'active') return { code: 'team_not_active', message: `The team is ${team.state}; it takes missions while it is active.` };
  const plan = planMission(mission, TaskId.next);
  if (!plan.ok) return plan;
  const refused = refusesWork(await readWorkTerms(tx), plan.items.length, 'mission');
  if (refused) return refused;
  tx.write(sql`insert into app.goal (team_id, id, text, title, origin, state, submitted_by, spec, epoch)
    values (${teamId}, ${missionId}, ${mission.goal}, ${mission.title}, 'mission', 'planned', ${by.personId}, ${json(plan.terms)}, ${team.epoch})`);
  for (const item of plan.items) insertItem(tx, request, item, team.epoch);
  const about = { goal_id: missionId, customer_governor_id: person(by.personId), title: personal(by.personId, mission.title), goal_text: personal(by.personId, mission.goal) };
  await audit(tx, 'MISSION-CREATED', { ...about, work_items: plan.items.length, plan_sha256: createHash('sha256').update(json(plan)).digest('hex') });
  emitCreated(tx, { missionID: missionId, revision: 1, status: 'draft', workItemCount: plan.items.length });
  publish(tx, goalChanged, { teamId }, { epoch: team.epoch, goalId: missionId });
  return { stored: true };
}

/** Nobody of the team is named: who works on it is the agent it asks for, if it asks for one. */
function insertItem(tx: Tx, { teamId, missionId }: CreateMission, { id, ordinal, key, title, detail, agent, dependsOn, metadata }: PlannedItem, epoch: number): void {
  tx.write(sql`insert into app.task (team_id, id, goal_id, ordinal, key, title, detail, skill, metadata, criteria, depends_on, state, epoch)
    values (${teamId}, ${id}, ${missionId}, ${ordinal}, ${key}, ${title}, ${detail}, ${agent}, ${json(metadata)}, '[]', ${[...dependsOn]}::uuid[], 'todo', ${epoch})`);
}
