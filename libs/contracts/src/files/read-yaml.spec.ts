import { describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { expect } from 'expect';
import fc from 'fast-check';
import { AppError } from '../errors.js';
import { bundleSchema } from './bundle.js';
import { InvalidFileError } from './invalid-file.js';
import { conforms, MAX_FILE_BYTES, readYaml, type FileSchema } from './read-yaml.js';
import { normalizeSpawnPolicy, spawnPolicySchema } from './spawn-policy.js';
import { normalizeTemplate, templateSchema } from './template.js';

const root = new URL('../../../../', import.meta.url);
const codeCare = readFileSync(new URL('bundles/code-care.yaml', root), 'utf8');

/** `line:column rule message` of everything that is wrong; `valid` when nothing is. */
function verdict<T>(schema: FileSchema<T>, text: string): string[] {
  try {
    readYaml(schema, 'f.yaml', text);
    return ['valid'];
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    expect(error.violations.every(({ file }) => file === 'f.yaml')).toBe(true);
    return error.violations.map(({ line, column, rule, message }) => `${line}:${column} ${rule} ${message}`);
  }
}
const policy = (text: string): string[] => verdict(spawnPolicySchema, text);
const bundle = (change: (text: string) => string): string[] => verdict(bundleSchema, change(codeCare));

describe('reading a policy or bundle file', () => {
  it('gives every broken rule with line, column and rule', () => {
    expect(policy('enabled: maybe\nmax_agents: -1\nspawn_edges:\n  wizard: { behavior: allow }\n  worker:\n    behavior: perhaps\n    can_spawn: [king]\nunknown: 1\n')).toEqual([
      '1:10 type must be boolean',
      '2:13 minimum must be >= 0',
      '4:3 enum unknown name "wizard", must be one of operator, orchestrator, delegator, worker, watcher, reviewer, tester, committer',
      '6:15 enum must be one of allow, deny, request_only',
      '7:17 enum must be one of orchestrator, delegator, worker, watcher, reviewer, tester, committer',
      '8:1 additional-properties unknown field "unknown"',
    ]);
  });

  it('says it in one sentence that an editor can follow', () => {
    expect(() => readYaml(spawnPolicySchema, 'policies/spawn-policy.yaml', 'enabled: 1\n')).toThrow('policies/spawn-policy.yaml:1:10 type: must be boolean');
    const error = new InvalidFileError('a', [1, 2, 3, 4, 5].map((line) => ({ file: 'a', line, column: 1, pointer: '', rule: 'r', message: 'm' })));
    expect(error.message.split('\n').at(-1)).toBe('and 2 more');
    expect([error.code, error.retryable, error instanceof AppError]).toEqual(['invalid_file', false, true]);
  });

  it('takes no text that a row could not hold as it was written, by escape or in a key', () => {
    expect(policy('enabled: true\nname: "a\\0b"\n')).toEqual(['2:7 storable holds U+0000 or half a character']);
    expect(policy('"half \\uD83D": 1\n')).toEqual(['1:1 storable holds U+0000 or half a character']);
    expect(policy('"whole \\uD83D\\uDE00": 1\n')[0]).toContain('additional-properties');
  });

  it('names the place of broken YAML, of keys written twice and of tags it does not know', () => {
    expect(policy('enabled: [true\n')[0]).toMatch(/^2:1 bad-indent|^2:1 missing-char|^1:\d+ /);
    expect(policy('enabled: true\nenabled: false\n')).toEqual(['2:1 duplicate-key Map keys must be unique']);
    expect(policy('enabled: !!js/function "x"\n')[0]).toMatch(/^1:10 tag-resolve-failed /);
    expect(policy('enabled: true\n---\nenabled: false\n')[0]).toMatch(/multiple-docs/);
    expect(policy('enabled: *nowhere\n')[0]).toMatch(/ alias /);
    expect(policy('')[0]).toBe('1:1 type must be object');
    expect(policy('[]')[0]).toBe('1:1 type must be object');
    expect(policy('? [a, b]\n: 1\n')[0]).toMatch(/non-string-key/);
  });

  it('refuses files that unfold, are nested without end, or are larger than any honest policy', () => {
    const lol = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(', ')}]`)].join('\n');
    expect(policy(lol)).toEqual([expect.stringContaining('alias')]);
    expect(policy(`enabled: ${'['.repeat(100_000)}`)[0]).toMatch(/resource-exhaustion is nested too deeply/);
    expect(policy(`# ${'x'.repeat(MAX_FILE_BYTES)}`)).toEqual(['1:1 max-size at most 256 KiB']);
  });

  it('cannot be tricked into changing what objects are', () => {
    expect(policy('__proto__: { enabled: true }\n')).toEqual(['1:1 additional-properties unknown field "__proto__"']);
    expect(policy('role_defaults: { __proto__: { max_tokens: 1 } }\n')[0]).toMatch(/^1:18 enum unknown name "__proto__"/);
    expect(policy('constructor: 1\n')).toEqual(['1:1 additional-properties unknown field "constructor"']);
    expect(policy('<<: { enabled: true }\n')).toEqual(['1:1 additional-properties unknown field "<<"']);
  });

  it('finds the place behind an alias', () => {
    expect(policy('role_defaults:\n  worker: &small { max_tokens: many }\n  tester: *small\n')).toEqual(['2:32 type must be integer', '2:32 type must be integer']);
  });

  it('never fails with anything but a list of violations, whatever the text', () => {
    const scraps = fc.constantFrom('enabled', ':', ' ', '\n', '- ', '[', ']', '{', '}', '&a', '*a', '"', "'", '|', '>', '?', '!!set', '%', '#', '\t', '\u0000', '\ufeff', '0x', '.inf', '~', 'spawn_edges', ',');
    fc.assert(fc.property(fc.array(scraps, { maxLength: 40 }), (parts) => verdict(spawnPolicySchema, parts.join('')).length > 0), { numRuns: 400 });
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => verdict(spawnPolicySchema, text).length > 0), { numRuns: 200 });
  });
});

