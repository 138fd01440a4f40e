import type { Violation } from '../errors.js';
import { SANDBOX_PRODUCTS, type SandboxProduct } from '../worker/agent-spec.js';
import { amountsOfLimit, budgetLimitSchema, count, customerKey, DIALECT, flag, list, mapOf, object, schemaId, text, usd, usdToMicros, type BudgetLimit } from './parts.js';
import type { FileSchema } from './read-yaml.js';
import type { Amounts } from '../states.js';

/** The original's seven roles. */
export const AGENT_ROLES = ['orchestrator', 'delegator', 'worker', 'watcher', 'reviewer', 'tester', 'committer'] as const;
export type AgentRole = (typeof AGENT_ROLES)[number];
/** Who asks when no agent does: a person. It has edges of its own, so that "no parent" is not "no rule". */
export const ROOT_ROLE = 'operator';
export const SPAWNING_ROLES = [ROOT_ROLE, ...AGENT_ROLES] as const;
export type SpawningRole = (typeof SPAWNING_ROLES)[number];

export const EDGE_BEHAVIORS = ['allow', 'deny', 'request_only'] as const;
export type EdgeBehavior = (typeof EDGE_BEHAVIORS)[number];
export const SKILL_SOURCE_MODES = ['any', 'project_only', 'allowlist'] as const;
export type SkillSourceMode = (typeof SKILL_SOURCE_MODES)[number];
export const ON_EXHAUSTED = ['cancel', 'pause'] as const;
export type OnExhausted = (typeof ON_EXHAUSTED)[number];

/** A skill named by id, by path below the policies folder, or by both. */
export interface SkillRef {
  id?: string;
  path?: string;
}

/** The file a skill's content lies in, below the policies folder. */
export const skillFile = ({ id, path }: SkillRef): string => path ?? `skills/${id}.md`;

/** `spawn-policy.yaml` as written: the original's format (snake_case) and, from `minimum_sandbox` on, ours. */
export interface SpawnPolicyFile {
  enabled?: boolean;
  require_justification?: boolean;
  max_agents?: number;
  max_concurrent?: number;
  child_budget_percent_of_parent_remaining?: number;
  mission_total_budget?: BudgetLimit;
  customer_total_budget?: BudgetLimit;
  customer_budgets?: Record<string, BudgetLimit>;
  cost_per_1k_tokens_usd?: number;
  spawn_edges?: Partial<Record<SpawningRole, { behavior?: EdgeBehavior; can_spawn?: AgentRole[] }>>;
  required_skills?: Partial<Record<AgentRole, SkillRef[]>>;
  role_defaults?: Partial<Record<AgentRole, BudgetLimit>>;
  skill_sources?: { mode?: SkillSourceMode; allowlist_ids?: string[]; allowlist_paths?: string[]; pinned_hashes?: Record<string, string> };
  minimum_sandbox?: Partial<Record<AgentRole | 'default', SandboxProduct>>;
  on_exhausted?: OnExhausted;
  max_wall_ms?: number;
  lease_ms?: number;
  warn_percent?: number;
  max_depth?: number;
  max_live_children?: number;
  place_ms?: number;
  spawn_approval_ms?: number;
  tool_approval_ms?: number;
  budget_approval_ms?: number;
}

/** The policy with its defaults, in our own words and units. What the file does not grant is not granted. */
export interface SpawnPolicy {
  readonly enabled: boolean;
  readonly requireJustification: boolean;
  /** Instances one mission may ever have (the default mission, which never ends: at a time); undefined: no cap. */
  readonly maxAgents?: number;
  /** Instances one team may have running. */
  readonly maxConcurrent?: number;
  readonly childPercent: number;
  readonly missionTotal: Amounts;
  /** What all teams of one customer may be granted together; a unit that is not named is not limited. */
  readonly customerTotal: Amounts;
  /** By customer id, where one has other limits: unit by unit in place of those for all. */
  readonly customerBudgets: Readonly<Record<string, Amounts>>;
  /** Micro-dollars per 1000 tokens, where a provider names no cost; undefined: such a call is refused, never free. */
  readonly flatPriceMicrosPer1k?: number;
  readonly edges: Partial<Record<SpawningRole, { readonly behavior: EdgeBehavior; readonly canSpawn: readonly AgentRole[] }>>;
  readonly requiredSkills: Partial<Record<AgentRole, readonly SkillRef[]>>;
  readonly roleDefaults: Partial<Record<AgentRole, Amounts>>;
  readonly skillSources: SkillSources;
  readonly minimumSandbox: Partial<Record<AgentRole, SandboxProduct>> & { readonly default: SandboxProduct };
  readonly onExhausted: OnExhausted;
  readonly maxWallMs: number;
  readonly leaseMs: number;
  readonly warnPercent: number;
  /** Longest line of parents, the youngest included. */
  readonly maxDepth: number;
  /** Instances one instance may have started that have not ended. */
  readonly maxLiveChildren: number;
  /** How long a granted place waits for a supervisor. */
  readonly placeMs: number;
  /** How long a question of the gate waits for a person. */
  readonly approvalMs: { readonly spawn: number; readonly tool: number; readonly budget: number };
}

