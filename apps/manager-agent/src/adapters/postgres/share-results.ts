import type { TaskId } from '@countersign/contracts';
import type { Tx } from '@countersign/database';
import { sharedHash, writeSharedVersion, type Audit } from '@countersign/service';
import type { GoalFacts } from '../../domain/facts.js';
import { resultsOf } from '../../domain/share-result.js';
import { idOf } from '../id-of.js';

/** Tells whoever does what builds on a task what came of it: a shared text for each such task, in the manager's name. What stands there already, erased or not, is not written again. */
export async function shareResults(tx: Tx, audit: Audit, facts: GoalFacts, done: TaskId, only?: TaskId): Promise<void> {
  const { team, goal, managerId, shared, tasks } = facts;
  for (const { from, to, name, content } of resultsOf(tasks.find(({ id }) => id === done)!, facts)) {
    if (only !== undefined && to !== only) continue;
    const contextId = idOf(`result|${from}|${to}`);
    const before = shared.find(({ id }) => id === contextId);
    const hash = sharedHash(content);
    if (before?.sha256 === hash) continue;
    const version = (before?.version ?? 0) + 1;
    writeSharedVersion(tx, { contextId, name, visibility: 'task', taskId: to, version, content, writer: `member:${managerId}`, provenance: { by: 'manager', expected: version - 1, task: from } });
    await audit(tx, 'MANAGER-SHARED-CONTEXT-WRITE', { manager_id: managerId, team_id: team.id, artifact_id: contextId, hash, version, task_id: to, from_task_id: from, goal_id: goal.id }, { actor: { kind: 'agent', id: managerId } });
  }
}

/** The same of tasks that were done before somebody said that a new one builds on them; what others were told of it, and a person may have changed or erased since, stays as it is. */
export async function shareEarlier(tx: Tx, audit: Audit, facts: GoalFacts, { task, dependsOn }: { readonly task: TaskId; readonly dependsOn: readonly TaskId[] }): Promise<void> {
  for (const { id } of facts.tasks.filter(({ id, state }) => dependsOn.includes(id) && state === 'done')) await shareResults(tx, audit, facts, id, task);
}