describe('the spawn policy', () => {
  it('reads the documented example of the original as it stands', () => {
    const file = readYaml(spawnPolicySchema, 'f', `
enabled: true
require_justification: true
max_agents: 24
max_concurrent: 6
child_budget_percent_of_parent_remaining: 40
mission_total_budget: { max_tokens: 40000, max_tool_calls: 80, max_cost_usd: 6.0 }
cost_per_1k_tokens_usd: 0.03
spawn_edges:
  orchestrator: { behavior: allow, can_spawn: [delegator, worker, watcher, reviewer, tester, committer] }
  delegator: { behavior: allow, can_spawn: [worker, watcher, tester] }
  worker: { behavior: request_only, can_spawn: [] }
  watcher: { behavior: deny, can_spawn: [] }
required_skills: { committer: [{ id: safe-commit }, { path: skills/commit.md }] }
role_defaults: { worker: { max_tokens: 4000 } }
skill_sources: { mode: allowlist, allowlist_ids: [safe-commit], pinned_hashes: { 'id:safe-commit': 'sha256:${'a'.repeat(64)}' } }
`);
    const policy = normalizeSpawnPolicy(file);
    expect(policy).toMatchObject({ maxAgents: 24, maxConcurrent: 6, childPercent: 40, missionTotal: { tokens: 40_000, tool_calls: 80, usd_micros: 6_000_000 }, flatPriceMicrosPer1k: 30_000 });
    expect(policy.edges.worker).toEqual({ behavior: 'request_only', canSpawn: [] });
    expect(policy.skillSources.pinnedHashes).toEqual({ 'id:safe-commit': 'a'.repeat(64) });
  });

  it('grants nothing that the file does not grant', () => {
    expect(normalizeSpawnPolicy({})).toEqual({
      enabled: false,
      requireJustification: false,
      childPercent: 100,
      missionTotal: {},
      customerTotal: {},
      customerBudgets: {},
      edges: {},
      requiredSkills: {},
      roleDefaults: {},
      skillSources: { mode: 'any', allowlistIds: [], allowlistPaths: [], pinnedHashes: {} },
      minimumSandbox: { default: 'strict' },
      onExhausted: 'cancel',
      maxWallMs: 3_600_000,
      leaseMs: 2_000,
      warnPercent: 80,
      maxDepth: 4,
      maxLiveChildren: 8,
      placeMs: 900_000,
      approvalMs: { spawn: 3_600_000, tool: 900_000, budget: 3_600_000 },
    });
  });

  it('says so when an edge does not mean what it says', () => {
    expect(policy('spawn_edges:\n  worker: { can_spawn: [tester] }\n  tester: { behavior: allow }\n')).toEqual([
      '2:11 edge names roles in can_spawn, but its behavior is deny',
      '3:11 edge allows, but can_spawn names nobody',
    ]);
  });
});

