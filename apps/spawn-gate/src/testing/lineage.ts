import { createHash } from 'node:crypto';
import { AGENT_ROLES, BUDGET_UNITS, hostAllowed, normalizeSpawnPolicy, normalizeTemplate, pathCovers, toolAllowed, type Amounts, type Capabilities, type Template, type TemplateFile } from '@countersign/contracts';
import fc from 'fast-check';
import { full, least, plus, positive, unitsOver, type Full } from '../domain/amounts.js';
import { freeOf, newAccount, open, spend, type Account } from '../domain/budget.js';
import { decideSpawn, type Parent } from '../domain/decide-spawn.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const TOOLS = ['read', 'write', 'docs.read', 'docs.write', 'checks.run', 'git', 'a', 'ab', 'abc'];
const GLOBS = ['*', 'docs.*', '*.read', 'read', 'write', 'checks.*', 'a*', '*b', 'a*c', 'git'];
const PATHS = ['.', 'src', 'src/a', 'src/a/b', 'docs', 'src2', 'src/ab'];
const HOSTS = ['*', 'example.com', 'api.example.com', 'other.org', 'evil-example.com'];
const NAMES = ['example.com', 'api.example.com', 'x.api.example.com', 'other.org', 'evil-example.com', 'com'];
const ALIASES = ['deploy', 'npm', 'db'];

const templates: fc.Arbitrary<TemplateFile> = fc.record({
  templateID: fc.constant('t'),
  role: fc.constantFrom(...AGENT_ROLES),
  default_budget: fc.record({ max_tokens: fc.nat(3_000), max_steps: fc.nat(300), max_tool_calls: fc.nat(50), max_duration_ms: fc.nat(90_000), max_cost_usd: fc.nat(100).map((cents) => cents / 100) }, { requiredKeys: [] }),
  capabilities: fc.record({
    tool_allowlist: fc.subarray(GLOBS),
    tool_denylist: fc.subarray(GLOBS, { maxLength: 2 }),
    fs_scopes: fc.record({ read: fc.subarray(PATHS), write: fc.subarray(PATHS) }),
    net_scopes: fc.record({ enabled: fc.boolean(), allow_hosts: fc.subarray(HOSTS) }),
    secrets_scopes: fc.subarray(ALIASES),
    git_caps: fc.record({ read: fc.boolean(), commit: fc.boolean(), push: fc.boolean(), push_requires_approval: fc.boolean() }),
  }),
});

/** One thing that happens in a tree: somebody starts a child, uses something, or time passes. `who` is taken modulo what is there. */
const steps = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('spawn' as const), who: fc.nat(40), template: templates, wish: fc.option(fc.record({ tokens: fc.nat(5_000), ms: fc.nat(100_000) }, { requiredKeys: [] }), { nil: undefined }), drawn: fc.record({ steps: fc.nat(20), ms: fc.nat(5_000) }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('use' as const), who: fc.nat(40), amounts: fc.record({ tokens: fc.nat(500), steps: fc.nat(10), usd_micros: fc.nat(50_000) }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20_000) }) },
);
export const trees = fc.record({
  root: templates,
  percent: fc.constantFrom(0, 10, 40, 90, 100),
  mission: fc.record({ tokens: fc.nat(20_000), steps: fc.nat(2_000), tool_calls: fc.nat(500), ms: fc.nat(400_000), usd_micros: fc.nat(5_000_000) }),
  steps: fc.array(steps, { minLength: 3, maxLength: 14 }),
});

interface Node {
  readonly parent: Node | undefined;
  readonly template: Template;
  readonly capabilities: Capabilities;
  /** A manager holds a slice of its own, but its mission pays for what it starts. */
  readonly payer: { account: Account };
  account: Account;
  readonly slice: Full;
  deadline: number;
  children: number;
  readonly depth: number;
}

const LEASE_MS = 2_000;

/** Grows one tree by the gate's rule and its book-keeping, and says what of a child is more than its parent has. */
export function grow(tree: typeof trees extends fc.Arbitrary<infer T> ? T : never): string[] {
  const everybody = Object.fromEntries(['operator', ...AGENT_ROLES].map((role) => [role, { behavior: 'allow' as const, can_spawn: [...AGENT_ROLES] }]));
  const policy = normalizeSpawnPolicy({ enabled: true, spawn_edges: everybody, child_budget_percent_of_parent_remaining: tree.percent, minimum_sandbox: { default: 'none' }, max_wall_ms: 60_000, lease_ms: LEASE_MS });
  const mould = normalizeTemplate(tree.root);
  const mission = { account: newAccount(full(tree.mission)) };
  const manager: Node = { parent: undefined, template: mould, capabilities: mould.capabilities, payer: mission, account: newAccount(full({})), slice: full({}), deadline: Infinity, children: 0, depth: 1 };
  const nodes: Node[] = [manager];
  const wrong: string[] = [];
  let now = 0;
  for (const step of tree.steps) {
    const alive = nodes.filter(({ deadline }) => deadline > now);
    if (step.kind === 'wait') now += step.ms;
    else if (step.kind === 'use') use(nodes[step.who % nodes.length]!, mission, full(step.amounts));
    else {
      const parent = alive[step.who % alive.length]!;
      const child = start(parent, nodes, normalizeTemplate(step.template), policy, now, step.wish, step.drawn, mission);
      if (child) nodes.push(child);
    }
    wrong.push(...nodes.filter(({ parent }) => parent !== undefined).flatMap((node) => excess(node)), ...[...nodes.map(({ account }) => account), mission.account].filter((account) => unitsOver(plus(account.held, account.spent), account.granted).length > 0).map(() => 'an account holds and has spent more than it was granted'));
  }
  return wrong;
}

