import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { auditor, serviceKey, type Audit } from '@countersign/audit';
import {
  bundleSchema,
  CustomerId,
  DEFAULT_TEAM_POLICY,
  GoalId,
  InstanceId,
  PLATFORM_CHAIN,
  PersonId,
  readYaml,
  RunId,
  spawnPolicySchema,
  TaskId,
  TeamId,
  templateSchema,
  uuidv7,
  wireId,
  type Amounts,
  type AskTool,
  type Bundle,
  type FannedOut,
  type GateDecision,
  type GateDecisionWord,
  type MissionStopped,
  type MissionStopVerb,
  type Requester,
  type RequestSpawn,
  type SpawnAgent,
  type SpawnOutcome,
  type SpawnPolicyFile,
  type SpawnReply,
  type SpawnRequest,
  type TeamMode,
  type TeamPolicy,
  type TeamScope,
  type TeamVerb,
  type TemplateFile,
  type ToolAnswer,
} from '@countersign/contracts';
import { Database } from '@countersign/database';
import type { Logger } from '@countersign/service';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { readPolicyFolder, type PolicyFile } from '../adapters/files/policy-files.js';
import type { ApprovalDesk } from '../adapters/postgres/approval-desk.js';
import type { Endings } from '../adapters/postgres/endings.js';
import type { FanOutDesk } from '../adapters/postgres/fan-out.js';
import type { GovernanceDesk } from '../adapters/postgres/governance-desk.js';
import type { HiringDesk } from '../adapters/postgres/hire.js';
import type { Meter } from '../adapters/postgres/meter.js';
import type { TeamDesk } from '../adapters/postgres/move-team.js';
import type { EscalationDesk } from '../adapters/postgres/escalation-desk.js';
import type { SignalWatch } from '../adapters/postgres/signal-watch.js';
import type { TeamTermsDesk } from '../adapters/postgres/team-terms.js';
import { PolicyStore } from '../adapters/postgres/policy-store.js';
import { SandboxChoices } from '../adapters/postgres/sandbox-choices.js';
import type { SpawnDesk } from '../adapters/postgres/spawn.js';
import type { SteeringDesk } from '../adapters/postgres/steering.js';
import type { ChosenSandbox } from '../config.js';
import { desksOn, insist } from './desks.js';

const root = new URL('../../../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');

export const shippedBundle = (): Bundle => readYaml(bundleSchema, 'code-care.yaml', textOf('bundles/code-care.yaml'));
export const shippedPolicy = (): SpawnPolicyFile => readYaml(spawnPolicySchema, 'spawn-policy.yaml', textOf('policies/spawn-policy.yaml'));
export const shippedTemplates = (): TemplateFile[] =>
  ['manager', 'doc-bot', 'test-writer-bot', 'patch-bot'].map((name) => readYaml(templateSchema, name, textOf(`policies/templates/${name}.yaml`)));

/** What a certification is judged by, as shipped. */
export const shippedForCertification = async (): Promise<PolicyFile[]> => (await readPolicyFolder(fileURLToPath(new URL('policies', root)))).files.filter(({ kind }) => CERTIFYING.has(kind));
const CERTIFYING: ReadonlySet<string> = new Set(['certification', 'precedent-seed', 'way-of-working']);

export const AUDIT_KEY = Buffer.alloc(32, 7);

export interface BenchTeam {
  readonly teamId: TeamId;
  readonly customerId: CustomerId;
  readonly asha: Requester;
}

/** One entry of a team's chain, as far as tests look at it. */
export interface Entry {
  readonly action: string;
  readonly body: Record<string, unknown>;
  readonly result: string;
}

export interface WireEvent {
  readonly type: string;
  readonly properties: Record<string, unknown>;
}

/** The gate's desks on a database of their own, with the shipped policies and bundle in force. */
export class GateBench implements AsyncDisposable {
  static async open(): Promise<GateBench> {
    const bench = new GateBench(await testDatabase());
    await bench.setPolicy({});
    await bench.store.put({ files: await shippedForCertification(), complete: new Set() });
    await bench.publish(shippedBundle());
    return bench;
  }

  readonly database: Database;
  readonly audit: Audit;
  readonly spawnDesk: SpawnDesk;
  readonly fanning: FanOutDesk;
  readonly approvals: ApprovalDesk;
  readonly steering: SteeringDesk;
  readonly meter: Meter;
  readonly endings: Endings;
  readonly hiring: HiringDesk;
  readonly teams: TeamDesk;
  readonly governance: GovernanceDesk;
  readonly terms: TeamTermsDesk;
  readonly watch: SignalWatch;
  readonly escalations: EscalationDesk;
  readonly store: PolicyStore;
  readonly gov: Requester = { personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['platform_governor'] };
  readonly genesis: Requester = { personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['genesis'] };
  readonly ops: Requester = { personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['operator'] };