describe('an agent template', () => {
  const template = (text: string): string[] => verdict(templateSchema, text);

  it('reads both spellings, but not both at once', () => {
    const read = (text: string) => normalizeTemplate(readYaml(templateSchema, 'f', text));
    expect(read('templateID: t\nrole: worker\ncapabilities: { secrets_scopes: [npm] }\n')).toEqual(read('template_id: t\nrole: worker\ncapabilities: { secretsScopes: [npm] }\n'));
    expect(template('templateID: t\nrole: worker\ncapabilities: { secrets_scopes: [], secretsScopes: [] }\n')).toEqual(['3:15 not give only one of secrets_scopes, secretsScopes']);
    expect(template('role: worker\n').length).toBeGreaterThan(0);
    expect(template('templateID: a\ntemplate_id: b\nrole: worker\n').length).toBeGreaterThan(0);
  });

  it('grants nothing by default', () => {
    expect(normalizeTemplate({ templateID: 't', role: 'worker' })).toEqual({
      id: 't',
      displayName: 't',
      role: 'worker',
      systemPrompt: '',
      skills: [],
      budget: {},
      capabilities: {
        tool_allowlist: [],
        tool_denylist: [],
        fs_scopes: { read: [], write: [] },
        net_scopes: { enabled: false, allow_hosts: [] },
        secrets_scopes: [],
        git_caps: { read: false, commit: false, push: false, push_requires_approval: false },
      },
    });
  });

  it('keeps paths below the workspace', () => {
    for (const path of ['/etc', '..', '../x', 'a/../../b', 'a/..', 'a\\\\b']) {
      expect([path, template(`templateID: t\nrole: worker\ncapabilities: { fs_scopes: { read: ["${path}"] } }\n`)]).toEqual([path, [expect.stringContaining('3:37 pattern')]]);
    }
    expect(template('templateID: t\nrole: worker\ncapabilities: { fs_scopes: { read: [., src, "a/..b/c", "**/*.ts"] } }\n')).toEqual(['valid']);
  });
});

describe('a bundle', () => {
  it('must hang together: members, skills, tasks, budgets', () => {
    expect(bundle((text) => text)).toEqual(['valid']);
    expect(bundle((text) => text.replace('name: Tess, skill: tests, secondarySkills: [docs, patches]', 'name: Dora, skill: docs').replace('secondarySkills: [tests], ', ''))).toEqual([
      expect.stringMatching(/^\d+:13 unique-name /),
      expect.stringMatching(/^\d+:26 one-member-per-skill another member has the skill docs/),
      expect.stringMatching(/^\d+:12 known-skill no member has the skill tests/),
    ]);
    expect(bundle((text) => text.replace('dependsOn: [repair]', 'dependsOn: [paint]'))).toEqual([expect.stringMatching(/known-task there is no task paint$/)]);
    expect(bundle((text) => text.replace('    when: repair', '    dependsOn: [docs]\n    when: repair'))).toEqual([expect.stringMatching(/no-cycle/), expect.stringMatching(/no-cycle/)]);
    const row = ['a', 'b', 'c', 'd'].map((key, n, all) => `  - { key: ${key}, title: T, skill: docs, dependsOn: [${n === 0 ? 'docs' : all[n - 1]}], criteria: [{ id: parses, kind: parses }] }\n`).join('');
    expect(bundle((text) => text.replace('\neffect:', `\n${row}\neffect:`))).toEqual([expect.stringMatching(/too-deep more than 5 tasks/)]);
    expect(bundle((text) => text.replace('secondarySkills: [tests]', 'secondarySkills: [docs]'))).toEqual([expect.stringMatching(/own-skill/)]);
    expect(bundle((text) => text.replace('goal: { tokens: 200000', 'goal: { tokens: 9000000'))).toEqual([expect.stringMatching(/within-parent is more than the whole team/), expect.stringMatching(/within-parent is more than the whole trial/)]);
  });

  it('asks one question at a time: a command belongs to check-passes only, every budget names every unit', () => {
    expect(bundle((text) => text.replace('kind: parses }', 'kind: parses, command: rm }'))).toEqual([expect.stringMatching(/false-schema/)]);
    expect(bundle((text) => text.replace('minutes: 10, usd: 2', 'minutes: 10'))).toEqual([expect.stringMatching(/required needs the field "usd"/)]);
    expect(bundle((text) => text.replace('tier: 1', 'tier: 4'))).toEqual([expect.stringMatching(/maximum/)]);
    expect(bundle((text) => text.replace('activation: preapproved', 'activation: yes'))).toEqual([expect.stringMatching(/enum must be one of preapproved, ask/)]);
  });

  it('finds a circle of any length and nothing else', () => {
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const edges = fc.array(fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...keys)), { maxLength: 8 });
    fc.assert(fc.property(edges, (pairs) => {
      const playbook = keys.map((key) => ({ key, title: key, skill: 'docs', criteria: [{ id: 'parses', kind: 'parses' as const }], dependsOn: [...new Set(pairs.filter(([from]) => from === key).map(([, to]) => to))] }));
      const faults = conforms(bundleSchema, { ...readYaml(bundleSchema, 'f', codeCare), playbook });
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        playbook.find(({ key }) => key === from)!.dependsOn.some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
      expect(faults.length > 0).toBe(keys.some((key) => reaches(key, key)));
      return true;
    }), { numRuns: 200 });
  });
});
