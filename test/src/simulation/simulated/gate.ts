import { goalMachine, isTerminal, normalizeSpawnPolicy, normalizeTemplate, teamChanged, type GoalId, type InstanceState, type Role, type RunId, type SuspensionTerms, type TaskId, type TeamId, type TeamVerb } from '@countersign/contracts';
import { full, NOTHING, type Full } from '@countersign/spawn-gate/domain/amounts';
import { close, freeOf, missionGrant, newAccount, open, spend, type Account } from '@countersign/spawn-gate/domain/budget';
import { decideSpawn, type Parent, type SpawnAsk, type SpawnFacts } from '@countersign/spawn-gate/domain/decide-spawn';
import { decideMove, THE_GATE, type Mover } from '@countersign/spawn-gate/domain/move-team';
import { teamSuspension, type Signal } from '@countersign/spawn-gate/domain/signals';
import { canRecord, mayRecord } from '@countersign/spawn-gate/domain/steer-escalation';
import { createHash } from 'node:crypto';
import type { Steps } from './clock.js';
import type { InstanceRow, Tx } from './rows.js';
import { tolerant } from './service.js';
import type { World } from './world.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const POLICY = normalizeSpawnPolicy({ enabled: true, max_agents: 500, max_concurrent: 50, child_budget_percent_of_parent_remaining: 40, spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] } } });
/** Of every unit: what nobody names is all that is left. */
const SLICE = { max_tokens: 1_000, max_steps: 10, max_tool_calls: 10, max_duration_ms: 60_000, max_cost_usd: 0.01 };
const TEMPLATES = [normalizeTemplate({ templateID: 'lead', role: 'orchestrator', default_budget: SLICE }), normalizeTemplate({ templateID: 'doc-bot', role: 'worker', default_budget: SLICE })];
export const TEAM_BUDGET = full({ tokens: 10_000_000, steps: 100_000, tool_calls: 100_000, ms: 360_000_000, usd_micros: 100_000_000 });

/** As `policies/team-policy.yaml` has it. */
const SUSPENSION: SuspensionTerms = { unauthorisedExecutions: 1, rejections: { percent: 50, answers: 5 }, leaks: 1, scopeDrifts: 3, failedReviews: 3, withinMinutes: 60 };

const SWEEP_MS = 500;
/** Its run is over for so long, and its supervisor has not said so (`ops.due_instances`). */
const UNREPORTED_MS = 1_000;

export interface Order {
  readonly verb: TeamVerb;
  readonly by: Mover;
  readonly reason: string;
}

/** The spawn gate as `move-team.ts`, `spawn.ts`, `endings.ts` and `signal-watch.ts` have it; each transaction has the team's turn to itself. */
export class Gate {
  private readonly service;
  /** A team was stopped, in that transaction. */
  onStop: (teamId: TeamId) => void = () => undefined;

  constructor(private readonly world: World) {
    this.service = world.services['spawn-gate'];
    this.service.every(SWEEP_MS, () => this.sweep());
  }

  /** A person moves a team. Returns how it came out. */
  *move(teamId: TeamId, { verb, by, reason }: Order): Steps<string> {
    yield this.world.chance.takes('transaction');
    return this.world.rows.tx(this.service, teamId, (tx) => this.moved(tx, verb, by, reason));
  }

  /** The guardian writes down what no row shows; what follows from it follows in the same transaction (`signal-watch.ts`, `lookWithin`). */
  *flag(teamId: TeamId, by: Mover & { readonly roles: readonly Role[] }, words: string): Steps<string> {
    yield this.world.chance.takes('transaction');
    return this.world.rows.tx(this.service, teamId, (tx) => {
      if (!mayRecord('ethics_violation', by, tx.team.customerId) || !canRecord('ethics_violation', tx.team.state)) return 'refused';
      tx.entry('INCIDENT-RECORDED');
      const said: Signal = { signal: 'ethics_violation', subject: words, memberId: null, counted: 1, at: new Date(tx.now), figures: {} };
      const due = teamSuspension([said], SUSPENSION, 'manager');
      return due ? this.moved(tx, 'suspend', THE_GATE, words) : 'unchanged';
    });
  }