  private constructor(readonly db: TestDatabase) {
    this.database = db.as('spawn-gate');
    this.audit = auditor({ service: 'spawn-gate', key: serviceKey(AUDIT_KEY) });
    const desks = desksOn(this.database, this.audit);
    this.spawnDesk = desks.spawnDesk;
    this.fanning = desks.fanning;
    this.approvals = desks.approvals;
    this.steering = desks.steering;
    this.meter = desks.meter;
    this.endings = desks.endings;
    this.hiring = desks.hiring;
    this.teams = desks.teams;
    this.governance = desks.governance;
    this.terms = desks.terms;
    this.watch = desks.watch;
    this.escalations = desks.escalations;
    this.store = new PolicyStore(this.database, this.audit);
  }

  /** Puts the shipped policy in force, changed as said; null takes it away. */
  async setPolicy(change: SpawnPolicyFile | null, templates: readonly TemplateFile[] = shippedTemplates()): Promise<void> {
    const stamp = (): string => Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const policy = change === null ? [] : [{ kind: 'spawn-policy' as const, id: 'spawn-policy', doc: { ...shippedPolicy(), ...change }, hash: stamp(), source: 'test' }];
    const moulds = templates.map((doc) => ({ kind: 'template' as const, id: doc.templateID!, doc, hash: stamp(), source: 'test' }));
    await this.store.put({ files: [...policy, ...moulds], complete: new Set(['spawn-policy', 'template']) });
  }

  /** Puts what teams live by in force, changed as said. */
  async setTeamPolicy(change: Partial<TeamPolicy>): Promise<void> {
    const doc = { ...DEFAULT_TEAM_POLICY, ...change };
    await this.store.put({ files: [{ kind: 'team-policy', id: 'team-policy', doc, hash: createHash('sha256').update(JSON.stringify(doc)).digest('hex'), source: 'test' }], complete: new Set() });
  }

  /** Runs the work under a changed policy (`null`: none) and puts `after` in force again. */
  async under<T>(policy: SpawnPolicyFile | null, work: () => Promise<T>, after: SpawnPolicyFile = {}): Promise<T> {
    await this.setPolicy(policy);
    try {
      return await work();
    } finally {
      await this.setPolicy(after);
    }
  }

  /** Starts the gate once more, with this choice of a sandbox or without one. */
  async startWith(chosen?: ChosenSandbox): Promise<void> {
    await new SandboxChoices(this.database, this.audit, chosen, { warn: () => undefined } as unknown as Logger).onApplicationBootstrap();
  }

  async publish(bundle: Bundle): Promise<void> {
    await this.db.admin(`insert into app.bundle (id, version, doc, hash) values ($1, $2, $3, $4)`, [bundle.id, bundle.version, JSON.stringify(bundle), createHash('sha256').update(JSON.stringify(bundle)).digest()]);
  }

  requester(customerId: CustomerId): Requester {
    return { personId: PersonId.next(), customerId, roles: ['customer_governor'] };
  }

  /** A team that was hired and moved as far as `verbs` say. */
  async team(verbs: readonly TeamVerb[] = ['certify', 'deploy'], { id, version, mode = 'production' }: { id?: string; version?: number; mode?: TeamMode } = {}): Promise<BenchTeam> {
    const customerId = CustomerId.next();
    const team = { teamId: TeamId.next(), customerId, asha: this.requester(customerId) };
    const hired = await this.hiring.hire({ teamId: team.teamId, by: team.asha, bundleId: id ?? 'code-care', bundleVersion: version ?? 1, mode });
    if (!hired.ok) throw new Error(hired.message);
    for (const verb of verbs) {
      const moved = await this.move(team, verb, verb === 'deploy' ? team.asha : this.genesis);
      if (!moved.ok) throw new Error(moved.message);
    }
    return team;
  }

  /** As if the team had been certified with more, or with less. */
  async certifiedWith({ teamId }: BenchTeam, scope: Partial<TeamScope>): Promise<void> {
    await this.db.admin(`update app.certification set scope = scope || $2 where team_id = $1`, [teamId, JSON.stringify(scope)]);
  }

