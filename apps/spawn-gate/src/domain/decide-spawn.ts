import {
  addedReach,
  LEAST_SANDBOX_LEVEL,
  reachOf,
  SPAWN_DENY_CODES,
  type AgentRole,
  type Amounts,
  type Capabilities,
  type EdgeBehavior,
  type GoalState,
  type ROOT_ROLE,
  type SpawnDenyCode,
  type SpawningRole,
  type SpawnPolicy,
  type TaskState,
  type TeamScope,
  type TeamState,
  type Template,
} from '@countersign/contracts';
import type { Full } from './amounts.js';
import { freeOf, resolveSlice, starved, type Account, type SliceWishes } from './budget.js';
import { narrow, withinMission } from './capabilities.js';
import { leastSandbox, type SandboxChoice } from './sandbox-choice.js';
import { brings, pinFault, recallFault, skillHash, skillKey, sourceFault, type Sha256, type SkillDigests } from './skills.js';

/** What is asked. Who asks stands in the facts, from the caller's credential; a worker's own words are no part of that. */
export interface SpawnAsk {
  readonly role: AgentRole;
  /** Undefined: the first template, by id, that is made for the role. */
  readonly templateId?: string;
  /** The asker's reason, the task's title; for a team's manager the verb that starts it. */
  readonly justification: string;
  /** The level the supervisor's self-test reached; undefined for a place, which no supervisor holds yet: it is judged when one does. */
  readonly sandboxLevel?: number;
  /** The team's epoch the asker saw; undefined where the gate itself asks. */
  readonly epoch?: number;
  /** The bundle's budget for this member: it replaces what role and template say. */
  readonly budgetOverride?: Amounts;
  /** What the asker wishes: it only ever narrows what role and template give. */
  readonly budgetWish?: Amounts;
  /** A person has answered the question this spawn asked: `spawn_requires_approval`, and nothing else, no longer stands against it. */
  readonly approved?: true;
}

/** The instance that asks, or that a person named as parent. */
export interface Parent {
  readonly role: AgentRole;
  readonly capabilities: Capabilities;
  /** 1 for an instance that no instance started. */
  readonly depth: number;
  /** Instances it started that have not ended. */
  readonly children: number;
  /** How long it has left; undefined: it has no deadline. */
  readonly lifeMs?: number;
}

/** An instance that was granted before and waits for a supervisor: its slice is held, and for the mission it was granted for its edge and its number are settled. */
export interface GrantedPlace {
  /** It was granted for the default mission and now comes under another, which has a number of its own, and a starter who may be refused. */
  readonly moved: boolean;
  readonly slice: Full;
  readonly capabilities: Capabilities;
}

/** What is true at the moment of the decision, read under the team's lock. */
export interface SpawnFacts {
  readonly team: { readonly state: TeamState; readonly epoch: number };
  /** What the team was certified with, where it is one of its bundle's own agents; undefined where no service certified it. */
  readonly certified?: TeamScope;
  /** A person asks, and the last day of the team's trial is over: who works on what is under way is started by the team. */
  readonly trialOver?: boolean;
  /** The agent is the own one of a member who is suspended, and of no other: it starts under nobody’s name, whoever asks. */
  readonly ownerSuspended?: boolean;
  /** The task it is for; undefined where none is named, null where the task or its member does not exist. */
  readonly work?: { readonly taskState: TaskState; readonly memberState?: string; /** Of the member whose agent does it. */ readonly agentState?: string } | null;
  /** The mission it is for: a goal, or (without `goalState`) the team's default mission. Undefined for the team's own manager; null where there is no such goal. */
  readonly mission?: { readonly goalState?: GoalState; readonly stop?: MissionStop; readonly tools?: readonly string[]; readonly agents?: readonly string[] } | null;
  readonly policy?: SpawnPolicy;
  readonly templates: readonly Template[];
  readonly skillDigests: SkillDigests;
  /** Hashes that a person has recalled, of contents and of skills together; undefined: none. */
  readonly recalledSkills?: readonly string[];
  /** A person's choice for this installation; undefined where nobody chose. */
  readonly sandboxChoice?: SandboxChoice;
  /** The role of the person who asks: null for one who may start nobody, undefined where no person asks. */
  readonly root?: typeof ROOT_ROLE | null;
  /** The instance that starts it: null where one was named that does not run here or not for this mission, undefined where there is none. */
  readonly parent?: Parent | null;
  /** Instances the mission ever had, and instances of the team that have not ended. */
  readonly counts: { readonly mission: number; readonly running: number };
  /** The account the slice comes from: the parent's own, the mission's, or the team's for a manager. */
  readonly account: Account;
  /** The place this request takes, if there is one. */
  readonly place?: GrantedPlace;
}
export type MissionStop = 'paused' | 'cancelled';

