import { GoalId, RunId, TaskId, uuidv7, wireId, type AgentRole, type InstanceId, type SpawnPolicyFile, type TemplateFile } from '@countersign/contracts';
import fc from 'fast-check';
import type { BenchTeam, Entry, GateBench } from './gate-bench.js';

/** One request as every door can carry it. */
export interface Asked {
  readonly role: AgentRole;
  readonly templateId?: string;
  /** Blank: no reason was given. */
  readonly justification: string;
}

/** One world in which requests are made: what is in force, and how the mission stands. */
export interface World {
  readonly policy: SpawnPolicyFile;
  readonly mission: 'running' | 'paused' | 'cancelled' | 'goal done' | 'spent';
  readonly asked: readonly Asked[];
}

const ROLES = ['worker', 'tester', 'orchestrator'] as const;
const wide = { tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: ['.'] }, net_scopes: { enabled: true, allow_hosts: ['*'] }, secrets_scopes: ['deploy'], git_caps: { read: true, commit: true, push: true } };
const budget = { max_tokens: 100, max_steps: 2, max_tool_calls: 1, max_duration_ms: 50, max_cost_usd: 0.0001 };

/** What can be asked for. The first two are what the manager and the asking agent are made of: nothing narrows by way of them. */
export const MOULDS: readonly TemplateFile[] = [
  { templateID: 'manager', role: 'orchestrator', default_budget: budget, capabilities: wide },
  { templateID: 'z-asker', role: 'worker', default_budget: { max_tokens: 50_000, max_steps: 100, max_tool_calls: 100, max_duration_ms: 200_000, max_cost_usd: 0.1 }, capabilities: wide },
  { templateID: 'plain', role: 'worker', default_budget: budget, capabilities: { tool_allowlist: ['checks.run'], fs_scopes: { read: ['src'], write: [] } } },
  { templateID: 'skilled', role: 'worker', default_budget: budget, skills: [{ path: 'skills/known.md' }], capabilities: wide },
  { templateID: 'gone', role: 'tester', default_budget: budget, skills: [{ path: 'skills/gone.md' }] },
  { templateID: 'a-tester', role: 'tester', default_budget: budget, skills: [{ id: 'from-registry' }], capabilities: { tool_allowlist: ['read'] } },
];

/** Blank, but no two alike: the same request again would be the same question, and no second decision. */
let blanks = 0;
const blankText = (): string => ' '.repeat(1 + (blanks++ % 1000));

const asked: fc.Arbitrary<Asked> = fc
  .record({ role: fc.constantFrom(...ROLES), templateId: fc.option(fc.constantFrom(...MOULDS.map(({ templateID }) => templateID!).filter((id) => id !== 'z-asker'), 'nobody'), { nil: undefined }), blank: fc.nat(5).map((n) => n === 0) })
  .map(({ role, templateId, blank }) => ({ role, justification: blank ? blankText() : `because ${uuidv7()}`, ...(templateId === undefined ? {} : { templateId }) }));

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
/** The same edge for everybody who can stand behind a request, so that only the door is different. */
const policy: fc.Arbitrary<SpawnPolicyFile> = fc
  .record({
    enabled: fc.nat(7).map((n) => n > 0),
    require_justification: fc.boolean(),
    behavior: fc.constantFrom('allow', 'allow', 'allow', 'deny', 'request_only', 'nothing' as const),
    can_spawn: fc.subarray([...ROLES], { minLength: 1 }),
    max_agents: some(fc.constantFrom(3, 6)),
    max_concurrent: some(fc.constantFrom(3, 6)),
    required: some(fc.constantFrom('skills/known.md', 'skills/none.md')),
    mode: fc.constantFrom('any', 'project_only', 'allowlist' as const),
    pinned: some(fc.constantFrom('a', 'b')),
    percent: fc.constantFrom(0, 10, 40),
  })
  .map(({ behavior, can_spawn, required, mode, pinned, percent, max_agents, max_concurrent, ...flags }) => {
    const edge = behavior === 'nothing' ? undefined : behavior === 'deny' ? { behavior } : { behavior, can_spawn };
    return {
      ...flags,
      max_agents: max_agents ?? 10_000,
      max_concurrent: max_concurrent ?? 10_000,
      max_live_children: 10_000,
      child_budget_percent_of_parent_remaining: percent,
      spawn_edges: edge ? { operator: edge, orchestrator: edge, worker: edge } : {},
      required_skills: required === undefined ? {} : { worker: [{ path: required }] },
      role_defaults: {},
      skill_sources: { mode, allowlist_paths: ['skills/known.md'], ...(pinned === undefined ? {} : { pinned_hashes: { 'path:skills/known.md': pinned.repeat(64) } }) },
      minimum_sandbox: { default: 'none' as const },
    };
  });