  move({ teamId }: BenchTeam, verb: TeamVerb, by: Requester, reason = '') {
    return this.teams.move({ teamId, by, verb, reason });
  }

  /** A running goal, put in as the manager would have left it. */
  async goal({ teamId, asha }: BenchTeam, state = 'running'): Promise<GoalId> {
    const goalId = GoalId.next();
    await this.db.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'Look after it', $3, $4, '{}')`, [teamId, goalId, state, asha.personId]);
    return goalId;
  }

  /** An assigned task of the member with that skill. */
  async task({ teamId }: BenchTeam, goalId: GoalId, skill = 'docs', state = 'assigned', title = 'Document the exports'): Promise<TaskId> {
    const taskId = TaskId.next();
    await this.db.admin(
      `insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state)
       select $1, $2::uuid, $3, 1, ($2::uuid)::text, $4, skill, id, '[]', $6 from app.member where team_id = $1 and skill = $5 and state <> 'removed'`,
      [teamId, taskId, goalId, title, skill, state],
    );
    return taskId;
  }

  spawn({ teamId }: BenchTeam, taskId: TaskId, change: Partial<SpawnRequest> = {}): Promise<SpawnReply> {
    return this.spawnDesk.spawn({ teamId, taskId, runId: RunId.next(), sandboxLevel: 3, ...change });
  }

  /** A person asks for an agent. */
  requestSpawn({ teamId, asha }: BenchTeam, change: Partial<RequestSpawn> = {}): Promise<SpawnOutcome> {
    return this.spawnDesk.requestSpawn({ teamId, requestId: uuidv7(), by: asha, role: 'worker', justification: 'Help with it', ...change });
  }

  /** A person wants so many places to stand ready. */
  fanOut({ teamId, asha }: BenchTeam, places: number, by: Requester = asha): Promise<FannedOut> {
    return this.fanning.fanOut({ teamId, by, places });
  }

  /** A running agent asks for another. */
  spawnAgent({ teamId }: BenchTeam, instanceId: InstanceId, change: Partial<SpawnAgent> = {}): Promise<SpawnOutcome> {
    return this.spawnDesk.spawnAgent({ teamId, requestId: uuidv7(), instanceId, role: 'worker', justification: 'Help with it', ...change });
  }

  missionSpawn({ teamId }: BenchTeam, taskId: TaskId, requestId: string = uuidv7()): Promise<SpawnOutcome> {
    return this.spawnDesk.missionSpawn({ teamId, requestId, taskId });
  }

  /** A person answers a question of the gate. */
  answer({ teamId }: BenchTeam, approvalId: string, decision: GateDecisionWord = 'approve', by: Requester = this.gov, reason = ''): Promise<GateDecision> {
    return this.approvals.decide({ teamId, approvalId, by, decision, reason });
  }

  askTool({ teamId }: BenchTeam, instanceId: InstanceId, change: Partial<AskTool> = {}): Promise<ToolAnswer> {
    return this.approvals.askTool({ teamId, instanceId, callId: uuidv7(), tool: 'git.push', args: { branch: 'main' }, code: 'push_requires_approval', reason: 'pushing needs a person', ...change });
  }

  stop({ teamId, asha }: BenchTeam, verb: MissionStopVerb, missionId?: GoalId, by: Requester = asha): Promise<MissionStopped> {
    return this.steering.stop({ teamId, verb, by, reason: '', ...(missionId ? { missionId } : {}) });
  }

  async manager({ teamId }: BenchTeam): Promise<InstanceId> {
    return (await this.db.admin<{ id: InstanceId }>(`select id from app.instance where team_id = $1 and task_id is null and member_id is not null and state = 'running'`, [teamId]))[0]!.id;
  }

  /** As the fleet asks: the same run again, where the database says that a retry may help. */
  spawnInsisting(team: BenchTeam, taskId: TaskId): Promise<SpawnReply> {
    const runId = RunId.next();
    return insist(() => this.spawn(team, taskId, { runId }));
  }

  /** As the gateway asks for a person: the same request again. */
  requestInsisting(team: BenchTeam, change: Partial<RequestSpawn>): Promise<SpawnOutcome> {
    const requestId = uuidv7();
    return insist(() => this.requestSpawn(team, { requestId, ...change }));
  }

  /** A worker at its task. */
  async worker(team: BenchTeam, goalId?: GoalId, skill = 'docs'): Promise<{ instanceId: InstanceId; goalId: GoalId; taskId: TaskId; slice: Amounts }> {
    const goal = goalId ?? (await this.goal(team));
    const taskId = await this.task(team, goal, skill);
    const reply = await this.spawn(team, taskId);
    if (!reply.allowed) throw new Error(`${reply.code}: ${reply.reason}`);
    return { instanceId: reply.instanceId!, goalId: goal, taskId, slice: reply.slice! };
  }

  reserve({ teamId }: BenchTeam, instanceId: InstanceId, amounts: Amounts, callId: string = crypto.randomUUID()) {
    return this.meter.reserve({ teamId, instanceId, callId, amounts });
  }

  settle({ teamId }: BenchTeam, instanceId: InstanceId, amounts: Amounts, callId: string) {
    return this.meter.settle({ teamId, instanceId, callId, amounts, usageSource: 'provider' });
  }

  end({ teamId }: BenchTeam, instanceId: InstanceId, drawn: Amounts = {}, status: 'completed' | 'failed' | 'cancelled' = 'completed') {
    return this.endings.end({ teamId, instanceId, status, reason: 'done', drawn });
  }

  /** `granted/held/spent` per unit of one account. */
  async account({ teamId }: BenchTeam, id: string): Promise<Record<string, string>> {
    const rows = await this.db.admin<{ unit: string; figures: string }>(`select unit, granted || '/' || held || '/' || spent as figures from app.budget where team_id = $1 and account_id = $2`, [teamId, id]);
    return Object.fromEntries(rows.map(({ unit, figures }) => [unit, figures]));
  }

  async instance(id: string): Promise<Record<string, unknown> | undefined> {
    return (await this.db.admin(`select * from app.instance where id = $1`, [id]))[0];
  }

  async entries({ teamId }: Pick<BenchTeam, 'teamId'>, action?: string): Promise<Entry[]> {
    const rows = await this.db.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [teamId]);
    return rows.map(({ payload }) => JSON.parse(payload.toString()) as Entry).filter((entry) => action === undefined || entry.action === action);
  }

  /** Events of a team or of one instance in their order, with their codes. */
  async events(team: Pick<BenchTeam, 'teamId'>, instanceId?: string): Promise<string[]> {
    const rows = (await this.wire(team)).filter(({ properties }) => instanceId === undefined || properties['instanceID'] === wireId('instance', instanceId));
    return rows.map(({ type, properties: { code } }) => (typeof code === 'string' ? `${type} ${code}` : type));
  }

  /** The rows of the original's event stream, as its clients get them: types without their prefix, and the fields. */
  async wire({ teamId }: Pick<BenchTeam, 'teamId'>, after = 0): Promise<WireEvent[]> {
    const rows = await this.db.admin<{ type: string; properties: Record<string, unknown> }>(`select type, properties from app.agent_event where team_id = $1 and seq > $2 order by seq`, [teamId, after]);
    return rows.map(({ type, properties }) => ({ type: type.replace('agent_team.', ''), properties }));
  }

  /** At every node: spent + held never more than granted, held is exactly what open children hold and reservations, spent is what children spent. */
  async brokenAccounts(): Promise<unknown[]> {
    return this.db.admin(`
      with child as (select team_id, parent_id as account_id, unit, sum(granted) as granted, sum(granted - spent) as open, sum(spent) as spent from app.budget where parent_id is not null group by 1, 2, 3),
      reserved as (select e.team_id, e.account_id, u.key as unit, sum(u.value::bigint) as amount from app.budget_entry e join app.instance i on i.team_id = e.team_id and i.id = e.account_id and i.state = 'running',
          jsonb_each_text(e.amounts) u where e.kind = 'hold' and not exists (select from app.budget_entry s where s.team_id = e.team_id and s.account_id = e.account_id and s.call_id = e.call_id and s.kind = 'settle') group by 1, 2, 3)
      select b.account_id, b.kind, b.unit, b.granted, b.held, b.spent, b.lent, child.open, child.spent as child_spent, reserved.amount
      from app.budget b left join child using (team_id, account_id, unit) left join reserved using (team_id, account_id, unit)
      where b.spent + b.held > b.granted or b.lent <> coalesce(child.granted, 0)
        or b.held <> coalesce(child.open, 0) + case when b.kind = 'instance' then coalesce(reserved.amount, 0) else 0 end
        or (b.kind = 'instance' and b.spent < coalesce(child.spent, 0)) or (b.kind <> 'instance' and b.spent <> coalesce(child.spent, 0))`);
  }

  async close(): Promise<void> {
    await this.db.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
