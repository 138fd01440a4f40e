import { createHash } from 'node:crypto';
import { canonicalJson, type Audit, type Json } from '@countersign/audit';
import type { Amounts, SpawnReply } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { shown } from '../../domain/amounts.js';
import { newAccount, open } from '../../domain/budget.js';
import { decideSpawn, type Allowed, type Denied } from '../../domain/decide-spawn.js';
import { tell } from './events.js';
import type { SpawnCase } from './read-spawn.js';

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** Judges the case and queues everything that follows: decision row, and instance, accounts, entries and events, or the refusal. The caller saves the book. */
export async function settleCase(tx: Tx, audit: Audit, spawn: SpawnCase): Promise<Allowed | Denied> {
  const decision = decideSpawn(spawn.ask, spawn.facts, sha256);
  writeDecision(tx, spawn, decision);
  const subject = { instanceId: spawn.id, taskId: spawn.taskId ?? null, epoch: spawn.facts.team.epoch };
  tell(tx, subject, 'spawn.requested');
  if (decision.allowed) {
    await writeInstance(tx, audit, spawn, decision);
    tell(tx, subject, 'spawn.approved');
    tell(tx, subject, 'instance.started');
  } else {
    await writeDenial(tx, audit, spawn, decision);
    tell(tx, subject, 'spawn.denied', decision.code);
  }
  return decision;
}

/** The record a decision can be replayed from: what went in, which policy judged, what came out. */
function writeDecision(tx: Tx, { id, taskId, runId, ask, facts, inForce }: SpawnCase, decision: Allowed | Denied): void {
  const { policy: _policy, templates: _templates, ...given } = facts;
  const inputs = JSON.parse(JSON.stringify({ ask, facts: { ...given, team: { state: facts.team.state, epoch: facts.team.epoch } } })) as Json;
  tx.write(sql`insert into app.spawn_decision (team_id, id, task_id, run_id, role, template_id, allowed, code, violations, policy_version, policy_hash, inputs_hash, inputs)
    values (${tx.scopeId}, ${id}, ${taskId ?? null}, ${runId ?? null}, ${ask.role}, ${decision.allowed ? decision.templateId : (ask.templateId ?? '')}, ${decision.allowed}, ${decision.code}, ${json(decision.violations)}, ${inForce.version}, ${inForce.hash}, ${sha256(canonicalJson(inputs))}, ${json(inputs)})`);
}

async function writeInstance(tx: Tx, audit: Audit, spawn: SpawnCase, { slice, capabilities, skillHash, templateId, wallMs }: Allowed): Promise<void> {
  const { id, ask, facts, inForce, book, goalId } = spawn;
  const policy = inForce.policy!;
  if (goalId !== undefined && book.get(goalId) === undefined) await openMission(tx, audit, spawn, goalId);
  const above = book.chain([goalId, tx.scopeId]);
  const opened = open(above.accounts, slice);
  book.put(above.ids, opened.parents);
  book.create(tx, id, 'instance', above.ids[0]!, opened.child);
  book.enter({ accountId: id, callId: id, kind: 'grant', amounts: slice });
  const lifeMs = spawn.taskId === undefined ? null : wallMs + policy.leaseMs;
  tx.write(sql`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, parent_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch, deadline_at)
    values (${tx.scopeId}, ${id}, ${spawn.memberId}, ${spawn.taskId === undefined ? null : goalId}, ${spawn.taskId ?? null}, ${spawn.runId ?? null}, ${spawn.parentId ?? null}, ${ask.role}, ${templateId}, 'running',
      ${json(capabilities)}, ${json(slice)}, ${skillHash}, ${inForce.version}, ${ask.sandboxLevel ?? 0}, ${facts.team.epoch}, clock_timestamp() + ${lifeMs}::int8 * interval '1 millisecond')`);
  await audit(tx, 'SPAWN-ALLOWED', {
    instance_id: id,
    task_id: spawn.taskId ?? null,
    team_member_id: spawn.memberId!,
    role: ask.role,
    policy_version: String(inForce.version),
    policy_sha256: inForce.hash,
    sandbox_level: ask.sandboxLevel ?? 0,
    capabilities: capabilities as unknown as Json,
    hold: shown(slice),
  });
  await audit(tx, 'BUDGET-HELD', { account_id: above.ids[0]!, hold_id: id, amounts: shown(slice), instance_id: id });
}

/** A goal's first spawn opens its account: granted by the team, as much as bundle and policy allow. */
async function openMission(tx: Tx, audit: Audit, { facts, book }: SpawnCase, goalId: string): Promise<void> {
  const { granted } = facts.account;
  const team = book.chain([tx.scopeId]);
  const opened = open(team.accounts, granted);
  book.put(team.ids, opened.parents);
  book.create(tx, goalId, 'mission', tx.scopeId, newAccount(granted));
  book.enter({ accountId: goalId, callId: goalId, kind: 'grant', amounts: granted });
  await audit(tx, 'BUDGET-GRANTED', { account_id: goalId, parent_account_id: tx.scopeId, amounts: shown(granted) });
}

async function writeDenial(tx: Tx, audit: Audit, { id, taskId, memberId, ask, inForce }: SpawnCase, { code, violations }: Denied): Promise<void> {
  await audit(
    tx,
    'SPAWN-DENIED',
    {
      task_id: taskId ?? id,
      ...(memberId === undefined ? {} : { team_member_id: memberId }),
      role: ask.role,
      code,
      violations: violations.map(({ code: each, message }) => ({ code: each, message })),
      policy_version: String(inForce.version),
      ...(inForce.hash === '' ? {} : { policy_sha256: inForce.hash }),
    },
    { result: 'denied' },
  );
}

export const allowedReply = (instanceId: SpawnReply['instanceId'], { slice, capabilities, skillHash }: { slice: Amounts; capabilities: object; skillHash: string }): SpawnReply =>
  ({ allowed: true, code: 'ok', ...(instanceId === undefined ? {} : { instanceId }), slice, capabilities, skillHash });

const MAX_REASON = 500;
export const deniedReply = ({ code, violations, requiresUserApproval }: Denied): SpawnReply => ({
  allowed: false,
  code,
  reason: violations.map(({ message }) => message).join('; ').slice(0, MAX_REASON),
  requiresUserApproval,
});
