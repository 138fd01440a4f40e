import { canonicalJson, principalOf, type Audit, type Json } from '@countersign/audit';
import { BUDGET_UNITS, firstOf, type HeldSkill, type InstanceId, type InstanceState } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { isNothing, minus, NOTHING, shown } from '../../domain/amounts.js';
import { freeOf, newAccount, open, raise } from '../../domain/budget.js';
import { decideSpawn, templateFor, type Allowed, type Denied, type SpawnDecision } from '../../domain/decide-spawn.js';
import { heldSkills } from '../../domain/skills.js';
import { limitProperties, tell, type EventSubject } from './events.js';
import { openQuestion } from './gate-approvals.js';
import { bindPlace } from './places.js';
import type { SpawnCase } from './read-spawn.js';
import { requestOf, sha256 } from './spawn-order.js';
import { askForMore } from './top-up.js';

/** What became of a case. */
export interface Settled {
  readonly decision: SpawnDecision;
  /** Where it was allowed: the instance, new or the place that was taken. */
  readonly instanceId?: string;
  readonly status?: InstanceState;
  /** Where only a person's yes is missing: the question that waits for it. */
  readonly approvalId?: string;
}

/**
 * The only constructor of instances (P2). Judges the case and queues everything that follows: the decision, and then the instance
 * with its accounts, or the place that is taken, or the refusal and the question to a person; entries and events with each. The
 * caller saves the book.
 *
 * `pendingQuestion`: the question about exactly this that waits already.
 */
export async function settleCase(tx: Tx, audit: Audit, spawn: SpawnCase, pendingQuestion?: string): Promise<Settled> {
  const decision = decideSpawn(spawn.ask, spawn.facts, sha256);
  writeDecision(tx, spawn, decision);
  if (decision.allowed && spawn.place) {
    await bindTo(tx, audit, spawn, decision);
    return { decision, instanceId: spawn.place.id, status: 'running' };
  }
  const { role, templateId, justification } = spawn.ask;
  const wished = { requestedRole: role, templateID: (decision.allowed ? decision.templateId : templateId) ?? null };
  tell(tx, requestSubject(spawn), 'spawn.requested', { ...wished, justification });
  if (decision.allowed) return { decision, instanceId: spawn.order.id, status: await writeInstance(tx, audit, spawn, decision) };
  await writeDenial(tx, audit, spawn, decision);
  await askForBudget(tx, audit, spawn, decision);
  const approvalId = decision.requiresUserApproval ? (pendingQuestion ?? (await ask(tx, audit, spawn, decision))) : undefined;
  tell(tx, requestSubject(spawn), 'spawn.denied', { ...wished, code: decision.code, error: sentence(decision), requiresUserApproval: decision.requiresUserApproval });
  return { decision, ...(approvalId === undefined ? {} : { approvalId }) };
}

async function bindTo(tx: Tx, audit: Audit, spawn: SpawnCase, decision: Allowed): Promise<void> {
  await openMission(tx, audit, spawn);
  await bindPlace(tx, audit, spawn, spawn.place!, decision);
}

/** Who asked, as it is on record: what comes through the manager's own door, and from no run, is its manager's. */
const askerOf = ({ order, parentId }: SpawnCase): string => (order.requestedBy === 'service' && !order.supervisor && !order.approved && parentId !== undefined ? principalOf({ kind: 'instance', id: parentId as InstanceId }) : order.requestedBy);

/** The record a decision can be replayed from: what went in, which versions of policy and templates judged, what came out. */
function writeDecision(tx: Tx, spawn: SpawnCase, decision: SpawnDecision): void {
  const { order, digest, taskId, ask: asked, facts, inForce } = spawn;
  const { policy: _policy, templates: _templates, ...given } = facts;
  const inputs = JSON.parse(JSON.stringify({ ask: asked, facts: { ...given, team: { state: facts.team.state, epoch: facts.team.epoch } }, templates: inForce.templateVersions })) as Json;
  const template = templateFor(asked, facts.templates)?.id ?? asked.templateId ?? '';
  tx.write(sql`insert into app.spawn_decision (team_id, id, task_id, run_id, source, requested_by, digest, role, template_id, allowed, code, violations, policy_version, policy_hash, inputs_hash, inputs)
    values (${tx.scopeId}, ${order.id}, ${taskId ?? null}, ${order.supervisor?.runId ?? null}, ${order.source}, ${askerOf(spawn)}, ${digest}, ${asked.role}, ${template}, ${decision.allowed}, ${decision.code},
      ${json(decision.violations)}, ${inForce.version}, ${inForce.hash}, ${inputsHash(inputs)}, ${json(inputs)})`);
}

const MAX_INPUTS_BYTES = 1_000_000;
export const inputsHash = (inputs: Json): string => sha256(canonicalJson(inputs, MAX_INPUTS_BYTES));