export interface Violation {
  readonly code: SpawnDenyCode;
  readonly message: string;
}

export interface Allowed {
  readonly allowed: true;
  readonly code: 'ok';
  readonly violations: readonly [];
  readonly templateId: string;
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

/** The one rule of who may exist (P2), whoever asks: a person, a tool call, a mission, a task, a deployment. */
export function decideSpawn(ask: SpawnAsk, facts: SpawnFacts, sha256: Sha256): SpawnDecision {
  const template = templateFor(ask, facts.templates);
  const { policy } = facts;
  const violations = [
    ...workRules(ask, facts),
    ...missionRules(facts),
    ...missionAgents(ask, facts, template),
    ...templateRules(ask, template),
    ...certifiedRules(facts, template),
    ...(policy ? policyRules(ask, facts, policy, template, sha256) : [denied('spawn_policy_missing', 'no spawn policy is in force')]),
  ];
  if (violations.length > 0 || !policy || !template) return refuse(violations);
  const slice = sliceOf(ask, facts, policy, template);
  return {
    allowed: true,
    code: 'ok',
    violations: [],
    templateId: template.id,
    slice,
    capabilities: capabilitiesOf(facts, template),
    skillHash: skillHash(template.skills, facts.skillDigests, sha256),
    wallMs: wallMs(slice, policy),
  };
}

/** The template that is named, else the first by id that is made for the role. */
export const templateFor = ({ templateId, role }: Pick<SpawnAsk, 'templateId' | 'role'>, templates: readonly Template[]): Template | undefined =>
  templateId === undefined ? templates.filter((template) => template.role === role).sort((a, b) => (a.id < b.id ? -1 : 1))[0] : templates.find(({ id }) => id === templateId);

/** Never more than the parent may touch, nor than the mission lets anybody call; what a place was granted is narrowed again by what its template says now, and by the mission it comes to. */
function capabilitiesOf({ parent, place, mission }: SpawnFacts, template: Template): Capabilities {
  const above = place?.capabilities ?? parent?.capabilities;
  return withinMission(above ? narrow(above, template.capabilities) : template.capabilities, mission?.tools ?? []);
}

function refuse(found: readonly Violation[]): Denied {
  const violations = [...found].sort((a, b) => SPAWN_DENY_CODES.indexOf(a.code) - SPAWN_DENY_CODES.indexOf(b.code));
  const code = violations[0]!.code;
  return { allowed: false, code, violations, requiresUserApproval: violations.every((violation) => violation.code === 'spawn_requires_approval') };
}

const denied = (code: SpawnDenyCode, message: string): Violation => ({ code, message });
const when = (broken: boolean, code: SpawnDenyCode, message: string): Violation[] => (broken ? [denied(code, message)] : []);

const ASSIGNED: readonly TaskState[] = ['assigned', 'in_progress'];
/** A place may be kept for work that nobody has been given yet. */
const AHEAD: readonly TaskState[] = ['todo', ...ASSIGNED];
const AT_WORK: readonly GoalState[] = ['planned', 'running', 'changes_requested'];

function workRules(ask: SpawnAsk, { team, trialOver = false, work, ownerSuspended = false }: SpawnFacts): Violation[] {
  return [
    ...when(team.state !== 'active', 'team_not_active', `the team is ${team.state}`),
    ...when(ask.epoch !== undefined && ask.epoch !== team.epoch, 'stale_epoch', 'the request is from before the team was last stopped'),
    ...when(trialOver, 'trial_over', 'the trial is over: what is under way is finished, nothing new begins'),
    ...when(work === null, 'task_not_assigned', 'there is no such task'),
    ...(work ? when(!(ask.sandboxLevel === undefined ? AHEAD : ASSIGNED).includes(work.taskState), 'task_not_assigned', `the task is ${work.taskState}, not assigned`) : []),
    ...(work ? when(work.memberState !== undefined && work.memberState !== 'active', 'task_not_assigned', `the member is ${work.memberState}`) : []),
    // whoever stands in has the agent of another, which is no new name for one that was stopped (S4-91); nor has a person, a worker or a mission one for it
    ...when(work?.agentState === 'suspended' || ownerSuspended, 'agent_suspended', 'the member whose agent it is was suspended, so it starts under nobody’s name'),
  ];
}

/** A mission that is over, cancelled or paused starts nothing, whichever row says so first: the gate's flag or the goal (B-5). */
function missionRules({ mission }: SpawnFacts): Violation[] {
  if (mission === undefined) return [];
  if (mission === null) return [denied('mission_unknown', 'there is no such mission')];
  const { goalState, stop } = mission;
  return [
    ...when(goalState !== undefined && !AT_WORK.includes(goalState), 'mission_cancelled', `the goal is ${goalState}`),
    ...when(stop === 'cancelled', 'mission_cancelled', 'the mission was cancelled'),
    ...when(stop === 'paused', 'mission_paused', 'the mission is paused'),
  ];
}

/** Its maker may name who works for a mission, by role or by template, in the original's free spelling. */
function missionAgents({ role }: SpawnAsk, { mission }: SpawnFacts, template: Template | undefined): Violation[] {
  const named = (mission?.agents ?? []).map((name) => name.trim().toLowerCase());
  const isNamed = named.length === 0 || named.includes(role) || (template !== undefined && named.includes(template.id.toLowerCase()));
  return when(!isNamed, 'mission_agent_not_allowed', `the mission lets only these work for it: ${named.join(', ')}`);
}

function templateRules({ templateId, role }: SpawnAsk, template: Template | undefined): Violation[] {
  if (!template) return [denied('spawn_unknown_template', templateId === undefined ? `there is no template for the role ${role}` : `there is no template ${templateId}`)];
  return when(template.role !== role, 'spawn_role_mismatch', `the template ${template.id} is for the role ${template.role}, not ${role}`);
}

/** A template is read anew at every start: what it says now is held against what the team's people were asked about. */
function certifiedRules({ certified }: SpawnFacts, template: Template | undefined): Violation[] {
  const beyond = certified && template ? addedReach(certified, reachOf([template.capabilities])) : [];
  return when(beyond.length > 0, 'spawn_beyond_certification', `the template ${template?.id} reaches further than what this team was certified with: ${beyond.join(', ')}`);
}

function policyRules(ask: SpawnAsk, facts: SpawnFacts, policy: SpawnPolicy, template: Template | undefined, sha256: Sha256): Violation[] {
  const least = leastSandbox(ask.role, policy, facts.sandboxChoice);
  return [
    ...when(!policy.enabled, 'spawn_policy_disabled', 'the spawn policy is switched off'),
    ...when(policy.requireJustification && ask.justification.trim() === '', 'spawn_justification_required', 'a spawn must say what it is for'),
    ...(facts.place ? placeRules(ask, facts.place, facts, policy) : [...countRules(facts, policy), ...edgeRules(ask, facts, policy), ...lineageRules(facts, policy), ...(template ? budgetRules(ask, facts, policy, template) : [])]),
    ...(template ? skillRules(ask, facts, policy, template, sha256) : []),
    ...when(ask.sandboxLevel !== undefined && ask.sandboxLevel < LEAST_SANDBOX_LEVEL[least], 'spawn_sandbox_insufficient', `the role ${ask.role} needs the sandbox ${least}, the supervisor has level ${ask.sandboxLevel}`),
  ];
}

/** A person who asked for the place answered what had to be asked; that the mission's own starter is refused is not undone by it. */
const placeRules = (ask: SpawnAsk, { moved }: GrantedPlace, facts: SpawnFacts, policy: SpawnPolicy): Violation[] =>
  moved ? [...missionCount(facts, policy), ...edgeRules({ ...ask, approved: true }, facts, policy)] : [];

const missionCount = ({ counts: { mission } }: SpawnFacts, policy: SpawnPolicy): Violation[] =>
  when(mission >= (policy.maxAgents ?? Infinity), 'spawn_max_agents_exceeded', `this mission has had ${mission} instances, as many as it may`);

const countRules = (facts: SpawnFacts, policy: SpawnPolicy): Violation[] => [
  ...missionCount(facts, policy),
  ...when(facts.counts.running >= (policy.maxConcurrent ?? Infinity), 'spawn_max_concurrent_exceeded', `${facts.counts.running} instances of this team run already`),
];

/** A team's own manager, which a person starts by deploying it, is for no mission. */
const isManager = ({ mission, work }: SpawnFacts): boolean => mission === undefined && work === undefined;
/** A lead is what Genesis certified the team with: the edge says of its deployment whether, and need not name the role, by which anybody could start another. */
const isLead = (role: AgentRole, facts: SpawnFacts): boolean => role === 'orchestrator' && isManager(facts);

/** Everybody who stands behind the request must be allowed to start the role, and the strictest word holds. Nobody is no way round the edges: it is a spawn that nobody may make. */
function edgeRules({ role, approved }: SpawnAsk, facts: SpawnFacts, { edges }: SpawnPolicy): Violation[] {
  const { root, parent } = facts;
  const missing = [
    ...when(parent === null, 'spawn_parent_unknown', 'the parent that was named does not run in this team and for this mission'),
    ...when(root === null, 'spawn_denied_edge', 'this person may start no agent'),
    ...when(root === undefined && parent === undefined, 'spawn_denied_edge', 'the team has no running manager that could start it'),
  ];
  const askers: SpawningRole[] = [...(root ? [root] : []), ...(parent ? [parent.role] : [])];
  const behaviors = askers.map((asker) => ({ asker, behavior: isLead(role, facts) ? (edges[asker]?.behavior ?? 'deny') : behaviorOf(edges[asker], role) }));
  const saying = (word: EdgeBehavior) => behaviors.filter(({ behavior }) => behavior === word).map(({ asker }) => asker);
  return [
    ...missing,
    ...saying('deny').map((asker) => denied('spawn_denied_edge', `the role ${asker} may not start the role ${role}`)),
    ...(approved ? [] : saying('request_only').map((asker) => denied('spawn_requires_approval', `the role ${asker} may start the role ${role} only with a person's approval`))),
  ];
}

/** A request_only edge that names nobody may request everybody: a person decides anyway. */
function behaviorOf(edge: SpawnPolicy['edges'][SpawningRole], role: AgentRole): EdgeBehavior {
  if (!edge || edge.behavior === 'deny') return 'deny';
  const named = edge.canSpawn.includes(role) || (edge.behavior === 'request_only' && edge.canSpawn.length === 0);
  return named ? edge.behavior : 'deny';
}

const lineageRules = ({ parent }: SpawnFacts, { maxDepth, maxLiveChildren }: SpawnPolicy): Violation[] => [
  ...when((parent?.depth ?? 0) >= maxDepth, 'spawn_depth_exceeded', `it would stand ${(parent?.depth ?? 0) + 1} deep in its line; ${maxDepth} are allowed`),
  ...when((parent?.children ?? 0) >= maxLiveChildren, 'spawn_children_exceeded', `its parent has ${parent?.children} live children, as many as it may`),
];

function skillRules({ role }: SpawnAsk, { skillDigests, recalledSkills = [] }: SpawnFacts, policy: SpawnPolicy, { id, skills }: Template, sha256: Sha256): Violation[] {
  const recalled = recallFault(skills, skillDigests, recalledSkills, sha256);
  const required = (policy.requiredSkills[role] ?? []).filter((skill) => !brings(skills, skill));
  const sources = skills.map((skill) => sourceFault(skill, policy.skillSources)).filter((fault) => fault !== undefined);
  const missing = skills.filter((skill) => sourceFault(skill, policy.skillSources) === undefined && skillDigests[skillKey(skill)] === undefined);
  const pins = skills.map((skill) => pinFault(skill, policy.skillSources, skillDigests)).filter((fault) => fault !== undefined);
  return [
    ...required.map((skill) => denied('spawn_required_skill_missing', `the template ${id} lacks ${skillKey(skill)}`)),
    ...missing.map((skill) => denied('spawn_required_skill_missing', `there is no content for ${skillKey(skill)}`)),
    ...sources.map((fault) => denied('spawn_skill_source_denied', fault)),
    ...pins.map((fault) => denied('spawn_skill_hash_mismatch', fault)),
    ...(recalled === undefined ? [] : [denied('spawn_skill_recalled', recalled)]),
  ];
}

const wishesOf = (ask: SpawnAsk, policy: SpawnPolicy, template: Template): SliceWishes => ({
  ...(policy.roleDefaults[ask.role] ? { roleDefault: policy.roleDefaults[ask.role]! } : {}),
  templateDefault: template.budget,
  ...(ask.budgetOverride ? { override: ask.budgetOverride } : {}),
  ...(ask.budgetWish ? { atMost: ask.budgetWish } : {}),
});

/** A manager hangs below the team itself: the percentage is for the children of a mission. */
const shareOf = (facts: SpawnFacts, { childPercent }: SpawnPolicy): number => (isManager(facts) ? 100 : childPercent);

const sliceOf = (ask: SpawnAsk, facts: SpawnFacts, policy: SpawnPolicy, template: Template): Full =>
  facts.place?.slice ?? resolveSlice(wishesOf(ask, policy, template), freeOf(facts.account), shareOf(facts, policy));

function budgetRules(ask: SpawnAsk, facts: SpawnFacts, policy: SpawnPolicy, template: Template): Violation[] {
  const slice = sliceOf(ask, facts, policy, template);
  const short = starved(wishesOf(ask, policy, template), slice, facts.account.granted);
  const lifeMs = facts.parent?.lifeMs ?? Infinity;
  return [
    ...when(short.length > 0, 'spawn_mission_budget_exceeded', `too little is left of ${short.join(', ')}`),
    // its time is taken from its parent's: a parent that would end at once would take it along
    ...when(slice.ms >= lifeMs, 'spawn_mission_budget_exceeded', 'its parent has too little time left'),
  ];
}

const wallMs = (slice: Full, { maxWallMs }: SpawnPolicy): number => Math.min(slice.ms > 0 ? slice.ms : maxWallMs, maxWallMs);
