import { expect } from 'expect';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { CLONE } from '../stack/home.js';
import { runCommand } from './index.js';

let folder: string;
const home = process.cwd();
before(() => process.chdir((folder = mkdtempSync(join(tmpdir(), 'lint-')))));
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const file = (name: string, text: string): string => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
  return name;
};
/** The command line as a person types it in that folder, with no stack anywhere: exit code and what stdout gets. */
const lint = (...words: string[]) => policy('lint', ...words);
async function policy(...words: string[]): Promise<{ code: number; lines: string[] }> {
  const print = mock.method(console, 'log', () => undefined);
  try {
    const code = await runCommand(['policy', ...words]);
    return { code, lines: print.mock.calls.map(({ arguments: [line] }) => String(line)) };
  } finally {
    print.mock.restore();
  }
}

describe('policy lint', () => {
  it('finds nothing wrong with what is shipped', async () => {
    const shipped = (name: string): string[] => readdirSync(join(CLONE, name)).filter((each) => each.endsWith('.yaml')).map((each) => join(CLONE, name, each));
    expect(await lint(...shipped('policies'), ...shipped('policies/templates'), ...shipped('bundles'))).toEqual({ code: 0, lines: [] });
  });

  it('names file, line, column and rule of every fault, however many there are', async () => {
    const unknown = Array.from({ length: 80 }, (_, index) => `nonsense_${index}: 1`);
    const policy = file('spawn-policy.yaml', ['enabled: maybe', 'max_agents: -1', 'spawn_edges:', '  worker: { behavior: perhaps }', ...unknown, ''].join('\n'));
    const { code, lines } = await lint(policy);
    expect(code).toBe(1);
    expect(lines.slice(0, 4)).toEqual([
      'spawn-policy.yaml:1:10 type: must be boolean',
      'spawn-policy.yaml:2:13 minimum: must be >= 0',
      'spawn-policy.yaml:4:23 enum: must be one of allow, deny, request_only',
      'spawn-policy.yaml:5:1 additional-properties: unknown field "nonsense_0"',
    ]);
    expect(lines).toHaveLength(83);
  });

  it('reads YAML and JSON of the original as they stand, in both spellings', async () => {
    const documented = {
      templateID: 'worker-default', display_name: 'Worker', avatar_url: 'https://example.com/a.png', role: 'worker', system_prompt: 'Work.', default_model: { provider: 'x', model: 'y' }, skills: [{ id: 'a' }, { path: 'skills/b.md' }],
      default_budget: { max_tokens: 4000, max_cost_usd: 0.5 },
      capabilities: { tool_allowlist: ['read'], fs_scopes: { read: ['.'], write: [] }, net_scopes: { enabled: false, allow_hosts: [] }, secrets_scopes: ['npm'], git_caps: { read: true, commit: false, push: false, push_requires_approval: true } },
    };
    const { secrets_scopes, ...others } = documented.capabilities;
    const { templateID, ...rest } = documented;
    const one = file('templates/one.json', JSON.stringify(documented, undefined, '\t'));
    const other = file('templates/two.json', JSON.stringify({ template_id: 'other', ...rest, capabilities: { ...others, secretsScopes: secrets_scopes } }));
    const policy = file('agent-team/spawn-policy.yaml', 'enabled: true\nrequire_justification: true\nmax_agents: 24\nmax_concurrent: 6\nchild_budget_percent_of_parent_remaining: 40\nmission_total_budget: { max_tokens: 40000, max_tool_calls: 80, max_cost_usd: 6.0 }\ncost_per_1k_tokens_usd: 0.03\nspawn_edges:\n  orchestrator: { behavior: allow, can_spawn: [worker] }\n  worker: { behavior: request_only, can_spawn: [] }\n  watcher: { behavior: deny, can_spawn: [] }\nskill_sources: { mode: project_only }\n');
    expect(await lint(one, other, policy)).toEqual({ code: 0, lines: [] });
    expect(templateID).toBe('worker-default');
  });

  it('finds the place in JSON too, and says when two templates share an id', async () => {
    const broken = file('templates/broken.json', '{\n  "templateID": "x",\n  "role": "king"\n}\n');
    expect(await lint(broken)).toEqual({ code: 1, lines: [expect.stringMatching(/^templates\/broken\.json:3:11 enum: must be one of orchestrator/)] });
    expect(await lint(file('templates/a.yaml', 'templateID: same\nrole: worker\n'), file('templates/b.yaml', 'template_id: same\nrole: tester\n'))).toEqual({ code: 1, lines: ['templates/b.yaml:1:1 unique-id: templates/a.yaml has the templateID same already'] });
  });

  it('knows a file by what is in it where its name says nothing, or as it is told', async () => {
    expect(await lint(file('draft.yaml', 'templateID: x\nrole: king\n'))).toEqual({ code: 1, lines: [expect.stringMatching(/^draft\.yaml:2:7 enum/)] });
    expect(await lint(file('other.yaml', 'enabled: true\n'))).toEqual({ code: 0, lines: [] });
    expect(await lint('other.yaml', '--kind', 'template')).toMatchObject({ code: 1 });
    const { lines } = await lint('draft.yaml', '--json');
    expect(JSON.parse(lines[0]!)).toEqual([{ file: 'draft.yaml', kind: 'template', ok: false, faults: [expect.objectContaining({ file: 'draft.yaml', line: 2, column: 7, pointer: '/role', rule: 'enum' })] }]);
  });

  it('tells what is no file, no usage and no YAML apart', async () => {
    expect(await lint('nowhere.yaml')).toEqual({ code: 4, lines: [] });
    expect(await lint('templates')).toEqual({ code: 4, lines: [] });
    expect(await lint()).toMatchObject({ code: 2 });
    expect(await lint('other.yaml', '--kind', 'song')).toMatchObject({ code: 2 });
    expect(await lint(file('garbled.yaml', 'a: [b\nc: }'))).toMatchObject({ code: 1, lines: expect.arrayContaining([expect.stringMatching(/^garbled\.yaml:\d+:\d+ /)]) });
    expect(await lint(file('binary.yaml', '\u0000\u0001'))).toMatchObject({ code: 1 });
    expect(await lint(file('empty.yaml', ''))).toEqual({ code: 1, lines: ['empty.yaml:1:1 type: must be object'] });
  });
});

