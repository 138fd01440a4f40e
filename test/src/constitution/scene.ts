import { ApprovalId, ArtifactId, DeliverableId, DraftId, GoalId, RunId, TaskId, uuidv7 } from '@countersign/contracts';
import { seedTeam, type SeededCustomer, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { createHash } from 'node:crypto';

/** A team whose goal was worked on, proposed, and put to a person: one row of nearly everything, put in by the superuser. */
export interface Scene extends SeededTeam {
  readonly goalId: GoalId;
  readonly taskId: TaskId;
  readonly runId: RunId;
  readonly draftId: DraftId;
  readonly artifactId: ArtifactId;
  readonly deliverableId: DeliverableId;
  readonly approvalId: ApprovalId;
  readonly instanceId: string;
  readonly deviceId: string;
  readonly digest: Buffer;
}

export interface SceneOptions {
  /** How far the question's deadline is away; may be over. */
  readonly due?: string;
  readonly requestedBy?: string;
  readonly approval?: string;
  /** How long a yes holds. */
  readonly valid?: string;
  /** How many must say yes. */
  readonly need?: number;
  /** Whose team it is; a new customer's unless one is named. */
  readonly of?: SeededCustomer;
}

const MANIFEST = '{"effects":[],"format":"countersign-manifest","policy":{"id":"p","valid_minutes":"15","version":"1"}}';

export async function aScene(database: TestDatabase, { due = '1 hour', requestedBy, approval = 'pending', valid = '15 minutes', need = 1, of }: SceneOptions = {}): Promise<Scene> {
  const team = await seedTeam(database, { of });
  const ids = { goalId: GoalId.next(), taskId: TaskId.next(), runId: RunId.next(), draftId: DraftId.next(), artifactId: ArtifactId.next(), deliverableId: DeliverableId.next(), approvalId: ApprovalId.next(), instanceId: uuidv7(), deviceId: uuidv7() };
  const put = (table: string, row: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const names = Object.keys(row);
    return database.admin(`insert into app.${table} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`, Object.values(row));
  };
  const { teamId: team_id, customerId: customer_id, personId, memberId: member_id } = team;
  const later = async (interval: string): Promise<Date> => (await database.admin<{ at: Date }>(`select clock_timestamp() + $1::interval as at`, [interval]))[0]!.at;
  const decided = approval === 'pending' ? {} : { decided_at: new Date(), decided_by: personId, device_id: ids.deviceId, valid_until: await later(valid) };
  await put('device', { customer_id, id: ids.deviceId, person_id: personId, name: 'Phone', platform: 'fcm', address: 'a' });
  await put('mirror', { customer_id, name: 'demo', remote: '/srv/demo.git', adopted_by: personId });
  await put('goal', { team_id, id: ids.goalId, text: 'x', state: 'proposed', submitted_by: personId, repository: {} });
  await put('task', { team_id, id: ids.taskId, goal_id: ids.goalId, ordinal: 0, key: 'docs', title: 'Docs', skill: 'docs', member_id, criteria: '[]', state: 'done', round: 1 });
  await put('instance', { team_id, id: ids.instanceId, member_id, role: 'worker', template_id: 'doc-bot', state: 'running', capabilities: {}, slice: {}, skill_hash: '', policy_version: 1, sandbox_level: 3, epoch: 1 });
  await put('worker_run', { team_id, id: ids.runId, task_id: ids.taskId, member_id, round: 1, state: 'submitted', epoch: 1 });
  await put('draft', { team_id, id: ids.draftId, task_id: ids.taskId, run_id: ids.runId, round: 1, summary: 's', base_commit: 'b' });
  await put('artifact', { team_id, id: ids.artifactId, draft_id: ids.draftId, path: 'a.js', version: 1, media_type: 'text/plain', size: 0, sha256: createHash('sha256').digest() });
  await put('deliverable', { team_id, id: ids.deliverableId, goal_id: ids.goalId, revision: 1, summary: 's', effect: {}, files: '[]', checks: '[]', proposed_by: team.managerId });
  const digest = createHash('sha256').update(MANIFEST).digest();
  await put('approval', {
    team_id, id: ids.approvalId, goal_id: ids.goalId, deliverable_id: ids.deliverableId, revision: 1, manifest: Buffer.from(MANIFEST), digest, title: 't', tier: 1, state: approval, epoch: 1, customer_id,
    requested_by: requestedBy ?? team.managerId, due_at: await later(due), need, ...decided,
  });
  if (approval === 'approved') await put('approval_decision', { team_id, id: uuidv7(), approval_id: ids.approvalId, decision: 'approve', digest, person_id: personId, device_id: ids.deviceId });
  return { ...team, ...ids, digest };
}