const MISSIONS = ['running', 'running', 'running', 'running', 'paused', 'cancelled', 'goal done', 'spent'] as const;
/** Every second world is one in which a deployment can be asked for, too: nothing is wrong with the mission, and nothing is counted. */
export const worlds = (howMany: number, each: number, seed: number): World[] =>
  fc
    .sample(fc.record({ policy, mission: fc.constantFrom(...MISSIONS), asked: fc.array(asked, { minLength: each, maxLength: each }) }), { numRuns: howMany, seed })
    .map((world, index) => (index % 2 === 0 ? { ...world, mission: 'running', policy: { ...world.policy, max_agents: NO_LIMIT, max_concurrent: NO_LIMIT } } : world));

const NO_LIMIT = 10_000;
/** Whether the person's edge says of a lead what it says of everybody: it names the role, or allows and requests nothing. */
const saysOfLeads = ({ policy: { spawn_edges } }: World): boolean => spawn_edges?.operator?.can_spawn?.includes('orchestrator') ?? true;
const isUncounted = ({ policy: { max_agents, max_concurrent } }: World): boolean => max_agents === NO_LIMIT && max_concurrent === NO_LIMIT;

export const OPEN: SpawnPolicyFile = {
  max_agents: 10_000,
  max_concurrent: 10_000,
  max_live_children: 10_000,
  spawn_edges: { operator: { behavior: 'allow', can_spawn: [...ROLES] }, orchestrator: { behavior: 'allow', can_spawn: [...ROLES] }, worker: { behavior: 'allow', can_spawn: [...ROLES] } },
  role_defaults: {},
  required_skills: {},
  skill_sources: {},
  minimum_sandbox: { default: 'none' },
};

export const DOORS = ['person', 'person with a parent', 'agent', 'mission', 'run', 'deployment'] as const;
export type DoorName = (typeof DOORS)[number];

/** What a request led to, with everything that must not depend on the door, and beside it what may. */
export interface Trace {
  readonly decision: unknown;
  readonly entry: unknown;
  readonly events: readonly string[];
  readonly instance: unknown;
  readonly question: boolean;
  readonly slice: Record<string, number> | null;
  readonly source: string;
  readonly requestedBy: string;
  /** Who the event stream says starts it. */
  readonly parent: unknown;
}

/** A team in which one door is tried: the same manager, the same running agent, the same mission as in all the others. */
export class DoorTeam {
  private goalId!: GoalId;
  private askerId!: InstanceId;
  private managerId!: InstanceId;
  private tasks: TaskId[] = [];
  private since = '';
  private from = 0;

  private constructor(
    private readonly gate: GateBench,
    private readonly team: BenchTeam,
    readonly door: DoorName,
  ) {}

  /** `team`: certified under what is shipped, and here for whatever the worlds' templates touch; nobody certifies under a world's policies. */
  static async open(gate: GateBench, door: DoorName, team: BenchTeam): Promise<DoorTeam> {
    await gate.db.admin(`update app.certification set scope = scope || $2::jsonb where team_id = $1`, [team.teamId, JSON.stringify({ tools: ['*'], hosts: ['*'], secrets: ['*'], paths: ['*'], commit: true, push: true, pushUnasked: true })]);
    const moved = door === 'deployment' ? undefined : await gate.move(team, 'deploy', team.asha);
    if (moved?.ok === false) throw new Error(moved.message);
    return new DoorTeam(gate, team, door);
  }

  /** Makes the mission and its running agent while everything is allowed; the requests' tasks and members are those of the world. */
  async enter({ asked: requests }: World): Promise<void> {
    const { gate, team } = this;
    if (this.door === 'deployment') return this.begin();
    this.goalId = await gate.goal(team);
    await gate.db.admin(`update app.goal set origin = 'mission' where id = $1`, [this.goalId]); // its roles are a person's words: what of them is denied is nobody's attempt
    this.managerId = await gate.manager(team);
    await this.give([{ role: 'worker', templateId: 'z-asker', justification: 'asks' }, ...requests]);
    const reply = await gate.spawn(team, this.tasks[0]!);
    if (!reply.allowed) throw new Error(`${reply.code}: ${reply.reason}`);
    this.askerId = reply.instanceId!;
    await this.begin();
  }

  private async begin(): Promise<void> {
    const [now] = await this.gate.db.admin<{ at: string; seq: number }>(`select clock_timestamp()::text as at, (select next_seq::int from audit.head where team_id = $1) as seq`, [this.team.teamId]);
    this.since = now!.at;
    this.from = now!.seq;
  }

