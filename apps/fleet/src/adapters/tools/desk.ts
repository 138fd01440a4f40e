import type { AuthArgs, AuthResult, Capabilities, ChecksRunArgs, ChecksRunResult, SpawnAgentArgs, SpawnAgentResult, WorkerToolName, WorkerTools } from '@countersign/contracts';
import { refuseAlias } from '../../domain/capability/secrets.js';
import { offeredTools, type ToolMeans } from '../../domain/capability/tools.js';
import type { CheckBase, SandboxUse } from '../checks/check-sandbox.js';
import type { DeniedCall } from '../sandbox/index.js';
import type { Draft } from '../worker/draft.js';
import { FileTools } from './file-tools.js';
import { GitTool, type GitMeans } from './git-tool.js';
import { check } from './outcomes.js';
import { SearchTools } from './search-tools.js';
import { ShellTool } from './shell-tool.js';
import { TeamToolDesk, type TeamMeans } from './team-tools.js';
import { WebTools, type WebMeans } from './web-tools.js';
import { Workbench } from './workbench.js';

type Handlers = { readonly [T in WorkerToolName]: (args: WorkerTools[T]['args']) => Promise<WorkerTools[T]['result']> };

/** What one run's tools need from outside. */
export interface DeskMeans {
  readonly sandbox: SandboxUse;
  readonly base: CheckBase;
  readonly git: GitMeans;
  readonly web: WebMeans;
  inBase(path: string): Promise<boolean>;
  secret(alias: string): Promise<string>;
  runCheck(args: ChecksRunArgs): Promise<ChecksRunResult>;
  spawn(args: SpawnAgentArgs): Promise<SpawnAgentResult>;
  readonly team: TeamMeans;
  /** How many agents the agent's spec lets it start. */
  readonly spawns: number;
  onDenied(denied: DeniedCall): void;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
}

/** The tools of one run: which there are, and what each does. Every one judges its own arguments by the same capabilities that the list was made from. */
export class ToolDesk implements AsyncDisposable {
  readonly names: readonly WorkerToolName[];
  private readonly bench: Workbench;
  private readonly handlers: Handlers;

  constructor(
    readonly capabilities: Capabilities,
    draft: Draft,
    means: DeskMeans,
  ) {
    const able: ToolMeans = { sandboxed: means.sandbox.level >= 3, webSearch: means.web.searchUrl !== undefined, spawns: means.spawns };
    this.names = offeredTools(capabilities, able);
    this.bench = new Workbench(means.sandbox, means.base, capabilities, draft, means.signal);
    this.handlers = handlersOf(capabilities, draft, means, this.bench, able);
  }

  has(tool: string): tool is WorkerToolName {
    return Object.hasOwn(this.handlers, tool);
  }

  /** Throws `DeniedError` where a rule refuses, `ToolProblem` where it cannot be done. The arguments have passed the tool's schema. */
  async call(tool: WorkerToolName, args: object): Promise<object> {
    return (this.handlers[tool] as (args: object) => Promise<object>)(args);
  }

  /** Ends what still runs and removes the run's work folder. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]();
  }
}

function handlersOf(capabilities: Capabilities, draft: Draft, means: DeskMeans, bench: Workbench, { sandboxed }: ToolMeans): Handlers {
  const files = new FileTools(capabilities, bench, draft);
  const search = new SearchTools(capabilities, bench);
  const shell = new ShellTool(capabilities, bench, draft, { sandboxed, onDenied: means.onDenied, inBase: means.inBase });
  const web = new WebTools(capabilities, means.web, means.signal);
  const git = new GitTool(capabilities, draft, means.git);
  const team = new TeamToolDesk(means.team, (args) => means.spawn(args));
  return {
    read: (args) => files.read(args),
    list: (args) => files.list(args),
    glob: (args) => search.glob(args),
    grep: (args) => search.grep(args),
    write: (args) => files.write(args),
    edit: (args) => files.edit(args),
    apply_patch: (args) => files.applyPatch(args),
    bash: (args) => shell.bash(args),
    git: (args) => git.git(args),
    webfetch: (args) => web.webfetch(args),
    websearch: (args) => web.websearch(args),
    auth: (args) => auth(capabilities, means, args),
    'checks.run': (args) => means.runCheck(args),
    spawn_agent: (args) => means.spawn(args),
    TeamCreate: (args) => team.teamCreate(args),
    SendMessage: (args) => team.sendMessage(args),
    TaskCreate: (args) => team.taskCreate(args),
    TaskUpdate: (args) => team.taskUpdate(args),
    TaskList: () => team.taskList(),
    Task: (args) => team.task(args),
  };
}

async function auth(capabilities: Capabilities, { secret }: DeskMeans, { alias }: AuthArgs): Promise<AuthResult> {
  check(refuseAlias(capabilities, alias));
  return { alias, value: await secret(alias) };
}
