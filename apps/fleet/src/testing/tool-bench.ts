import type { Wire } from '@countersign/service';
import { validateMessage, type AgentMethod, type AgentRequests, type Amounts, type Capabilities, type SpawnOutcome, type WorkerToolName } from '@countersign/contracts';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { explain } from '../domain/explain-output.js';
import type { CheckBase } from '../adapters/checks/check-sandbox.js';
import { BaseFiles } from '../adapters/git/base-files.js';
import { CommitQueue, FLEET_AUTHOR } from '../adapters/git/commit-queue.js';
import type { SandboxLevel } from '../adapters/sandbox/index.js';
import { ToolDesk, type DeskMeans } from '../adapters/tools/desk.js';
import type { TeamPort } from '../adapters/nats/team-line.js';
import type { ToolAnswer, ToolQuestion } from '../adapters/tools/git-tool.js';
import { SecretFiles } from '../adapters/tools/secret-files.js';
import { AgentHost, type ClarifyPort, type HostPorts } from '../adapters/worker/agent-host.js';
import type { MailPort } from '../adapters/worker/host-mail.js';
import { Draft } from '../adapters/worker/draft.js';
import { WorkerRefusal } from '../adapters/worker/session.js';
import { Spawner } from '../adapters/worker/spawner.js';
import { covered } from '../domain/capability/paths.js';
import type { AgentWish, Bound } from '../domain/spawn-args.js';
import { CheckBench } from './check-bench.js';

/** Addresses that no server of a test has: what is dialled at them is led to a local one. */
export const PUBLIC = '93.184.215.14';

/** A web of a test: what each name resolves to, and one local server that every dialled connection ends at. */
export class TestWeb implements AsyncDisposable {
  readonly dialled: string[] = [];
  readonly asked: string[] = [];
  /** Each name's addresses, one list for each time it is asked; the last stays. */
  readonly names = new Map<string, string[][]>();

  private constructor(private readonly server: Server) {}