  /** One task per request: where a template is named, of a member whose bundle entry names it; else of nobody, its skill being the role. */
  private async give(requests: readonly Asked[]): Promise<void> {
    const { gate, team } = this;
    this.tasks = requests.map(() => TaskId.next());
    const members = requests.map(({ templateId, role }, index) => ({ skill: `m${this.tasks[index]}`, agent: 'doc-bot', name: 'X', role, ...(templateId === undefined ? {} : { template: templateId }) }));
    const named = members.filter(({ template }) => template !== undefined);
    await gate.db.admin(`update app.team set bundle = jsonb_set(bundle, '{members}', $2) where team_id = $1`, [team.teamId, JSON.stringify(named)]);
    await gate.db.admin(`insert into app.member (team_id, id, kind, skill, agent, name) select $1, gen_random_uuid(), 'specialist', skill, 'doc-bot', 'X' from unnest($2::text[]) as s (skill)`, [team.teamId, named.map(({ skill }) => skill)]);
    await gate.db.admin(
      `insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state)
       select $1, t.id, $2, 1, t.id::text, t.title, t.skill, (select m.id from app.member m where m.team_id = $1 and m.skill = t.skill), '[]', 'assigned' from unnest($3::uuid[], $4::text[], $5::text[]) as t (id, title, skill)`,
      [team.teamId, this.goalId, this.tasks, requests.map(({ justification }) => justification), members.map(({ skill, template, role }) => (template === undefined ? role : skill))],
    );
  }

  /** How the mission stands from now on, without anything having been ended for it. */
  async set(mission: World['mission']): Promise<void> {
    const { gate, team, goalId } = this;
    if (this.door === 'deployment' || mission === 'running') return;
    if (mission === 'goal done') await gate.db.admin(`update app.goal set state = 'done' where id = $1`, [goalId]);
    else if (mission === 'spent') await gate.db.admin(`update app.budget set spent = granted - held where team_id = $1 and account_id in ($2, $3) and unit = 'usd_micros'`, [team.teamId, goalId, this.askerId]);
    else await gate.db.admin(`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values ($1, $2, $3, 'test')`, [team.teamId, goalId, mission]);
  }

  /** Whether this door can carry the request in this world. A deployment has no mission, names its template, gives its verb as the reason, and starts its lead by an edge that does not name the role, which no other door does; naming the manager as parent is tried with every fourth. */
  carries(world: World, { role, templateId, justification }: Asked, index: number): boolean {
    if (this.door === 'person with a parent') return isUncounted(world) && index % 4 === 0;
    return this.door !== 'deployment' || (isUncounted(world) && world.mission === 'running' && templateId !== undefined && justification.trim() !== '' && (role !== 'orchestrator' || saysOfLeads(world)));
  }

  /** Brings one request through the door. */
  async ask(index: number, { role, templateId, justification }: Asked): Promise<void> {
    const { gate, team } = this;
    const wish = { role, justification, missionId: this.goalId, ...(templateId === undefined ? {} : { templateId }) };
    const taskId = this.tasks[index + 1]!;
    switch (this.door) {
      case 'person':
        return void (await gate.requestSpawn(team, { ...wish, by: gate.ops }));
      case 'person with a parent':
        return void (await gate.requestSpawn(team, { ...wish, by: gate.ops, parentInstanceId: this.managerId }));
      case 'agent':
        return void (await gate.spawnAgent(team, this.askerId, wish));
      case 'mission':
        return void (await gate.missionSpawn(team, taskId));
      case 'run':
        return void (await gate.spawn(team, taskId, { runId: RunId.next() }));
      case 'deployment':
        return this.deploy(role, templateId);
    }
  }

  /** Deploys the team under another manager; where that worked it is undone, so that the next one can be tried. */
  private async deploy(role: AgentRole, template: string | undefined): Promise<void> {
    const { gate, team } = this;
    await gate.db.admin(`update app.team set bundle = jsonb_set(bundle, '{manager}', $2) where team_id = $1`, [team.teamId, JSON.stringify({ agent: 'manager-agent', name: 'Mira', role, template })]);
    if (!(await gate.move(team, 'deploy', team.asha)).ok) return this.takeBack();
    await gate.move(team, 'suspend', team.asha);
    await gate.db.admin(`update app.team set state = 'certified' where team_id = $1`, [team.teamId]);
  }

  /** The same person's next deployment would be the same question, and no second one. */
  private async takeBack(): Promise<void> {
    await this.gate.db.admin(`update app.gate_approval set state = 'withdrawn' where team_id = $1 and state = 'pending'`, [this.team.teamId]);
  }

