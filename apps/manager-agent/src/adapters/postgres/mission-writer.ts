import { personal, type ActionName, type BodyOf } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { goalChanged, isTerminal, missionMachine, taskStateOf, uuidv7, workItemIdOf, type GoalState, type MissionEvent, type MissionStatus, type PersonId, type WorkItem, type WorkItemRow } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { createHash } from 'node:crypto';
import type { MissionExhausted, Reduction } from '../../domain/mission-facts.js';
import { emitUpdated } from './mission-news.js';
import type { StoredMission } from './mission-rows.js';
import { writePause, writeResume } from './pause-writer.js';

type Taken = Extract<Reduction, { ok: true }>;
const STATE: Readonly<Record<Exclude<MissionStatus, 'paused'>, GoalState>> = { draft: 'planned', running: 'running', succeeded: 'done', failed: 'failed', canceled: 'cancelled' };

/** An event as it is kept: by its key it is known again. `by` is absent where the manager's own clock posted it. */
export interface KeptEvent {
  readonly key: string;
  readonly event: MissionEvent | MissionExhausted;
  readonly by?: PersonId;
}

/** What is kept of an answer; the mission itself is read again. */
export interface KeptReply {
  readonly changed: boolean;
  readonly commands: Taken['commands'];
}

/** Keeps the event; a second one with its key finds it. An event that changes nothing is a ledger row and no entry. */
export function keepEvent(tx: Tx, { team, row }: StoredMission, { key, event, by }: KeptEvent, { changed, commands }: KeptReply): void {
  // counted here and not with the lock: a read that waited for the lock still sees the events of before
  const seq = sql`select coalesce(max(e.seq), 0) + 1 from app.mission_event e where e.team_id = ${team.id} and e.goal_id = ${row.id}`;
  tx.write(sql`insert into app.mission_event (team_id, goal_id, seq, event_key, type, body, actor, reply)
    values (${team.id}, ${row.id}, (${seq}), ${key}, ${event.type}, ${json(event)}, ${by ?? team.managerId}, ${json({ changed, commands })})`);
}

/** Writes what the reducer decided about a mission: rows, history, entries, news, all in the caller's transaction. */
export class MissionWriter {
  constructor(
    private readonly tx: Tx,
    private readonly audit: Audit,
    private readonly stored: StoredMission,
    /** Who posted it; the principal of the transaction. Absent where the manager's own clock did. */
    private readonly by?: PersonId,
  ) {}

  async apply(kept: KeptEvent, { mission, commands }: Taken): Promise<void> {
    const { team, row, facts } = this.stored;
    for (const [index, item] of mission.work_items.entries()) {
      if (item !== facts.mission.work_items[index]) this.writeItem(this.stored.tasks[index]!, facts.mission.work_items[index]!, item, mission.status);
    }
    if (mission.status !== facts.mission.status) await this.turn(facts.mission.status, mission.status, kept.event);
    this.tx.writeExpecting(1, 'mission_gone', sql`update app.goal set mission_revision = ${mission.revision}, changed_at = clock_timestamp() where team_id = ${team.id} and id = ${row.id}`);
    await this.entry('MISSION-EVENT', { goal_id: row.id, event: kept.event.type, event_key_sha256: createHash('sha256').update(kept.key).digest('hex'), revision: mission.revision, status: mission.status, ...this.aboutItem(kept.event, mission.work_items) });
    emitUpdated(this.tx, { missionID: row.id, revision: mission.revision, status: mission.status }, commands);
    publish(this.tx, goalChanged, { teamId: team.id }, { epoch: team.epoch, goalId: row.id });
  }

  private writeItem(row: WorkItemRow, before: WorkItem, after: WorkItem, status: MissionStatus): void {
    const { team } = this.stored;
    const state = status === 'canceled' && after.status === 'blocked' ? 'cancelled' : taskStateOf(after.status);
    this.tx.writeExpecting(1, 'task_gone', sql`update app.task set state = ${state}, round = ${roundOf(row.round, before, after)}, options = options || ${json(after.run_id === undefined ? {} : { runId: after.run_id })}::jsonb,
      artifact_refs = ${json(after.artifact_refs)}, changed_at = clock_timestamp() where team_id = ${team.id} and id = ${row.id}`);
    this.tx.write(sql`insert into app.task_event (team_id, id, task_id, kind, actor, body) values (${team.id}, ${uuidv7()}, ${row.id}, ${after.status}, ${this.by ?? team.managerId}, ${json({ from: before.status, run_id: after.run_id ?? null })})`);
  }

  /** From one status of the mission to another. */
  private async turn(from: MissionStatus, to: MissionStatus, event: KeptEvent['event']): Promise<void> {
    const { team, row } = this.stored;
    const goal = { teamId: team.id, goalId: row.id, epoch: team.epoch, by: this.by! };
    if (to === 'paused') return writePause(this.tx, this.audit, goal, { words: event.type === 'mission_paused' ? event.reason : '', code: 'unspecified' });
    if (from === 'paused' && to === 'running') return writeResume(this.tx, this.audit, goal, row.nowMs - (row.pausedAtMs ?? row.nowMs));
    const over = isTerminal(missionMachine, to);
    this.tx.writeExpecting(1, 'mission_gone', sql`update app.goal set state = ${STATE[to]}, note = ${noteOf(event)}, paused_at = null, finished_at = case when ${over} then clock_timestamp() end,
      started_at = coalesce(started_at, case when ${to === 'running'} then clock_timestamp() end), running_since = case when ${to === 'running'} then clock_timestamp() else running_since end where team_id = ${team.id} and id = ${row.id}`);
    const goal_id = row.id;
    if (to === 'succeeded') await this.entry('GOAL-COMPLETED', { goal_id });
    if (to === 'failed') await this.entry('GOAL-FAILED', { goal_id, reason: event.type === 'mission_exhausted' ? event.reason : 'mission_max_duration_ms' });
    if (to === 'canceled') await this.entry('GOAL-CANCELLED', { goal_id, reason: this.by === undefined || noteOf(event) === '' ? 'unspecified' : personal(this.by, noteOf(event)) });
  }

  private aboutItem(event: KeptEvent['event'], items: readonly WorkItem[]): { work_item?: string; work_item_status?: string } {
    if (!('work_item_id' in event)) return {};
    const row = this.stored.tasks.find((task) => workItemIdOf(this.stored.row.origin, task) === event.work_item_id);
    const item = items.find(({ work_item_id }) => work_item_id === event.work_item_id);
    return row && item ? { work_item: row.id, work_item_status: item.status } : {};
  }

  private async entry<A extends ActionName>(action: A, body: BodyOf<A>): Promise<void> {
    await this.audit(this.tx, action, body, this.by === undefined ? { actor: { kind: 'agent', id: this.stored.team.managerId } } : {});
  }
}

const noteOf = (event: KeptEvent['event']): string => ('reason' in event ? event.reason : '');

/** The first run is the first round; every time work comes back another one begins. */
function roundOf(round: number, before: WorkItem, after: WorkItem): number {
  const begun = before.status === 'todo' && after.status !== 'blocked' ? Math.max(round, 1) : round;
  return after.status === 'rework' ? begun + 1 : begun;
}
