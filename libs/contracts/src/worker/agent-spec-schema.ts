import { DEFAULT_COST_BUDGET_USD, DEFAULT_MAX_TOKENS, SANDBOX_PRODUCTS } from './agent-spec.js';
import type { JsonSchema } from './schema-parts.js';

const usd = (description: string): JsonSchema => ({ type: 'number', minimum: 0, maximum: 10_000, description });
const names = (description: string, maxItems = 200): JsonSchema => ({
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: 200 },
  maxItems,
  uniqueItems: true,
  description,
});

/** JSON Schema of `agents/<name>.yaml`; published as `docs/agent-spec.schema.json` for editors and CI. */
export const agentSpecSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://countersign.dev/schemas/agent-spec.schema.json',
  title: 'Countersign agent spec',
  description: 'One agent: what it is, what it may cost and what it may do. Everything not granted here is refused.',
  type: 'object',
  additionalProperties: false,
  required: ['name', 'model'],
  not: { required: ['cost_budget', 'cost_budget_usd'] },
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$', maxLength: 63, description: 'Unique name; the same as the file name without .yaml.' },
    role: { type: 'string', pattern: '^[a-z][a-z0-9_-]*$', maxLength: 63, default: 'worker', description: 'The role the spawn policy knows.' },
    enabled: { type: 'boolean', default: true, description: 'false: known, but never started.' },
    model: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      description: 'The model the host uses for model/complete. Keys never reach the agent.',
      properties: {
        provider: { type: 'string', minLength: 1, maxLength: 64, default: 'rehearsal', description: "'rehearsal' needs no key and makes the agent work without a model." },
        id: { type: 'string', minLength: 1, maxLength: 200 },
        reasoning: { type: 'string', enum: ['low', 'medium', 'high'] },
      },
    },
    max_tokens: { type: 'integer', minimum: 1, maximum: 10_000_000, default: DEFAULT_MAX_TOKENS, description: 'Most output tokens of one model call.' },
    cost_budget: { ...usd('Most US dollars one run may cost. Reaching it pauses the agent.'), default: DEFAULT_COST_BUDGET_USD },
    cost_budget_usd: { ...usd('The same as cost_budget, as older fleets spell it. Give one of the two.'), deprecated: true },
    allowed_syscalls: {
      ...names('System call names and presets (@runtime, @fs-write, @net-client, @processes). Anything else answers EPERM. An unknown name is an error.', 500),
      items: { type: 'string', pattern: '^@?[a-z][a-z0-9_-]*$', maxLength: 64 },
      default: ['@runtime'],
    },
    sandbox: { type: 'string', enum: SANDBOX_PRODUCTS, default: 'strict', description: 'Least sandbox the agent needs; where it cannot be had, the agent is not started.' },
    run: {
      type: 'object',
      additionalProperties: false,
      required: ['command'],
      description: 'How the worker process is started; relative paths are relative to this file.',
      properties: {
        command: { type: 'string', minLength: 1, maxLength: 1000 },
        args: { type: 'array', items: { type: 'string', maxLength: 4000 }, maxItems: 200, default: [] },
        env: {
          type: 'array',
          items: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 200 },
          uniqueItems: true,
          maxItems: 100,
          default: [],
          description: 'Names of environment variables to pass on. Nothing else of the environment is visible; a name that may be a secret (keys, tokens, passwords, credentials, addresses of databases) is refused.',
        },
      },
    },
    capabilities: {
      type: 'object',
      additionalProperties: false,
      properties: {
        tools: names('Tools the agent may call, by name or glob (*). An empty list is none.'),
        network: {
          description: "'none', or the hosts its tool webfetch may be asked for, as far as the grant has them.",
          default: 'none',
          oneOf: [
            { const: 'none' },
            { type: 'object', additionalProperties: false, required: ['allow_hosts'], properties: { allow_hosts: { ...names('Host names, each with its subdomains.', 100), minItems: 1 } } },
          ],
        },
        spawn: {
          description: "'none', or how many agents it may ask the gate for, and how deep.",
          default: 'none',
          oneOf: [
            { const: 'none' },
            {
              type: 'object',
              additionalProperties: false,
              required: ['max'],
              properties: { max: { type: 'integer', minimum: 0, maximum: 100 }, depth: { type: 'integer', minimum: 0, maximum: 10, default: 1 } },
            },
          ],
        },
      },
    },
    outputs: {
      type: 'array',
      maxItems: 100,
      description: 'What the agent hands in.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 100 },
          mediaType: { type: 'string', pattern: '^[a-z]+/[A-Za-z0-9.+*-]+$', maxLength: 200, default: 'application/octet-stream' },
          approval: { type: 'string', enum: ['required', 'none'], default: 'required' },
        },
      },
    },
    skills: names('Skills the agent needs; the policy decides whether it may have them.'),
    mcp_servers: {
      type: 'array',
      maxItems: 50,
      description: 'MCP servers the host connects for the agent; each is checked by the gate.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        oneOf: [{ required: ['command'] }, { required: ['url'] }],
        properties: {
          name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 63 },
          command: { type: 'string', minLength: 1, maxLength: 1000 },
          args: { type: 'array', items: { type: 'string', maxLength: 4000 }, maxItems: 200 },
          url: { type: 'string', pattern: '^https://', maxLength: 2000 },
          tools: names('Tools of this server the agent may call. An empty list is none.'),
        },
      },
    },
    workspace_trust: {
      type: 'string',
      enum: ['restricted', 'trusted'],
      default: 'restricted',
      description: "'trusted' lets instructions found in the workspace reach the agent; the gate checks it.",
    },
  },
} as const;

/** The schema as the bytes of `docs/agent-spec.schema.json`. */
export const agentSpecSchemaText = (): string => `${JSON.stringify(agentSpecSchema, null, 2)}\n`;