  private moved(tx: Tx, verb: TeamVerb, by: Mover | typeof THE_GATE, reason: string): string {
    const { team, rows, now } = tx;
    const decision = decideMove(verb, by, team);
    if (decision.outcome !== 'moved') return decision.outcome;
    if (decision.to === 'suspended') freeze(tx);
    if (decision.stops) for (const instance of rows.openInstances(team.id)) this.end(tx, instance, 'cancelled', `team_${decision.to}`, NOTHING);
    if (decision.to === 'active') this.startManager(tx, decision.epoch);
    if (decision.to === 'suspended') this.onStop(team.id);
    team.state = decision.to;
    team.epoch = decision.epoch;
    team.reason = reason;
    team.changedAt = now;
    const session = rows.sessions.find((one) => one.teamId === team.id && one.closedAt === null);
    const news = tx.publish(teamChanged, { state: team.state, verb });
    if (decision.to === 'suspended') rows.sessions.push({ id: rows.id(), teamId: team.id, epoch: team.epoch, reason, plan: 'A governor looks at it.', openedAt: now, news, closedAt: null });
    else if (session) session.closedAt = now;
    tx.entry(decision.to === 'suspended' ? 'TEAM-SUSPENDED' : 'TEAM-REACTIVATED', { epoch: team.epoch });
    return 'moved';
  }

  /** Whether the run's agent may exist, and its place in the books. */
  *admit(teamId: TeamId, { goalId, taskId, runId, epoch }: { readonly goalId: GoalId; readonly taskId: TaskId; readonly runId: RunId; readonly epoch: number }): Steps<{ readonly instanceId: string } | { readonly code: string }> {
    yield this.world.chance.takes('transaction');
    return this.world.rows.tx(this.service, teamId, (tx) => {
      const goal = tx.rows.goals.get(goalId)!;
      const known = tx.rows.instances.find((one) => one.runId === runId);
      if (known) return { instanceId: known.id };
      const task = goal.tasks.find(({ id }) => id === taskId)!;
      const manager = tx.rows.openInstances(teamId).find((one) => one.runId === null);
      const decision = decideSpawn({ role: 'worker', justification: task.title, sandboxLevel: 3, epoch }, { ...this.facts(tx, goalId), work: { taskState: task.state, memberState: 'active' }, mission: { goalState: goal.goal.state }, ...(manager ? { parent: this.parent(tx) } : {}) }, sha256);
      if (!decision.allowed) return { code: decision.code };
      return { instanceId: this.start(tx, { goalId, runId }, goalId, decision.slice, epoch) };
    });
  }

