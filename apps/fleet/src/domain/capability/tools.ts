import { globCovers, hostCovers, overlap, toolAllowed, WORKER_TOOL_NAMES, type AgentSpec, type Capabilities, type WorkerToolName } from '@countersign/contracts';
import { refuse, type Refusal } from './refusal.js';

/** What a run may touch: the gate's grant, and of it only what the agent's own spec asks for. */
export function capabilitiesOfRun(grant: Capabilities, { tools, networkHosts }: Pick<AgentSpec['capabilities'], 'tools' | 'networkHosts'>): Capabilities {
  return {
    ...grant,
    tool_allowlist: overlap(grant.tool_allowlist, tools, globCovers),
    net_scopes: { ...grant.net_scopes, allow_hosts: overlap(grant.net_scopes.allow_hosts, networkHosts, hostCovers) },
  };
}

/** Other ways to what a tool does. Each is judged as that tool: who may not start agents may not by any name. */
const SAME_AS: ReadonlyMap<string, WorkerToolName> = new Map([['Task', 'spawn_agent'], ['spawn/request', 'spawn_agent']]);

/** Granted as the tool that it is, and not denied by its own name either. */
const granted = (capabilities: Capabilities, tool: string): boolean =>
  toolAllowed(capabilities, SAME_AS.get(tool) ?? tool) && !capabilities.tool_denylist.some((pattern) => globCovers(pattern, tool));

export function refuseTool(capabilities: Capabilities, tool: string): Refusal | undefined {
  return granted(capabilities, tool) ? undefined : refuse('tool_not_allowed', `the instance's grant has no tool ${tool.slice(0, 80)}`);
}

/** What a supervisor can do at all: without it a tool would be listed and never work. */
export interface ToolMeans {
  /** Shell commands are held by a sandbox. */
  readonly sandboxed: boolean;
  readonly webSearch: boolean;
  /** How many agents the spec lets it start. */
  readonly spawns: number;
}

/** Whether any call of a tool could be granted: one that would refuse every argument is not listed. */
const USABLE: Readonly<Record<WorkerToolName, (capabilities: Capabilities, means: ToolMeans) => boolean>> = {
  read: ({ fs_scopes }) => fs_scopes.read.length > 0,
  list: ({ fs_scopes }) => fs_scopes.read.length > 0,
  glob: ({ fs_scopes }) => fs_scopes.read.length > 0,
  grep: ({ fs_scopes }) => fs_scopes.read.length > 0,
  write: ({ fs_scopes }) => fs_scopes.write.length > 0,
  edit: ({ fs_scopes }) => fs_scopes.read.length > 0 && fs_scopes.write.length > 0,
  apply_patch: ({ fs_scopes }) => fs_scopes.write.length > 0,
  bash: (_, { sandboxed }) => sandboxed,
  git: ({ git_caps }) => git_caps.read || git_caps.commit || git_caps.push,
  webfetch: ({ net_scopes }) => net_scopes.enabled && net_scopes.allow_hosts.length > 0,
  websearch: ({ net_scopes }, { webSearch }) => webSearch && net_scopes.enabled && net_scopes.allow_hosts.includes('*'),
  auth: ({ secrets_scopes }) => secrets_scopes.length > 0,
  'checks.run': () => true,
  spawn_agent: (_, { spawns }) => spawns > 0,
  TeamCreate: () => true,
  SendMessage: () => true,
  TaskCreate: () => true,
  TaskUpdate: () => true,
  TaskList: () => true,
  Task: (_, { spawns }) => spawns > 0,
};

/** The tools a worker may call, in the contract's order: what `initialize` lists and what is not refused by name are one and the same. */
export const offeredTools = (capabilities: Capabilities, means: ToolMeans): WorkerToolName[] =>
  WORKER_TOOL_NAMES.filter((tool) => granted(capabilities, tool) && USABLE[tool](capabilities, means));
