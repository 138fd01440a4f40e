import {
  LEAST_SANDBOX_LEVEL,
  SPAWN_DENY_CODES,
  type AgentRole,
  type Amounts,
  type Capabilities,
  type GoalState,
  type SpawnDenyCode,
  type SpawningRole,
  type SpawnPolicy,
  type TaskState,
  type TeamState,
  type Template,
} from '@countersign/contracts';
import type { Full } from './amounts.js';
import { freeOf, resolveSlice, starved, type Account, type SliceWishes } from './budget.js';
import { narrow } from './capabilities.js';
import { brings, pinFault, skillHash, skillKey, sourceFault, type Sha256, type SkillDigests } from './skills.js';

/** What is asked. All of it is read from rows and the caller's credential; a worker's own words are no part of it. */
export interface SpawnAsk {
  readonly role: AgentRole;
  readonly templateId: string;
  /** The task's title; for a team's manager the verb that starts it. */
  readonly justification: string;
  /** The level the supervisor's self-test reached. */
  readonly sandboxLevel: number;
  /** The team's epoch the asker saw; undefined where the gate itself asks. */
  readonly epoch?: number;
  readonly budgetOverride?: Amounts;
}

/** What is true at the moment of the decision, read under the team's lock. */
export interface SpawnFacts {
  readonly team: { readonly state: TeamState; readonly epoch: number };
  /** Undefined for the team's own manager; null where the task or its member does not exist. */
  readonly work?: { readonly taskState: TaskState; readonly memberState: string; readonly goalState: GoalState } | null;
  readonly policy?: SpawnPolicy;
  readonly templates: readonly Template[];
  readonly skillDigests: SkillDigests;
  /** Who starts it; undefined when the team has no running manager. Absent capabilities: a person, whom no template limits. */
  readonly parent?: { readonly role: SpawningRole; readonly capabilities?: Capabilities };
  /** Instances this mission ever had, and instances of the team that run. */
  readonly counts: { readonly mission: number; readonly running: number };
  /** The account the slice comes from: the mission's, or the team's for a manager. */
  readonly account: Account;
}

export interface Violation {
  readonly code: SpawnDenyCode;
  readonly message: string;
}

export interface Allowed {
  readonly allowed: true;
  readonly code: 'ok';
  readonly violations: readonly [];
  readonly slice: Full;
  readonly capabilities: Capabilities;
  readonly skillHash: string;
  /** Longest life of the instance. */
  readonly wallMs: number;
}

export interface Denied {
  readonly allowed: false;
  readonly code: SpawnDenyCode;
  /** Every rule that says no, in the order of judgement. */
  readonly violations: readonly Violation[];
  /** A person's yes would be enough: nothing else stands against it. */
  readonly requiresUserApproval: boolean;
}

export type SpawnDecision = Allowed | Denied;

/** The one rule of who may exist (P2), whoever asks: a person, a task, a tool call. */
export function decideSpawn(ask: SpawnAsk, facts: SpawnFacts, sha256: Sha256): SpawnDecision {
  const template = facts.templates.find(({ id }) => id === ask.templateId);
  const { policy } = facts;
  const violations = [...workRules(ask, facts), ...templateRules(ask, template), ...(policy ? policyRules(ask, facts, policy, template) : [denied('spawn_policy_missing', 'no spawn policy is in force')])];
  if (violations.length > 0 || !policy || !template) return refuse(violations);
  return {
    allowed: true,
    code: 'ok',
    violations: [],
    slice: sliceOf(ask, facts, policy, template),
    capabilities: facts.parent?.capabilities ? narrow(facts.parent.capabilities, template.capabilities) : template.capabilities,
    skillHash: skillHash(template.skills, facts.skillDigests, sha256),
    wallMs: wallMs(sliceOf(ask, facts, policy, template), policy),
  };
}

function refuse(found: readonly Violation[]): Denied {
  const violations = [...found].sort((a, b) => SPAWN_DENY_CODES.indexOf(a.code) - SPAWN_DENY_CODES.indexOf(b.code));
  const code = violations[0]!.code;
  return { allowed: false, code, violations, requiresUserApproval: violations.length === 1 && code === 'spawn_requires_approval' };
}

const denied = (code: SpawnDenyCode, message: string): Violation => ({ code, message });
const when = (broken: boolean, code: SpawnDenyCode, message: string): Violation[] => (broken ? [denied(code, message)] : []);

const ASSIGNED: readonly TaskState[] = ['assigned', 'in_progress'];
const AT_WORK: readonly GoalState[] = ['planned', 'running', 'changes_requested'];

function workRules(ask: SpawnAsk, { team, work }: SpawnFacts): Violation[] {
  return [
    ...when(team.state !== 'active', 'team_not_active', `the team is ${team.state}`),
    ...when(ask.epoch !== undefined && ask.epoch !== team.epoch, 'stale_epoch', 'the request is from before the team was last stopped'),
    ...when(work === null, 'task_not_assigned', 'there is no such task'),
    ...(work ? when(!ASSIGNED.includes(work.taskState), 'task_not_assigned', `the task is ${work.taskState}, not assigned`) : []),
    ...(work ? when(work.memberState !== 'active', 'task_not_assigned', `the member is ${work.memberState}`) : []),
    ...(work ? when(!AT_WORK.includes(work.goalState), 'mission_cancelled', `the goal is ${work.goalState}`) : []),
  ];
}

