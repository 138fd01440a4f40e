import { CommandClient, publish, Relay } from '@countersign/bus';
import { DraftId, GoalId, TaskId, teamChanged, uuidv7, type Message } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { createService, type RunningService } from '@countersign/service';
import { seedCustomer, seedMirror, seedTeam, serviceEnv, testDatabase, testNats, untilReady, type SeededCustomer, type SeededTeam, type TestDatabase, type TestNats } from '@countersign/testing';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { FleetModule } from '../fleet.module.js';
import { ScriptedGateModule } from './scripted-gate.js';
import { WORKER } from './worker-script.js';

const MAIN = fileURLToPath(new URL('../../../../dist/fleet.js', import.meta.url));
export const BASE = 'export const a = 1;\n';

export interface Work {
  readonly team: SeededTeam;
  readonly goalId: GoalId;
  readonly taskId: TaskId;
}

export interface RunRow {
  readonly id: string;
  readonly state: string;
  readonly code: string | null;
  readonly attempt: number;
}

/** Real Postgres and NATS, a scripted gate, a manager's voice, a customer with an adopted mirror and a folder of agents: everything around a fleet. */
export class FleetBench implements AsyncDisposable {
  readonly mirrors: string;
  customer!: SeededCustomer;
  readonly agents: string;
  base = '';
  /** The home of the fleet that was started last. */
  home = '';
  private readonly closers: (() => Promise<unknown>)[] = [];
  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly root: string,
  ) {
    [this.mirrors, this.agents] = [join(root, 'mirrors'), join(root, 'agents')];
  }

  manager!: Database;
  commands!: CommandClient;

  static async open(): Promise<FleetBench> {
    const [database, nats] = await Promise.all([testDatabase(), testNats()]);
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'fleet-')));
    chmodSync(root, 0o755); // the sandbox's user passes through
    const bench = new FleetBench(database, nats, root);
    for (const folder of [bench.mirrors, bench.agents]) mkdirSync(folder);
    writeFileSync(join(bench.agents, 'worker.mjs'), WORKER);
    bench.spec('doc-bot');
    bench.customer = await seedCustomer(database);
    bench.base = bench.mirror('demo');
    await seedMirror(database, bench.customer);
    await bench.connect();
    return bench;
  }

  private async connect(): Promise<void> {
    const gate = await createService({ service: 'spawn-gate', module: ScriptedGateModule, env: serviceEnv('spawn-gate', this) });
    this.manager = this.database.as('manager-agent');
    const relay = new Relay(await this.nats.as('manager-agent'), this.manager, pino({ level: 'silent' }));
    relay.start();
    this.commands = new CommandClient(await this.nats.as('gateway'), 60_000);
    this.closers.push(() => gate.close(), () => relay.stop());
  }

  spec(name: string, more = '', env: readonly string[] = []): void {
    writeFileSync(join(this.agents, `${name}.yaml`), `name: ${name}\nmodel: { id: rehearsal-1 }\nallowed_syscalls: ["@runtime", "@fs-write"]\nrun: { command: node, args: [worker.mjs], env: [${env.join(', ')}] }\n${more}`);
  }

  /** Where the customer's mirror of that name lies. */
  mirrorPath(name: string, { customerId } = this.customer): string {
    return join(this.mirrors, customerId, `${name}.git`);
  }

  /** A bare repository with one commit among the customer's mirrors; returns the commit. */
  mirror(name: string, of = this.customer): string {
    const work = mkdtempSync(join(this.root, 'work-'));
    const git = (...args: string[]): string => execFileSync('git', ['-C', work, '-c', 'user.name=Asha', '-c', 'user.email=asha@example.test', ...args], { encoding: 'utf8' }).trim();
    git('init', '-q', '-b', 'main');
    mkdirSync(join(work, 'src'));
    writeFileSync(join(work, 'src/a.js'), BASE);
    writeFileSync(join(work, 'tool.sh'), '#!/bin/sh\n', { mode: 0o755 });
    git('add', '-A');
    git('commit', '-qm', 'base');
    execFileSync('git', ['clone', '-q', '--bare', work, this.mirrorPath(name, of)]);
    return git('rev-parse', 'HEAD');
  }

  private env(): Record<string, string> {
    const home = mkdtempSync(join(this.root, 'home-'));
    chmodSync(home, 0o755);
    this.home = home;
    return { ...serviceEnv('fleet', this), COUNTERSIGN_HOME: home, COUNTERSIGN_AGENTS_DIR: this.agents, COUNTERSIGN_MIRRORS: this.mirrors };
  }

  /** The fleet's module in this process. */
  async fleetHere(): Promise<RunningService> {
    const env = this.env();
    Object.assign(process.env, { COUNTERSIGN_AGENTS_DIR: this.agents, COUNTERSIGN_MIRRORS: this.mirrors });
    const fleet = await createService({ service: 'fleet', module: FleetModule, env });
    this.closers.push(() => fleet.close());
    return fleet;
  }

  /** A fleet of its own, as the launcher starts it; resolves when it is ready for work. */
  async fleetProcess(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...this.env(), LOG_LEVEL: 'info', COUNTERSIGN_PARENT_PIPE: '1' }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.closers.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
    await untilReady(child, 'the fleet');
    return child;
  }

  /** Gives a team secrets at the fleet that was started last. */
  secrets({ team }: Work, values: Readonly<Record<string, string>>): void {
    mkdirSync(join(this.home, 'secrets'), { recursive: true });
    writeFileSync(join(this.home, 'secrets', `${team.teamId}.json`), JSON.stringify(values), { mode: 0o600 });
  }

  /** A task in hand: of a new team and goal, or beside another task. */
  async task(options: object, { agent = 'doc-bot', beside, criteria = [] }: { agent?: string; beside?: Work; criteria?: readonly string[] } = {}): Promise<Work> {
    const team = beside?.team ?? (await seedTeam(this.database, { of: this.customer }));
    const goalId = beside?.goalId ?? GoalId.next();
    const taskId = TaskId.next();
    const t = team.teamId;
    if (!beside) {
      await this.database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'Document it', 'running', $3, $4)`, [t, goalId, team.personId, JSON.stringify({ mirror: 'demo', base: this.base })]);
      await this.database.admin(`update app.member set agent = $2 where team_id = $1 and kind = 'specialist'`, [t, agent]);
    }
    await this.database.admin(
      `insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, options, state, round) select $1, $2, $3, count(*), 'k' || count(*), 'Docs', 'docs', $4, $5, $6, 'assigned', 1 from app.task where team_id = $1`,
      [t, taskId, goalId, team.memberId, JSON.stringify(criteria.map((kind) => ({ id: kind, kind }))), JSON.stringify(options)],
    );
    return { team, goalId, taskId };
  }

  /** Says something in the manager's voice. */
  tell(work: Work, message: Message<object>, body: object = {}, epoch = 1): Promise<void> {
    return this.manager.withTeam(work.team.teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, message, { teamId: work.team.teamId, memberId: work.team.memberId } as never, { epoch, goalId: work.goalId, taskId: work.taskId, round: 1, ...body });
      return Promise.resolve();
    });
  }

  /** The gate stops the team, and says so. */
  async suspend({ team: { teamId } }: Work, epoch = 2): Promise<void> {
    await this.database.admin(`update app.team set state = 'suspended', epoch = $2 where team_id = $1`, [teamId, epoch]);
    await this.database.as('spawn-gate').withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, teamChanged, { teamId }, { epoch, state: 'suspended' });
      return Promise.resolve();
    });
  }

  /** A review of the task's draft is open, decided as said; returns the draft. */
  async review({ team, taskId }: Work, decision: 'approved' | null = null): Promise<DraftId> {
    const [draft] = await this.database.admin<{ id: DraftId }>(`select id from app.draft where team_id = $1 and task_id = $2`, [team.teamId, taskId]);
    await this.database.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision) values ($1, $2, $3, $4, 1, $5) on conflict (team_id, draft_id) do update set decision = $5`, [team.teamId, uuidv7(), taskId, draft!.id, decision]);
    if (decision === 'approved') await this.database.admin(`update app.task set state = 'approved' where team_id = $1 and id = $2`, [team.teamId, taskId]);
    return draft!.id;
  }

  runs({ team, taskId }: Work): Promise<RunRow[]> {
    return this.database.admin<RunRow>(`select id, state, code, attempt from app.worker_run where team_id = $1 and task_id = $2 order by attempt`, [team.teamId, taskId]);
  }

  drafts({ team, taskId }: Work): Promise<{ id: string; state: string; base_commit: string }[]> {
    return this.database.admin(`select id, state, base_commit from app.draft where team_id = $1 and task_id = $2`, [team.teamId, taskId]);
  }

  /** What the fleet told about a team, in order. */
  async told({ team }: Work): Promise<{ type: string; body: Record<string, unknown> }[]> {
    const rows = await this.database.admin<{ headers: { 'ce-type': string }; payload: Buffer }>(`select headers, payload from app.outbox where team_id = $1 and service = 'svc_fleet' order by seq`, [team.teamId]);
    return rows.map(({ headers, payload }) => ({ type: headers['ce-type'], body: JSON.parse(payload.toString('utf8')) as Record<string, unknown> })).filter(({ type }) => !type.startsWith('status.'));
  }

  async chain(work: Work): Promise<string[]> {
    return (await this.entries(work)).map(({ action }) => action);
  }

  /** What the record says became of a task's drafts, in order. */
  async outputs(work: Work): Promise<unknown[]> {
    return (await this.entries(work)).filter(({ action, body }) => action === 'TEAM-MEMBER-OUTPUT' && body['task_id'] === work.taskId).map(({ body }) => body['manager_review_status']);
  }

  private async entries({ team }: Work): Promise<{ readonly action: string; readonly body: Readonly<Record<string, unknown>> }[]> {
    const rows = await this.database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [team.teamId]);
    return rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as { action: string; body: Record<string, unknown> });
  }

  /** Worker processes of this bench's agents on this machine. */
  workers(): number[] {
    return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).map(Number).filter((pid) => commandLine(pid).includes(join(this.agents, 'worker.mjs')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.closers.reverse()) await close();
    await this.nats.close();
    await this.database.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''; // it has just ended
    throw error;
  }
}

/** Looks until it sees something; says what it waited for. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, withinMs = 60_000): Promise<T> {
  for (const deadline = Date.now() + withinMs; ; await sleep(25)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
  }
}
