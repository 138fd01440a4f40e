/** `agents/<name>.yaml`: what an agent is, what it costs at most and what it may do. The schema beside it is what editors and CI use. */

export const SANDBOX_PRODUCTS = ['strict', 'process', 'none'] as const;
export type SandboxProduct = (typeof SANDBOX_PRODUCTS)[number];

/** The file as written: snake_case, optional where a default exists. */
export interface AgentSpecFile {
  name: string;
  role?: string;
  enabled?: boolean;
  model: { provider?: string; id: string; reasoning?: 'low' | 'medium' | 'high' };
  max_tokens?: number;
  /** US dollars. */
  cost_budget?: number;
  /** The spelling of the codex fleet's own files; read when `cost_budget` is absent. */
  cost_budget_usd?: number;
  allowed_syscalls?: string[];
  sandbox?: SandboxProduct;
  run?: { command: string; args?: string[]; env?: string[] };
  capabilities?: {
    tools?: string[];
    network?: 'none' | { allow_hosts: string[] };
    spawn?: 'none' | { max: number; depth?: number };
  };
  outputs?: { name: string; mediaType?: string; approval?: 'required' | 'none' }[];
  skills?: string[];
  mcp_servers?: { name: string; command?: string; args?: string[]; url?: string; tools?: string[] }[];
  workspace_trust?: 'restricted' | 'trusted';
}

/** The file with its defaults, in our own words and units. */
export interface AgentSpec {
  name: string;
  role: string;
  enabled: boolean;
  model: { provider: string; id: string; reasoning?: 'low' | 'medium' | 'high' };
  maxTokens: number;
  costBudgetMicros: number;
  allowedSyscalls: string[];
  sandbox: SandboxProduct;
  /** Absent in the codex fleet's files: such an agent is known but cannot be started. */
  run?: { command: string; args: string[]; env: string[] };
  capabilities: { tools: string[]; networkHosts: string[]; spawn: { max: number; depth: number } };
  outputs: { name: string; mediaType: string; approval: 'required' | 'none' }[];
  skills: string[];
  mcpServers: { name: string; command?: string; args: string[]; url?: string; tools: string[] }[];
  workspaceTrust: 'restricted' | 'trusted';
}

/** Low on purpose: an agent whose author said nothing about money does not get an unlimited purse. */
export const DEFAULT_COST_BUDGET_USD = 0.1;
export const DEFAULT_MAX_TOKENS = 4000;
const MICROS_PER_USD = 1_000_000;

/** Fills in the defaults. The file must have passed `agentSpecSchema`; every missing grant is no grant. */
export function normalizeAgentSpec(file: AgentSpecFile): AgentSpec {
  const { capabilities = {} } = file;
  const { network = 'none', spawn = 'none' } = capabilities;
  return {
    name: file.name,
    role: file.role ?? 'worker',
    enabled: file.enabled ?? true,
    model: { ...file.model, provider: file.model.provider ?? 'rehearsal' },
    maxTokens: file.max_tokens ?? DEFAULT_MAX_TOKENS,
    costBudgetMicros: Math.round((file.cost_budget ?? file.cost_budget_usd ?? DEFAULT_COST_BUDGET_USD) * MICROS_PER_USD),
    allowedSyscalls: [...(file.allowed_syscalls ?? ['@runtime'])],
    sandbox: file.sandbox ?? 'strict',
    ...(file.run && { run: { command: file.run.command, args: [...(file.run.args ?? [])], env: [...(file.run.env ?? [])] } }),
    capabilities: {
      tools: [...(capabilities.tools ?? [])],
      networkHosts: network === 'none' ? [] : [...network.allow_hosts],
      spawn: spawn === 'none' ? { max: 0, depth: 0 } : { max: spawn.max, depth: spawn.depth ?? 1 },
    },
    outputs: (file.outputs ?? []).map((output) => ({ mediaType: 'application/octet-stream', approval: 'required' as const, ...output })),
    skills: [...(file.skills ?? [])],
    mcpServers: (file.mcp_servers ?? []).map((server) => ({ ...server, args: [...(server.args ?? [])], tools: [...(server.tools ?? [])] })),
    workspaceTrust: file.workspace_trust ?? 'restricted',
  };
}