function start(parent: Node, nodes: readonly Node[], template: Template, policy: ReturnType<typeof normalizeSpawnPolicy>, now: number, wish: Amounts | undefined, drawn: Amounts, mission: { account: Account }): Node | undefined {
  const isManager = parent.parent === undefined;
  const account = isManager ? mission.account : { ...parent.account, held: plus(parent.account.held, full(drawn)) };
  const line: Parent = { role: parent.template.role, capabilities: parent.capabilities, depth: parent.depth, children: parent.children, ...(isManager ? {} : { lifeMs: parent.deadline - now }) };
  const decision = decideSpawn(
    { role: template.role, templateId: template.id, justification: 'x', ...(wish ? { budgetWish: wish } : {}) },
    { team: { state: 'active', epoch: 1 }, mission: {}, policy, templates: [template], skillDigests: {}, parent: line, counts: { mission: 0, running: 0 }, account },
    sha256,
  );
  if (!decision.allowed) return undefined;
  const { slice, capabilities, wallMs } = decision;
  const payer = isManager ? mission : parent;
  const opened = open([payer.account], slice);
  payer.account = opened.parents[0]!;
  if (!isManager) shorten(parent, nodes, parent.deadline - slice.ms);
  parent.children += 1;
  return { parent, template, capabilities, payer, account: opened.child, slice, deadline: Math.min(now + wallMs + LEASE_MS, parent.deadline), children: 0, depth: parent.depth + 1 };
}

/** What is below the parent lives no longer than it, also what was started before. */
function shorten(parent: Node, nodes: readonly Node[], latest: number): void {
  for (const node of nodes) for (let at: Node | undefined = node; at !== undefined; at = at.parent) if (at === parent) node.deadline = Math.min(node.deadline, latest);
}

/** Books what the instance can still use, all the way up. */
function use(node: Node, mission: { account: Account }, wanted: Full): void {
  if (node.parent === undefined) return;
  const amounts = least(wanted, positive(freeOf(node.account)));
  const line: { account: Account }[] = [];
  for (let at: { account: Account } | undefined = node; at !== undefined; at = at === mission ? undefined : (at as Node).payer) line.push(at);
  const { chain } = spend(line.map(({ account }) => account), amounts);
  line.forEach((place, index) => { place.account = chain[index]!; });
}

function excess({ parent, capabilities, slice, deadline, account, depth }: Node): string[] {
  const above = parent!;
  const isManager = above.parent === undefined;
  const { net_scopes: net, git_caps: git, fs_scopes: fs, secrets_scopes: secrets } = above.capabilities;
  const inside = (scopes: readonly string[], path: string): boolean => scopes.some((scope) => pathCovers(scope, path));
  return [
    ...TOOLS.filter((tool) => toolAllowed(capabilities, tool) && !toolAllowed(above.capabilities, tool)).map((tool) => `tool ${tool}`),
    ...(['read', 'write'] as const).flatMap((way) => PATHS.filter((path) => inside(capabilities.fs_scopes[way], path) && !inside(fs[way], path)).map((path) => `${way} ${path}`)),
    ...NAMES.filter((host) => hostAllowed(capabilities, host) && !hostAllowed(above.capabilities, host)).map((host) => `host ${host}`),
    ...(capabilities.net_scopes.enabled && !net.enabled ? ['network'] : []),
    ...capabilities.secrets_scopes.filter((alias) => !secrets.includes(alias)).map((alias) => `secret ${alias}`),
    ...(['read', 'commit', 'push'] as const).filter((cap) => capabilities.git_caps[cap] && !git[cap]).map((cap) => `git ${cap}`),
    ...(git.push_requires_approval && capabilities.git_caps.push && !capabilities.git_caps.push_requires_approval ? ['a push without approval'] : []),
    ...(isManager ? [] : BUDGET_UNITS.filter((unit) => slice[unit] > above.slice[unit]).map((unit) => `budget ${unit}`)),
    ...(deadline > above.deadline ? [`lifetime by ${deadline - above.deadline}`] : []),
    ...(unitsOver(account.spent, account.granted).length > 0 ? ['spending'] : []),
    ...(depth > 4 || above.children > 8 ? ['lineage'] : []),
  ];
}