  /** The supervisor says that it is over. */
  *ended(teamId: TeamId, instanceId: string, state: InstanceState, reason: string, drawn: Full): Steps<void> {
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, teamId, (tx) => {
      const instance = tx.rows.instances.find(({ id }) => id === instanceId)!;
      if (instance.state === 'running') this.end(tx, instance, state, reason, drawn);
    });
  }

  /** A team that is hired and certified begins to work. */
  deploy(teamId: TeamId): void {
    this.world.rows.tx(this.service, teamId, (tx) => {
      tx.rows.accounts.set(teamId, { parentId: null, account: newAccount(TEAM_BUDGET) });
      this.startManager(tx, tx.team.epoch);
    });
  }

  private *sweep(): Steps {
    yield this.world.chance.takes('transaction');
    const { rows, clock } = this.world;
    for (const instance of rows.instances) {
      if (instance.state !== 'running' || instance.runId === null || !this.isOver(instance, clock.now)) continue;
      yield* tolerant(this.ended(instance.teamId, instance.id, 'cancelled', 'run_over', NOTHING));
    }
  }

  private isOver({ runId, goalId }: InstanceRow, now: number): boolean {
    const goal = this.world.rows.goals.get(goalId!)!;
    const { endedAt, taskId } = goal.runs.find(({ id }) => id === runId)!;
    return isTerminal(goalMachine, goal.goal.state) || goal.tasks.some(({ id, state }) => id === taskId && state === 'cancelled') || (endedAt !== null && endedAt < now - UNREPORTED_MS);
  }

  private facts({ rows, team }: Tx, goalId: GoalId | null): Omit<SpawnFacts, 'account'> & { readonly account: Account } {
    const running = rows.openInstances(team.id).length;
    return { team: { state: team.state, epoch: team.epoch }, policy: POLICY, templates: TEMPLATES, skillDigests: {}, counts: { mission: goalId === null ? 0 : rows.instances.filter((one) => one.goalId === goalId).length, running }, account: goalId === null ? rows.accounts.get(team.id)!.account : this.mission(rows, team.id, goalId) };
  }

  private parent({ rows, team }: Tx): Parent {
    return { role: 'orchestrator', capabilities: TEMPLATES[0]!.capabilities, depth: 1, children: rows.openInstances(team.id).length - 1 };
  }

  /** A mission has what it may have from when its first agent starts. */
  private mission(rows: Tx['rows'], teamId: TeamId, goalId: GoalId): Account {
    const known = rows.accounts.get(goalId);
    if (known) return known.account;
    const team = rows.accounts.get(teamId)!;
    const { child, parents: [held] } = open([team.account], missionGrant(full({ tokens: 500_000, steps: 5_000, tool_calls: 5_000, ms: 3_600_000, usd_micros: 1_000_000 }), {}, freeOf(team.account)));
    team.account = held!;
    rows.accounts.set(goalId, { parentId: teamId, account: child });
    return child;
  }

  private startManager(tx: Tx, epoch: number): void {
    const ask: SpawnAsk = { role: 'orchestrator', justification: 'reactivate' };
    const decision = decideSpawn(ask, { ...this.facts(tx, null), team: { state: 'active', epoch }, root: 'operator' }, sha256);
    if (!decision.allowed) throw new Error(`no manager: ${decision.code}`);
    this.start(tx, { goalId: null, runId: null }, tx.team.id, decision.slice);
  }

  private start(tx: Tx, of: { readonly goalId: GoalId | null; readonly runId: RunId | null }, accountId: string, slice: Full, epoch?: number): string {
    const { rows, team } = tx;
    const id = rows.id();
    const { child, parents } = open(this.chain(rows, accountId).map(({ account }) => account), slice);
    this.chain(rows, accountId).forEach((row, index) => { row.account = parents[index]!; });
    rows.accounts.set(id, { parentId: accountId, account: child });
    rows.instances.push({ id, teamId: team.id, ...of, startedAt: tx.now, state: 'running', reason: null });
    tx.entry('INSTANCE-STARTED', { id, ...of, ...(epoch === undefined ? {} : { epoch }) });
    return id;
  }

  private end(tx: Tx, instance: InstanceRow, state: InstanceState, reason: string, drawn: Full): void {
    const chain = this.chain(tx.rows, instance.id);
    const { chain: after } = close(spend(chain.map(({ account }) => account), drawn).chain);
    chain.forEach((row, index) => { row.account = after[index]!; });
    instance.state = state;
    instance.reason = reason;
    tx.entry('INSTANCE-ENDED', { id: instance.id, state, reason });
  }

  private chain(rows: Tx['rows'], accountId: string): { readonly parentId: string | null; account: Account }[] {
    const row = rows.accounts.get(accountId)!;
    return row.parentId === null ? [row] : [row, ...this.chain(rows, row.parentId)];
  }
}

/** `sec.freeze`: what each question that waits has left is kept. */
function freeze({ rows, team, now }: Tx): void {
  for (const { approvals } of rows.goalsOf(team.id)) for (const approval of approvals) if (approval.state === 'pending') approval.leftMs = Math.max(0, approval.dueAt - now);
}