describe('policy apply', () => {
  it('puts nothing in force, and asks no stack, where the project has no policy, or any file of it a fault: each at its place', async () => {
    mkdirSync(join(folder, 'empty'));
    expect(await policy('apply', 'empty')).toEqual({ code: 4, lines: [] });
    file('project/.tandem/agent-team/templates/b.yaml', 'templateID: b\nrole: king\n');
    file('project/.tandem/agent-team/templates/a.json', '{\n  "templateID": "b",\n  "role": "worker"\n}\n');
    file('project/.tandem/agent-team/templates/notes.txt', 'not a template');
    expect(await policy('apply', 'project')).toEqual({ code: 4, lines: [] }); // nothing is started without a policy
    file('project/.tandem/agent-team/spawn-policy.yaml', 'enabled: true\nmax_agents: many\n');
    expect(await policy('apply', 'project')).toEqual({
      code: 1,
      lines: [expect.stringMatching(/^project\/\.tandem\/agent-team\/templates\/b\.yaml:2:7 enum: /), expect.stringMatching(/^project\/\.tandem\/agent-team\/spawn-policy\.yaml:2:13 type: must be integer/)],
    });
    file('project/.tandem/agent-team/templates/b.yaml', 'templateID: b\nrole: worker\n');
    file('project/.tandem/agent-team/spawn-policy.yaml', 'enabled: true\n');
    expect(await policy('apply', 'project')).toMatchObject({ code: 1, lines: [expect.stringMatching(/b\.yaml:1:1 unique-id: /)] });
    expect(await policy('apply', file('bundles/mine.yaml', 'id: x\n'))).toMatchObject({ code: 1 });
    expect(await policy('apply', file('approval-policy.yaml', 'defaults: { timeoutMinutes: 5, validMinutes: 5, tier: 1 }\n'))).toMatchObject({ code: 2 });
  });

  it('finds the policy as YAML or JSON by any of its names, and refuses to choose between two', async () => {
    for (const name of ['spawn-policy.yaml', 'spawn-policy.yml', 'spawn-policy.json']) {
      const broken = file(`named-${name}/${name}`, name.endsWith('json') ? '{\n  "max_agents": "many"\n}\n' : 'max_agents: many\n');
      expect(await policy('apply', `named-${name}`)).toEqual({ code: 1, lines: [expect.stringMatching(new RegExp(`^${broken}:\\d:\\d+ type: must be integer`))] });
    }
    for (const name of ['spawn-policy.yml', 'spawn-policy.json']) file(`two/${name}`, '{}\n');
    expect(await policy('apply', 'two')).toEqual({ code: 2, lines: [] });
  });
});