export interface SkillSources {
  readonly mode: SkillSourceMode;
  readonly allowlistIds: readonly string[];
  readonly allowlistPaths: readonly string[];
  /** `id:<id>` or `path:<path>` to SHA-256 in hex, without prefix. */
  readonly pinnedHashes: Readonly<Record<string, string>>;
}

/** No instance outlives this, whatever its budget says. */
export const DEFAULT_MAX_WALL_MS = 3_600_000;
/** How long after its time the gate leaves an instance to its own supervisor before it ends it itself. */
export const DEFAULT_LEASE_MS = 2_000;
export const DEFAULT_WARN_PERCENT = 80;
export const DEFAULT_MAX_DEPTH = 4;
export const DEFAULT_MAX_LIVE_CHILDREN = 8;
export const DEFAULT_PLACE_MS = 900_000;
export const DEFAULT_SPAWN_APPROVAL_MS = 3_600_000;
export const DEFAULT_TOOL_APPROVAL_MS = 900_000;
export const DEFAULT_BUDGET_APPROVAL_MS = 3_600_000;

export const skillRefSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: { id: text('Name in the skill registry.'), path: text('File below the policies folder.', 400) },
};
const role = { type: 'string', enum: AGENT_ROLES };
const skillKey = '^(id|path):.+$';

export const spawnPolicySchema: FileSchema<SpawnPolicyFile> = {
  kind: 'spawn policy',
  schema: {
    $schema: DIALECT,
    $id: schemaId('spawn-policy'),
    title: 'Countersign spawn policy',
    description: 'Who may start whom, how many, with what budget and in which sandbox. Without this file nothing is started.',
    ...object({
      enabled: { ...flag('false refuses every spawn.'), default: false },
      require_justification: { ...flag('Refuses a spawn that gives no reason.'), default: false },
      max_agents: count('Most instances one mission may ever have, ended ones included. The default mission never ends: there it is the most at a time.'),
      max_concurrent: count('Most instances of one team that run at once.'),
      child_budget_percent_of_parent_remaining: { ...count('Largest part of what its parent has left that one child gets, in percent. 0 or absent: all of it.', 100), default: 0 },
      mission_total_budget: budgetLimitSchema('Cap on a whole mission; the smaller of this and the bundle holds, unit by unit.'),
      customer_total_budget: budgetLimitSchema('Account of one customer: what its teams may be granted together, a team that is over counting as what it spent. A unit that is not named is not limited.'),
      customer_budgets: { type: 'object', propertyNames: { pattern: customerKey }, additionalProperties: budgetLimitSchema('Account of this customer; unit by unit in place of customer_total_budget.'), description: "By a customer's id: its own account, where it is not that of all." },
      cost_per_1k_tokens_usd: usd('Price used where a provider names no cost. Absent: such a call is refused.'),
      spawn_edges: mapOf(SPAWNING_ROLES, object({ behavior: { type: 'string', enum: EDGE_BEHAVIORS, default: 'deny' }, can_spawn: list(role, 'Roles it may start.') }), "Per asking role. 'operator' is a person: one who deploys a team or starts an agent. A role that is not named may start nothing."),
      required_skills: mapOf(AGENT_ROLES, list(skillRefSchema, 'Skills a template must have.'), 'Skills a role must bring.'),
      role_defaults: mapOf(AGENT_ROLES, budgetLimitSchema('Budget of an instance of this role.'), 'Budgets per role; a template, then a bundle, overrides them field by field.'),
      skill_sources: object(
        {
          mode: { type: 'string', enum: SKILL_SOURCE_MODES, default: 'any' },
          allowlist_ids: list(text('Skill id.'), 'Ids that pass in mode allowlist.'),
          allowlist_paths: list(text('Skill path.', 400), 'Paths that pass in mode allowlist.'),
          pinned_hashes: { type: 'object', propertyNames: { pattern: skillKey }, additionalProperties: { type: 'string', pattern: '^(sha256:)?[0-9a-f]{64}$' }, description: 'id:<id> or path:<path> to the SHA-256 its content must have.' },
        },
        [],
        'Where skills may come from.',
      ),
      minimum_sandbox: mapOf([...AGENT_ROLES, 'default'], { type: 'string', enum: SANDBOX_PRODUCTS }, "Least sandbox per role; 'default' for roles not named, itself strict when absent."),
      on_exhausted: { type: 'string', enum: ON_EXHAUSTED, default: 'cancel', description: 'What a used-up budget does to the instance: end it, or let it wait until a person has decided about a top-up.' },
      max_wall_ms: { ...count('No instance lives longer, whatever its budget says.', 86_400_000, 1), default: DEFAULT_MAX_WALL_MS },
      lease_ms: { ...count('How long after its time the gate waits for the supervisor before it ends an instance itself.', 600_000), default: DEFAULT_LEASE_MS },
      warn_percent: { ...count('Part of a budget whose use is worth a warning.', 100, 1), default: DEFAULT_WARN_PERCENT },
      max_depth: { ...count('Longest line from an instance up to the first that started it, both counted.', 64, 1), default: DEFAULT_MAX_DEPTH },
      max_live_children: { ...count('Most instances that one instance has started and that have not ended.', 10_000, 1), default: DEFAULT_MAX_LIVE_CHILDREN },
      place_ms: { ...count('How long an instance that was granted waits for a supervisor before it ends unused.', 86_400_000, 1), default: DEFAULT_PLACE_MS },
      spawn_approval_ms: { ...count('How long a spawn that needs a person waits for the answer.', 604_800_000, 1), default: DEFAULT_SPAWN_APPROVAL_MS },
      tool_approval_ms: { ...count('How long a tool call that needs a person waits for the answer.', 604_800_000, 1), default: DEFAULT_TOOL_APPROVAL_MS },
      budget_approval_ms: { ...count('How long a budget that is used up waits for the answer whether it gets more.', 604_800_000, 1), default: DEFAULT_BUDGET_APPROVAL_MS },
    }),
  },
  check: unusableEdges,
};