  static async start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<TestWeb> {
    const server = createServer((request, response) => {
      web.asked.push(`${request.headers.host}${request.url}`);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    const web = new TestWeb(server);
    await once(server, 'listening');
    return web;
  }

  readonly wire: Wire = {
    resolve: (host) => {
      const answers = this.names.get(host) ?? [[PUBLIC]];
      return Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]!);
    },
    connect: (address, port) => {
      this.dialled.push(`${address}:${port}`);
      return connect((this.server.address() as AddressInfo).port, '127.0.0.1');
    },
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

export interface DeskWishes {
  readonly wire?: Wire;
  readonly searchUrl?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly answer?: (question: ToolQuestion) => ToolAnswer;
  readonly level?: SandboxLevel;
  readonly slice?: Amounts;
  readonly runId?: string;
  /** How many agents the spec lets the worker start, and what the gate answers. */
  readonly spawns?: number;
  readonly gate?: (wish: AgentWish) => Promise<SpawnOutcome>;
  /** What the worker's team answers. */
  readonly team?: Partial<TeamPort>;
  /** What was written to the worker's member. */
  readonly mail?: MailPort;
  /** Where the files of its messages lie. */
  readonly places?: HostPorts['places'];
  /** What becomes of its questions. */
  readonly clarify?: ClarifyPort;
  readonly answerShutdown?: HostPorts['answerShutdown'];
}

/** The instance and mission of every run of a test. */
export const BOUND: Bound = { instanceId: '01a1faa8-85f2-786b-9b67-420704a3cc02' as never, goalId: '01a1faa8-85f2-786b-9b67-420704a3cc03' as never };

export const NOBODY_ASKED: ClarifyPort = { ask: () => Promise.reject(new Error('nobody is asked')), giveUp: () => Promise.reject(new Error('nobody is asked')) };
const TEAM = '01a1faa8-85f2-786b-9b67-420704a3cc01' as never;
const NO_WIRE: Wire = { resolve: () => Promise.reject(new Error('not asked')), connect: () => { throw new Error('not dialled'); } };

/** One run's tools on a real repository and real sandboxes, asked as a worker asks. */
export class ToolRun implements AsyncDisposable {
  readonly draft = new Draft((path) => this.around(path));
  readonly denied: { code: string; tool: string; what: string }[] = [];
  readonly syscalls: string[] = [];
  readonly stop = new AbortController();
  readonly spawner: Spawner;
  readonly desk: ToolDesk;
  readonly host: AgentHost;
  /** The base is read when something is asked first. */
  private around: Awaited<ReturnType<BaseFiles['around']>> = () => [];
  private readonly files: BaseFiles;

  constructor(bench: ToolBench, base: CheckBase, capabilities: Capabilities, { wire = NO_WIRE, searchUrl, secrets = {}, answer, level = 3, slice = { tool_calls: 1000 }, runId = 'run-1', spawns = 0, team = {}, mail = () => Promise.resolve({ messages: [], interrupts: [] }), places = () => Promise.resolve({}), gate = () => Promise.reject(new Error('the gate is not asked')), clarify = NOBODY_ASKED, answerShutdown = () => Promise.reject(new Error('nobody asked')) }: DeskWishes) {
    this.spawner = new Spawner(BOUND, spawns, gate);
    const files = (this.files = new BaseFiles(base.repository, base.commit));
    const store = bench.secretsOf(secrets);
    const means: DeskMeans = {
      sandbox: { ...bench.use, level }, base: { ...base, visible: (path) => covered(capabilities, 'read', path) }, signal: this.stop.signal, web: { wire, searchUrl },
      git: { repository: base.repository, base: base.commit, runId, commits: new CommitQueue(), author: FLEET_AUTHOR, now: () => new Date('2026-01-02T03:04:05Z'), ask: (question) => (answer ? Promise.resolve(answer(question)) : Promise.reject(new Error('nobody is asked'))) },
      inBase: async (path) => (await files.mode(path)) !== undefined, secret: (alias) => store.value(TEAM, alias), onDenied: ({ syscall }) => void this.syscalls.push(syscall),
      spawn: (args) => this.spawner.tool(args), spawns, team: { own: { id: TEAM, name: 'Code care' }, port: team as TeamPort, clean: (text) => Object.values(secrets).reduce((left, secret) => left.replaceAll(secret, '***'), text) },
      runCheck: async ({ command }) => { const { exitCode, output } = await bench.checker.command(base, [], command); return { exitCode, outputTail: explain([], output) }; },
    };
    this.desk = new ToolDesk(capabilities, this.draft, means);
    const nothing = (): void => undefined;
    this.host = new AgentHost('task', this.draft, this.desk, slice, {
      complete: () => Promise.reject(new Error('no model')), baseSha256: () => Promise.resolve(undefined), progress: nothing, log: nothing, clean: (text) => text, spentAtGate: () => ({}), mail, file: () => Promise.resolve(undefined), mailTrouble: nothing, places, spawner: this.spawner, clarify, answerShutdown,
      denied: ({ code }, tool, what) => void this.denied.push({ code, tool, what }),
    });
  }

  /** The answer, or the code it was refused with: a rule's, a problem's, or `invalid_params` of the schema. */
  async call(tool: WorkerToolName | (string & {}), args: object): Promise<Record<string, unknown> | string> {
    const message = validateMessage('agent-to-host', { jsonrpc: '2.0', id: 1, method: 'tool/call', params: { tool, args } });
    if (message.kind === 'invalid') return 'invalid_params';
    return this.ask('tool/call', { tool, args: args as Record<string, unknown> });
  }

  /** The same of any request. */
  async ask<M extends AgentMethod>(method: M, params: AgentRequests[M]['params']): Promise<Record<string, unknown> | string> {
    this.around = await this.files.around();
    try {
      return (await this.host.request<AgentMethod>(method, params)) as unknown as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof WorkerRefusal)) throw error;
      return String(error.error.data?.['ruleId'] ?? error.error.data?.['code'] ?? error.error.code);
    }
  }

  /** A shell command's output, trimmed. */
  async sh(command: string, more: object = {}): Promise<string> {
    const result = await this.call('bash', { command, ...more });
    return typeof result === 'string' ? result : String(result['outputTail']).trim();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    return this.desk[Symbol.asyncDispose]();
  }
}

/** Repositories, a place outside of them, and runs. */
export class ToolBench extends CheckBench {
  readonly outside: string;
  private stores = 0;

  constructor() {
    super();
    this.outside = join(this.root, 'outside');
    mkdirSync(this.outside);
    writeFileSync(join(this.outside, 'secret.txt'), 'OUTSIDE SECRET\n');
  }

  run(base: CheckBase, capabilities: Capabilities, wishes: DeskWishes = {}): ToolRun {
    return new ToolRun(this, base, capabilities, wishes);
  }

  secretsOf(values: Readonly<Record<string, string>>): SecretFiles {
    const folder = join(this.root, `secrets-${++this.stores}`);
    mkdirSync(folder);
    writeFileSync(join(folder, `${String(TEAM)}.json`), JSON.stringify(values));
    chmodSync(join(folder, `${String(TEAM)}.json`), 0o600);
    return new SecretFiles(folder);
  }
}