/** A request has no instance yet: it is known by its parent and its mission. */
const requestSubject = ({ order, goalId, taskId, parentId, facts }: SpawnCase): EventSubject => ({
  instanceId: null,
  subjectId: order.id,
  goalId,
  taskId: taskId ?? null,
  runId: order.supervisor?.runId ?? null,
  parentId: parentId ?? null,
  epoch: facts.team.epoch,
  source: order.source,
});

async function writeInstance(tx: Tx, audit: Audit, spawn: SpawnCase, decision: Allowed): Promise<InstanceState> {
  const { order, ask: asked, facts, inForce, book, goalId, payerId, memberId, taskId, parentId } = spawn;
  const { slice, capabilities, skillHash, templateId } = decision;
  const status = order.supervisor || isManagerStart(spawn) ? 'running' : 'queued';
  await openMission(tx, audit, spawn);
  const above = book.path(payerId);
  const opened = open(above.accounts, slice);
  book.put(above.ids, opened.parents);
  book.create(tx, order.id, 'instance', payerId, opened.child);
  book.enter({ accountId: order.id, callId: order.id, kind: 'grant', amounts: slice });
  shortenPayer(tx, spawn, slice.ms);
  const memberOfRun = status === 'running' ? (memberId ?? null) : null;
  tx.write(sql`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, parent_id, role, template_id, source, requested_by, justification, skills, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch, deadline_at)
    values (${tx.scopeId}, ${order.id}, ${memberOfRun}, ${goalId}, ${taskId ?? null}, ${order.supervisor?.runId ?? null}, ${parentId ?? null}, ${asked.role}, ${templateId}, ${order.source}, ${askerOf(spawn)}, ${asked.justification},
      ${json(skillsOf(spawn, templateId))}, ${status}, ${json(capabilities)}, ${json(slice)}, ${skillHash}, ${inForce.version}, ${asked.sandboxLevel ?? 0}, ${facts.team.epoch},
      least(clock_timestamp() + ${lifeMs(spawn, decision)}::int8 * interval '1 millisecond', (select p.deadline_at from app.instance p where p.team_id = ${tx.scopeId} and p.id = ${parentId ?? null}::uuid)))`);
  await writeAllowance(tx, audit, spawn, decision);
  const subject = { ...requestSubject(spawn), instanceId: order.id };
  tell(tx, subject, 'spawn.approved', { requestedRole: asked.role, templateID: templateId, skillHash });
  if (status === 'running') tell(tx, subject, 'instance.started', { role: asked.role, status, budgetLimit: limitProperties(slice), skillHash });
  return status;
}

const isManagerStart = ({ missionId }: SpawnCase): boolean => missionId === undefined;

/** A manager lives as long as its team; a place waits a while for a supervisor; what runs has its time, and a moment for its supervisor to say so. */
function lifeMs(spawn: SpawnCase, { wallMs }: Allowed): number | null {
  if (isManagerStart(spawn)) return null;
  const policy = spawn.inForce.policy!;
  return spawn.order.supervisor ? wallMs + policy.leaseMs : policy.placeMs;
}

/** A child's time is its parent's: what the child may use, the parent does not, and nothing below the parent lives longer than it (P3). */
function shortenPayer(tx: Tx, { payerId, parentId }: SpawnCase, ms: number): void {
  if (payerId !== parentId || ms === 0) return;
  tx.write(sql`with recursive line as (
      select p.id, p.deadline_at - ${ms}::int8 * interval '1 millisecond' as latest from app.instance p where p.team_id = ${tx.scopeId} and p.id = ${payerId} and p.state = 'running'
      union all select c.id, line.latest from line join app.instance c on c.team_id = ${tx.scopeId} and c.parent_id = line.id and c.state in ('queued', 'running'))
    update app.instance i set deadline_at = least(i.deadline_at, line.latest) from line where i.team_id = ${tx.scopeId} and i.id = line.id`);
}

/**
 * Where only the budget of its mission or team stands against it, and a budget may pause: a person is asked, as when it was
 * used up. By then nobody may have answered, and what would have asked again has ended.
 */
async function askForBudget(tx: Tx, audit: Audit, { facts: { policy, team }, order, book, payerId, goalId, missionId, taskId }: SpawnCase, { violations }: Denied): Promise<void> {
  if (policy?.onExhausted !== 'pause' || payerId !== missionId || violations.some(({ code }) => code !== 'spawn_mission_budget_exceeded')) return;
  const { ids, accounts } = book.path(payerId);
  for (const [index, account] of accounts.entries()) {
    const free = freeOf(account);
    const units = BUDGET_UNITS.filter((unit) => account.granted[unit] > 0 && free[unit] === 0);
    const used = { accountId: ids[index]!, kind: ids[index] === missionId ? ('mission' as const) : ('team' as const), account, units };
    if (units.length > 0) await askForMore(tx, audit, used, { id: order.id, goal_id: goalId, task_id: taskId ?? null, epoch: team.epoch }, policy.approvalMs.budget);
  }
}

/** The skills of the template that was chosen, each with the digest that was hashed. */
export const skillsOf = ({ facts }: SpawnCase, templateId: string): HeldSkill[] => heldSkills(facts.templates.find(({ id }) => id === templateId)?.skills ?? [], facts.skillDigests);