/** `can_spawn` on an edge that denies anyway is a policy that does not mean what it says. */
function unusableEdges(file: SpawnPolicyFile): Violation[] {
  return Object.entries(file.spawn_edges ?? {}).flatMap(([name, edge]) => {
    const pointer = `/spawn_edges/${name}`;
    if (edge.behavior === 'allow' && !edge.can_spawn?.length) return [{ pointer, rule: 'edge', message: 'allows, but can_spawn names nobody' }];
    if ((edge.behavior ?? 'deny') === 'deny' && edge.can_spawn?.length) return [{ pointer, rule: 'edge', message: 'names roles in can_spawn, but its behavior is deny' }];
    return [];
  });
}

/** Fills in the defaults. The file must have passed `spawnPolicySchema`. */
export function normalizeSpawnPolicy(file: SpawnPolicyFile): SpawnPolicy {
  return {
    enabled: file.enabled ?? false,
    requireJustification: file.require_justification ?? false,
    ...(file.max_agents === undefined ? {} : { maxAgents: file.max_agents }),
    ...(file.max_concurrent === undefined ? {} : { maxConcurrent: file.max_concurrent }),
    childPercent: file.child_budget_percent_of_parent_remaining || 100,
    missionTotal: amountsOfLimit(file.mission_total_budget),
    customerTotal: amountsOfLimit(file.customer_total_budget),
    customerBudgets: mapValues(file.customer_budgets ?? {}, amountsOfLimit),
    ...(file.cost_per_1k_tokens_usd === undefined ? {} : { flatPriceMicrosPer1k: usdToMicros(file.cost_per_1k_tokens_usd) }),
    edges: mapValues(file.spawn_edges ?? {}, (edge) => ({ behavior: edge.behavior ?? 'deny', canSpawn: edge.can_spawn ?? [] })),
    requiredSkills: file.required_skills ?? {},
    roleDefaults: mapValues(file.role_defaults ?? {}, amountsOfLimit),
    skillSources: skillSources(file.skill_sources),
    minimumSandbox: { default: 'strict', ...file.minimum_sandbox },
    onExhausted: file.on_exhausted ?? 'cancel',
    maxWallMs: file.max_wall_ms ?? DEFAULT_MAX_WALL_MS,
    leaseMs: file.lease_ms ?? DEFAULT_LEASE_MS,
    warnPercent: file.warn_percent ?? DEFAULT_WARN_PERCENT,
    maxDepth: file.max_depth ?? DEFAULT_MAX_DEPTH,
    maxLiveChildren: file.max_live_children ?? DEFAULT_MAX_LIVE_CHILDREN,
    placeMs: file.place_ms ?? DEFAULT_PLACE_MS,
    approvalMs: { spawn: file.spawn_approval_ms ?? DEFAULT_SPAWN_APPROVAL_MS, tool: file.tool_approval_ms ?? DEFAULT_TOOL_APPROVAL_MS, budget: file.budget_approval_ms ?? DEFAULT_BUDGET_APPROVAL_MS },
  };
}

/** What one customer's teams may be granted together; a unit that is not named is not limited. */
export const customerLimit = ({ customerTotal, customerBudgets }: Pick<SpawnPolicy, 'customerTotal' | 'customerBudgets'>, customerId: string): Amounts => ({ ...customerTotal, ...customerBudgets[customerId] });

const skillSources = (file: SpawnPolicyFile['skill_sources'] = {}): SkillSources => ({
  mode: file.mode ?? 'any',
  allowlistIds: file.allowlist_ids ?? [],
  allowlistPaths: file.allowlist_paths ?? [],
  pinnedHashes: mapValues(file.pinned_hashes ?? {}, (hash) => hash.replace(/^sha256:/, '')),
});

function mapValues<K extends string, V, W>(map: Partial<Record<K, V>>, change: (value: V) => W): Partial<Record<K, W>> & Record<string, W> {
  const pairs = (Object.entries(map) as [string, V | undefined][]).filter((pair): pair is [string, V] => pair[1] !== undefined);
  return Object.fromEntries(pairs.map(([key, value]) => [key, change(value)])) as Partial<Record<K, W>> & Record<string, W>;
}
