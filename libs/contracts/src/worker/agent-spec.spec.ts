import { describe, it } from 'node:test';
import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'expect';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { normalizeAgentSpec, type AgentSpecFile } from './agent-spec.js';
import { agentSpecSchema, agentSpecSchemaText } from './agent-spec-schema.js';

const root = new URL('../../../../', import.meta.url);
const validate = new Ajv2020({ allErrors: true }).compile<AgentSpecFile>(agentSpecSchema);
const minimal = { name: 'doc-bot', model: { id: 'rehearsal-1' } };
const verdict = (file: unknown): string => (validate(file) ? 'valid' : validate.errors!.map((e) => `${e.instancePath} ${e.keyword}`).join(', '));

describe('agent specs', () => {
  it('publishes the schema that the product uses', () => {
    expect(readFileSync(new URL('docs/agent-spec.schema.json', root), 'utf8')).toBe(agentSpecSchemaText());
  });

  it('ships bots whose files are valid, point at the schema and keep to the strict sandbox with a small purse', () => {
    const files = readdirSync(new URL('agents/', root)).filter((name) => name.endsWith('.yaml'));
    const specs = files.map((name) => {
      const text = readFileSync(new URL(`agents/${name}`, root), 'utf8');
      expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../docs/agent-spec.schema.json');
      const file = parse(text) as AgentSpecFile;
      expect([name, verdict(file)]).toEqual([name, 'valid']);
      expect(`${file.name}.yaml`).toBe(name);
      return normalizeAgentSpec(file);
    });
    expect(specs.map((spec) => [spec.name, spec.costBudgetMicros, spec.sandbox, spec.allowedSyscalls.join(' ')])).toEqual([
      ['content-bot', 200_000, 'strict', '@runtime @fs-write'],
      ['doc-bot', 100_000, 'strict', '@runtime @fs-write'],
      ['email-bot', 200_000, 'strict', '@runtime @fs-write'],
      ['patch-bot', 500_000, 'strict', '@runtime @fs-write'],
      ['seo-bot', 200_000, 'strict', '@runtime @fs-write'],
      ['social-bot', 200_000, 'strict', '@runtime @fs-write'],
      ['test-writer-bot', 300_000, 'strict', '@runtime @fs-write'],
    ]);
    expect(specs.map((spec) => [spec.capabilities.networkHosts, spec.capabilities.spawn.max])).toEqual(specs.map(() => [[], 0]));
  });

  it('grants nothing that the file does not grant, and gives a small budget where none is named', () => {
    expect(normalizeAgentSpec(minimal)).toEqual({
      name: 'doc-bot',
      role: 'worker',
      enabled: true,
      model: { provider: 'rehearsal', id: 'rehearsal-1' },
      maxTokens: 4000,
      costBudgetMicros: 100_000,
      allowedSyscalls: ['@runtime'],
      sandbox: 'strict',
      capabilities: { tools: [], networkHosts: [], spawn: { max: 0, depth: 0 } },
      outputs: [],
      skills: [],
      mcpServers: [],
      workspaceTrust: 'restricted',
    });
  });

  it("reads the older fleet's spelling of the budget, but not two budgets at once", () => {
    expect(verdict({ ...minimal, cost_budget_usd: 0.3 })).toBe('valid');
    expect(normalizeAgentSpec({ ...minimal, cost_budget_usd: 0.3 }).costBudgetMicros).toBe(300_000);
    expect(verdict({ ...minimal, cost_budget_usd: 0.3, cost_budget: 0.3 })).toBe(' not');
  });

  it('accepts the documented example as it stands', () => {
    const example = parse(`
name: release-writer
role: worker
run: { command: node, args: [agent.mjs], env: [LOCALE] }
model: { provider: openai-compatible, id: local/qwen }
max_tokens: 4000
cost_budget: 0.50
allowed_syscalls: ['@runtime', '@fs-write']
sandbox: strict
capabilities: { tools: [docs.read, docs.write], network: none, spawn: { max: 2, depth: 1 } }
outputs: [{ name: notes, mediaType: text/markdown, approval: required }]
`) as unknown;
    expect(verdict(example)).toBe('valid');
    expect(normalizeAgentSpec(example as AgentSpecFile).capabilities).toEqual({ tools: ['docs.read', 'docs.write'], networkHosts: [], spawn: { max: 2, depth: 1 } });
  });

  it('names the field and the rule of everything that is wrong', () => {
    expect(verdict({ name: 'Doc Bot', model: {} })).toBe('/name pattern, /model required');
    expect(verdict({ ...minimal, max_tokens: 0, cost_budget: -1, sandbox: 'loose', unknown: 1 })).toBe(
      ' additionalProperties, /max_tokens minimum, /cost_budget minimum, /sandbox enum',
    );
    expect(verdict({ ...minimal, capabilities: { network: 'all' } })).toMatch('/capabilities/network oneOf');
    expect(verdict({ ...minimal, run: { command: 'node', env: ['A=1'] } })).toBe('/run/env/0 pattern');
    expect(verdict({ ...minimal, mcp_servers: [{ name: 'x', command: 'a', url: 'https://b' }] })).toBe('/mcp_servers/0 oneOf');
  });
});