function templateRules(ask: SpawnAsk, template: Template | undefined): Violation[] {
  if (!template) return [denied('spawn_unknown_template', `there is no template ${ask.templateId}`)];
  return when(template.role !== ask.role, 'spawn_role_mismatch', `the template ${template.id} is for the role ${template.role}, not ${ask.role}`);
}

function policyRules(ask: SpawnAsk, facts: SpawnFacts, policy: SpawnPolicy, template: Template | undefined): Violation[] {
  const { mission, running } = facts.counts;
  const least = policy.minimumSandbox[ask.role] ?? policy.minimumSandbox.default;
  return [
    ...when(!policy.enabled, 'spawn_policy_disabled', 'the spawn policy is switched off'),
    ...when(policy.requireJustification && ask.justification.trim() === '', 'spawn_justification_required', 'a spawn must say what it is for'),
    ...when(mission >= (policy.maxAgents ?? Infinity), 'spawn_max_agents_exceeded', `this goal has had ${mission} instances, as many as it may`),
    ...when(running >= (policy.maxConcurrent ?? Infinity), 'spawn_max_concurrent_exceeded', `${running} instances of this team run already`),
    ...edgeRule(ask, facts, policy),
    ...(template ? [...skillRules(ask, facts, policy, template), ...budgetRule(ask, facts, policy, template)] : []),
    ...when(ask.sandboxLevel < LEAST_SANDBOX_LEVEL[least], 'spawn_sandbox_insufficient', `the role ${ask.role} needs the sandbox ${least}, the supervisor has level ${ask.sandboxLevel}`),
  ];
}

/** Nobody as parent is no way round the edges: it is a spawn that nobody may make. */
function edgeRule({ role }: SpawnAsk, { parent }: SpawnFacts, { edges }: SpawnPolicy): Violation[] {
  if (!parent) return [denied('spawn_denied_edge', 'the team has no running manager that could start it')];
  const edge = edges[parent.role];
  // A request_only edge that names nobody may request everybody: a person decides anyway.
  const named = edge !== undefined && (edge.canSpawn.includes(role) || (edge.behavior === 'request_only' && edge.canSpawn.length === 0));
  if (!edge || edge.behavior === 'deny' || !named) return [denied('spawn_denied_edge', `the role ${parent.role} may not start the role ${role}`)];
  return when(edge.behavior === 'request_only', 'spawn_requires_approval', `the role ${parent.role} may start the role ${role} only with a person's approval`);
}

function skillRules({ role }: SpawnAsk, { skillDigests }: SpawnFacts, policy: SpawnPolicy, { id, skills }: Template): Violation[] {
  const required = (policy.requiredSkills[role] ?? []).filter((skill) => !brings(skills, skill));
  const sources = skills.map((skill) => sourceFault(skill, policy.skillSources)).filter((fault) => fault !== undefined);
  const missing = skills.filter((skill) => sourceFault(skill, policy.skillSources) === undefined && skillDigests[skillKey(skill)] === undefined);
  const pins = skills.map((skill) => pinFault(skill, policy.skillSources, skillDigests)).filter((fault) => fault !== undefined);
  return [
    ...required.map((skill) => denied('spawn_required_skill_missing', `the template ${id} lacks ${skillKey(skill)}`)),
    ...missing.map((skill) => denied('spawn_required_skill_missing', `there is no content for ${skillKey(skill)}`)),
    ...sources.map((fault) => denied('spawn_skill_source_denied', fault)),
    ...pins.map((fault) => denied('spawn_skill_hash_mismatch', fault)),
  ];
}

const wishesOf = (ask: SpawnAsk, policy: SpawnPolicy, template: Template): SliceWishes => ({
  ...(policy.roleDefaults[ask.role] ? { roleDefault: policy.roleDefaults[ask.role]! } : {}),
  templateDefault: template.budget,
  ...(ask.budgetOverride ? { override: ask.budgetOverride } : {}),
});

/** A manager hangs below the team itself: the percentage is for the children of a mission. */
const sliceOf = (ask: SpawnAsk, facts: SpawnFacts, policy: SpawnPolicy, template: Template): Full =>
  resolveSlice(wishesOf(ask, policy, template), freeOf(facts.account), facts.work === undefined ? 100 : policy.childPercent);

function budgetRule(ask: SpawnAsk, facts: SpawnFacts, policy: SpawnPolicy, template: Template): Violation[] {
  const short = starved(wishesOf(ask, policy, template), sliceOf(ask, facts, policy, template), facts.account.granted);
  return when(short.length > 0, 'spawn_mission_budget_exceeded', `too little is left of ${short.join(', ')}`);
}

const wallMs = (slice: Full, { maxWallMs }: SpawnPolicy): number => Math.min(slice.ms > 0 ? slice.ms : maxWallMs, maxWallMs);