  /** What the requests since `enter` led to, in their order. */
  async traces(): Promise<Trace[]> {
    const { gate, team } = this;
    const of = <T extends object>(text: string, since: string | number = this.since) => gate.db.admin<T & Record<string, unknown>>(text, [team.teamId, since]);
    const [decisions, instances, questions, events, entries] = await Promise.all([
      of<{ id: string; violations: { code: string }[] }>(`select * from app.spawn_decision where team_id = $1 and decided_at > $2 order by decided_at`),
      of<{ id: string }>(`select * from app.instance where team_id = $1 and started_at > $2`),
      of<{ id: string }>(`select id from app.gate_approval where team_id = $1 and created_at > $2`),
      of<TypedEvent>(`select type, properties from app.agent_event where team_id = $1 and at > $2 order by seq`),
      of<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 and seq >= $2 order by seq`, this.from),
    ]);
    const told = Map.groupBy(numbered(events), ({ request }) => request);
    const written = entries.map(({ payload }) => JSON.parse(payload.toString()) as Entry).filter(({ action }) => action === 'SPAWN-ALLOWED' || action === 'SPAWN-DENIED');
    return decisions.map((decision, index) => traceOf(decision, written[index]!, told.get(index + 1) ?? [], instances.find(({ id }) => id === decision.id), questions.some(({ id }) => id === decision.id)));
  }

  /** Whom the record must name as the asker, and by which source. */
  get asker(): Pick<Trace, 'source' | 'requestedBy' | 'parent'> {
    const { gate, team } = this;
    switch (this.door) {
      case 'person':
        return { source: 'ui_action', requestedBy: `person:${gate.ops.personId}`, parent: null };
      case 'person with a parent':
        return { source: 'ui_action', requestedBy: `person:${gate.ops.personId}`, parent: wireId('instance', this.managerId) };
      case 'agent':
        return { source: 'tool_call', requestedBy: `instance:${this.askerId}`, parent: wireId('instance', this.askerId) };
      case 'deployment':
        return { source: 'ui_action', requestedBy: `person:${team.asha.personId}`, parent: null };
      case 'mission':
        return { source: 'orchestrator_runtime', requestedBy: `instance:${this.managerId}`, parent: wireId('instance', this.managerId) };
      default:
        return { source: 'orchestrator_runtime', requestedBy: 'service', parent: wireId('instance', this.managerId) };
    }
  }

  /** Everything of this world ends; the next one begins with the same accounts. */
  async leave(): Promise<void> {
    const { gate, team } = this;
    if (this.door === 'deployment') return;
    await gate.db.admin(`update app.budget set spent = 0 where team_id = $1 and account_id in ($2, $3) and unit = 'usd_micros'`, [team.teamId, this.goalId, this.askerId]); // nothing was: see set()
    await gate.stop(team, 'cancel', this.goalId);
    await gate.endings.closeMission(team.teamId, this.goalId);
  }
}

interface TypedEvent {
  readonly type: string;
  readonly properties: { readonly code?: string; readonly parentInstanceID?: string | null };
}

/** Events of spawns, each with the number of the request it belongs to. */
function numbered(events: readonly TypedEvent[]): { request: number; said: string; parent: unknown }[] {
  let request = 0;
  return events
    .map(({ type, properties: { code, parentInstanceID } }) => ({ name: type.replace('agent_team.', ''), code: code ?? '', parent: parentInstanceID ?? null }))
    .filter(({ name }) => name.startsWith('spawn.') || name === 'instance.started' || name === 'approval.requested')
    .map(({ name, code, parent }) => {
      if (name === 'spawn.requested') request += 1;
      return { request, parent, said: `${name} ${code}`.trim() };
    });
}

const codesOf = (violations: unknown): string[] => [...new Set(((violations as { code: string }[] | undefined) ?? []).map(({ code }) => code))];
const picked = (row: Record<string, unknown>, ...names: string[]): Record<string, unknown> => Object.fromEntries(names.map((name) => [name, row[name]]));

function traceOf(decision: Record<string, unknown>, entry: Entry, told: readonly { said: string; parent: unknown }[], instance: Record<string, unknown> | undefined, question: boolean): Trace {
  return {
    decision: { ...picked(decision, 'role', 'template_id', 'allowed', 'code', 'policy_version', 'policy_hash'), violations: codesOf(decision['violations']) },
    entry: { action: entry.action, result: entry.result, ...picked(entry.body, 'role', 'code', 'template_id', 'policy_version', 'policy_sha256', 'skill_hash'), violations: codesOf(entry.body['violations']) },
    events: told.map(({ said }) => said),
    instance: instance ? { ...picked(instance, 'role', 'template_id', 'skill_hash', 'skills', 'state'), capabilities: sorted(instance['capabilities']) } : null,
    question,
    slice: (instance?.['slice'] as Record<string, number> | undefined) ?? null,
    source: decision['source'] as string,
    requestedBy: decision['requested_by'] as string,
    parent: told[0]?.parent,
  };
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sorted(member)]));
};

