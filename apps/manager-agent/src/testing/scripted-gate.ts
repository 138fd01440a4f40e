import { InstanceId, MemberId, type GoalId, type MissionStopVerb, type TaskId, type TeamId } from '@countersign/contracts';
import type { TestDatabase } from '@countersign/testing';
import type { MissionGate } from '../adapters/nats/mission-gate.js';

/** The spawn gate as far as the manager sees it: its rows, written by hand. */
export class ScriptedGate implements Pick<MissionGate, 'spawn' | 'halt'> {
  /** What was asked, in order. */
  readonly asked: string[] = [];
  /** Tasks whose spawn is refused, with the code. */
  readonly refuses = new Map<TaskId, string>();
  /** Does not answer at all. */
  down = false;
  /** Dies after it has written its rows and before it answers. */
  dies = false;
  private readonly requests = new Set<string>();

  constructor(private readonly database: TestDatabase) {}

  async spawn(teamId: TeamId, taskId: TaskId, requestId: string): Promise<void> {
    if (this.down) throw new Error('nobody there');
    this.asked.push(`spawn ${taskId}`);
    if (!this.requests.has(requestId)) await this.write(teamId, taskId);
    this.requests.add(requestId);
    if (this.dies) throw new Error('lost');
  }

  private async write(teamId: TeamId, taskId: TaskId): Promise<void> {
    const code = this.refuses.get(taskId) ?? 'ok';
    const id = InstanceId.next();
    await this.database.admin(`insert into app.spawn_decision (team_id, id, task_id, role, template_id, allowed, code, violations, policy_version, policy_hash, inputs_hash, inputs) values ($1, $2, $3, 'worker', 't', $4, $5, $6, 1, 'h', 'i', '{}')`, [
      teamId, id, taskId, code === 'ok', code, JSON.stringify(code === 'ok' ? [] : [{ code, message: 'no more of them' }]),
    ]);
    if (code === 'ok') await this.instance(teamId, taskId, 'queued', id);
  }

  /** An instance of a task's mission, in this state. */
  async instance(teamId: TeamId, taskId: TaskId, state: string, id: InstanceId = InstanceId.next()): Promise<InstanceId> {
    await this.database.admin(
      `insert into app.instance (team_id, id, member_id, goal_id, task_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
       select k.team_id, $2, (select m.id from app.member m where m.team_id = k.team_id limit 1), k.goal_id, k.id, 'worker', 't', $4, '{}', '{}', 'h', 1, 0, 1 from app.task k where k.team_id = $1 and k.id = $3`,
      [teamId, id, taskId, state],
    );
    return id;
  }

  async halt(teamId: TeamId, missionId: GoalId, verb: MissionStopVerb): Promise<void> {
    if (this.down) throw new Error('nobody there');
    this.asked.push(`halt ${verb}`);
    if (verb === 'resume') await this.database.admin(`delete from app.mission_stop where team_id = $1 and mission_id = $2 and state = 'paused'`, [teamId, missionId]);
    else await this.stop(teamId, missionId, verb === 'cancel' ? 'cancelled' : 'paused');
    if (verb === 'cancel') await this.database.admin(`update app.instance set state = 'cancelled', ended_at = now(), end_reason = 'mission_cancelled' where team_id = $1 and goal_id = $2 and state in ('queued', 'running')`, [teamId, missionId]);
  }

  async stop(teamId: TeamId, missionId: GoalId, state: 'paused' | 'cancelled'): Promise<void> {
    await this.database.admin(`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values ($1, $2, $3, $4) on conflict (team_id, mission_id) do update set state = excluded.state`, [teamId, missionId, state, MemberId.next()]);
  }
}