async function writeAllowance(tx: Tx, audit: Audit, { order, ask: asked, inForce, payerId, memberId, taskId, parentId, missionId }: SpawnCase, { slice, capabilities, skillHash, templateId }: Allowed): Promise<void> {
  await audit(tx, 'SPAWN-ALLOWED', {
    instance_id: order.id,
    task_id: taskId ?? null,
    ...(memberId === undefined ? {} : { team_member_id: memberId }),
    role: asked.role,
    template_id: templateId,
    policy_version: String(inForce.version),
    policy_sha256: inForce.hash,
    sandbox_level: asked.sandboxLevel ?? 0,
    ...(inForce.sandboxChoice ? { sandbox_chosen: inForce.sandboxChoice } : {}),
    capabilities: capabilities as unknown as Json,
    hold: shown(slice),
    skill_hash: skillHash,
    source: order.source,
    ...(parentId === undefined ? {} : { parent_instance_id: parentId }),
    ...(missionId === undefined ? {} : { mission_id: missionId }),
  });
  await audit(tx, 'BUDGET-HELD', { account_id: payerId, hold_id: order.id, amounts: shown(slice), instance_id: order.id });
}

/** A mission's first spawn opens its account: granted by the team, as much as bundle, policy and the mission itself allow. The default mission is opened again after each time it was closed. */
async function openMission(tx: Tx, audit: Audit, spawn: SpawnCase): Promise<void> {
  const { facts, book, missionId } = spawn;
  if (missionId === undefined) return;
  if (book.get(missionId) !== undefined) return openAgain(tx, audit, spawn, missionId);
  const { granted } = facts.account;
  const team = book.path(tx.scopeId);
  const opened = open(team.accounts, granted);
  book.put(team.ids, opened.parents);
  book.create(tx, missionId, 'mission', tx.scopeId, newAccount(granted));
  book.enter({ accountId: missionId, callId: missionId, kind: 'grant', amounts: granted });
  await audit(tx, 'BUDGET-GRANTED', { account_id: missionId, parent_account_id: tx.scopeId, amounts: shown(granted) });
}

async function openAgain(tx: Tx, audit: Audit, { order, facts, book, payerId }: SpawnCase, missionId: string): Promise<void> {
  const more = payerId === missionId ? minus(facts.account.granted, book.get(missionId)!.granted) : NOTHING;
  if (isNothing(more)) return;
  const { ids, accounts } = book.path(missionId);
  book.put(ids, raise(accounts, more));
  book.lift(missionId, BUDGET_UNITS.filter((unit) => more[unit] > 0));
  book.enter({ accountId: missionId, callId: order.id, kind: 'grant', amounts: more });
  await audit(tx, 'BUDGET-GRANTED', { account_id: missionId, parent_account_id: tx.scopeId, amounts: shown(more) });
}

async function writeDenial(tx: Tx, audit: Audit, { order, taskId, memberId, parentId, missionId, ask: asked, inForce }: SpawnCase, { code, violations }: Denied): Promise<void> {
  await audit(
    tx,
    'SPAWN-DENIED',
    {
      decision_id: order.id,
      ...(taskId === undefined ? {} : { task_id: taskId }),
      ...(memberId === undefined ? {} : { team_member_id: memberId }),
      role: asked.role,
      code,
      violations: violations.map(({ code: each, message }) => ({ code: each, message })),
      policy_version: String(inForce.version),
      ...(inForce.hash === '' ? {} : { policy_sha256: inForce.hash }),
      source: order.source,
      ...(parentId === undefined ? {} : { parent_instance_id: parentId }),
      ...(missionId === undefined ? {} : { mission_id: missionId }),
    },
    { result: 'denied' },
  );
}

/** Nothing but a person's yes is missing: the request waits for it. */
async function ask(tx: Tx, audit: Audit, spawn: SpawnCase, denied: Denied): Promise<string> {
  const { order, digest, facts, goalId, taskId, parentId, inForce } = spawn;
  const asker = order.source === 'tool_call' ? parentId : undefined;
  await openQuestion(tx, audit, {
    id: order.id,
    kind: 'spawn',
    goalId,
    taskId: taskId ?? null,
    instanceId: (order.parent === 'manager' ? undefined : parentId) ?? null,
    requestedBy: order.requestedBy,
    request: { ...requestOf(order), ...(facts.root ? { root: facts.root } : {}), shown: { role: spawn.ask.role, templateId: spawn.ask.templateId ?? null, justification: spawn.ask.justification } },
    digest,
    code: denied.code,
    reason: sentence(denied),
    epoch: facts.team.epoch,
    waitMs: inForce.policy!.approvalMs.spawn,
    ...(asker === undefined ? {} : { until: asker }),
  });
  return order.id;
}

const MAX_REASON = 500;
export const sentence = ({ violations }: Pick<Denied, 'violations'>): string => firstOf(violations.map(({ message }) => message).join('; '), MAX_REASON);
