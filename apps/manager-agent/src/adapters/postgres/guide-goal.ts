import { publish } from '@countersign/bus';
import { goalChanged, missionStatusOf, type GoalId, type MissionEvent, type PersonId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { cancelGoal } from '../../domain/cancel-goal.js';
import { pauseGoal, unpauseGoal } from '../../domain/pause-goal.js';
import { readGoal } from './goal-rows.js';
import { GoalWriter } from './goal-writer.js';
import { emitUpdated } from './mission-news.js';
import type { StoredMission } from './mission-rows.js';
import { writePause, writeResume, type PauseReason } from './pause-writer.js';

export type Guided = { readonly ok: true; readonly changed: boolean } | { readonly ok: false; readonly code: string; readonly message: string };

const unchanged: Guided = { ok: true, changed: false };
const OBSERVED: readonly MissionEvent['type'][] = ['tool_observed', 'timer_fired', 'resource_changed'];

/**
 * What an event does to a goal that the manager drives itself. People may pause it, let it go on and cancel it; what agents do
 * in it and whether their work is good, the manager knows from its own rows and takes from nobody.
 */
export async function guideGoal(tx: Tx, audit: Audit, stored: StoredMission, event: MissionEvent, by: PersonId): Promise<Guided> {
  const { row, facts } = stored;
  if (OBSERVED.includes(event.type)) return unchanged;
  switch (event.type) {
    case 'mission_started':
      return facts.mission.status === 'running' || facts.mission.status === 'draft' ? unchanged : { ok: false, code: 'mission_transition_refused', message: `The goal is ${facts.mission.status}; the manager starts it by itself.` };
    case 'mission_canceled':
      return endGoal(tx, audit, row.id, event.reason, by);
    case 'mission_paused':
      return holdGoal(tx, audit, stored, { words: event.reason, code: 'unspecified' }, by);
    case 'mission_resumed':
      return resume(tx, audit, stored);
    default:
      return { ok: false, code: 'mission_driven_by_manager', message: 'The manager drives this goal by itself; its work is not reported or decided about by events.' };
  }
}

/** Cancels it; without a person because the gate has stopped its mission for good. */
export async function endGoal(tx: Tx, audit: Audit, goalId: GoalId, reason: string, by?: PersonId): Promise<Guided> {
  const facts = (await readGoal(tx, goalId))!;
  const cancelled = cancelGoal(facts, reason);
  if (!cancelled.ok) return cancelled;
  await new GoalWriter(tx, audit, facts, by).apply(cancelled.actions);
  return { ok: true, changed: cancelled.actions.length > 0 };
}

/** Pauses it; without a person because an alert stops its agent. */
export async function holdGoal(tx: Tx, audit: Audit, stored: StoredMission, reason: PauseReason, by?: PersonId): Promise<Guided> {
  const { team, row } = stored;
  const { deliverables } = (await readGoal(tx, row.id))!;
  const decision = pauseGoal({ ...row, effects: deliverables.flatMap(({ effect }) => effect?.state ?? []) });
  if (!decision.ok || !decision.changed) return decision;
  await writePause(tx, audit, { teamId: team.id, goalId: row.id, epoch: team.epoch, by }, reason);
  tellTurn(tx, stored, true);
  return decision;
}

async function resume(tx: Tx, audit: Audit, stored: StoredMission): Promise<Guided> {
  const { team, row } = stored;
  const decision = unpauseGoal(row);
  if (!decision.ok || !decision.changed) return decision;
  await writeResume(tx, audit, { teamId: team.id, goalId: row.id }, row.nowMs - (row.pausedAtMs ?? row.nowMs));
  tellTurn(tx, stored, false);
  return decision;
}

function tellTurn(tx: Tx, { team, row }: StoredMission, paused: boolean): void {
  const revision = row.revision + 1;
  tx.writeExpecting(1, 'goal_gone', sql`update app.goal set mission_revision = ${revision}, changed_at = clock_timestamp() where team_id = ${team.id} and id = ${row.id}`);
  emitUpdated(tx, { missionID: row.id, revision, status: missionStatusOf({ state: row.state, paused }) });
  publish(tx, goalChanged, { teamId: team.id }, { epoch: team.epoch, goalId: row.id });
}

