import { describe, it } from 'node:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'expect';
import { faultOf, unsendable } from '../outgoing.js';
import { approvalPolicySchema, approvalRuleFor } from './approval-policy.js';
import { lintFile } from './lint.js';
import { ONE_PERSON } from './quorum.js';
import { bundleSchema } from './bundle.js';
import { certificationPolicySchema } from './certification-policy.js';
import { amountsOfBudget } from './parts.js';
import { precedentSeedSchema } from './precedent-seed.js';
import { priceTableSchema } from './price-table.js';
import { DEFAULT_TEAM_POLICY, teamPolicySchema } from './team-policy.js';
import { publishedSchemas } from './published.js';
import { readYaml, type FileSchema } from './read-yaml.js';
import { AGENT_ROLES, normalizeSpawnPolicy, spawnPolicySchema } from './spawn-policy.js';
import { normalizeTemplate, templateSchema } from './template.js';
import { wayOfWorkingSchema } from './way-of-working.js';

const root = new URL('../../../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const read = <T>(schema: FileSchema<T>, path: string): T => readYaml(schema, path, textOf(path));
const yamlIn = (folder: string): string[] => readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.yaml')).map((name) => folder + name);

const bundles = yamlIn('bundles/');
const templates = yamlIn('policies/templates/');
const ways = yamlIn('policies/ways/');
const precedents = yamlIn('policies/precedents/');

describe('the files we ship', () => {
  it('publish the schemas that the product uses', () => {
    for (const { name, text } of publishedSchemas()) expect([name, textOf(`docs/${name}`)]).toEqual([name, text]);
  });

  it('are all valid, and each tells an editor where its schema is', () => {
    const policies = yamlIn('policies/');
    expect(policies.map((path) => basename(path))).toEqual(['approval-policy.yaml', 'certification.yaml', 'price-table.yaml', 'spawn-policy.yaml', 'team-policy.yaml']);
    read(spawnPolicySchema, 'policies/spawn-policy.yaml');
    read(approvalPolicySchema, 'policies/approval-policy.yaml');
    read(priceTableSchema, 'policies/price-table.yaml');
    expect(read(teamPolicySchema, 'policies/team-policy.yaml')).toEqual(DEFAULT_TEAM_POLICY);
    read(certificationPolicySchema, 'policies/certification.yaml');
    for (const path of templates) read(templateSchema, path);
    for (const path of ways) expect(`policies/ways/${read(wayOfWorkingSchema, path).id}.yaml`).toBe(path);
    for (const path of precedents) expect(`policies/precedents/${read(precedentSeedSchema, path).seed_id}.yaml`).toBe(path);
    for (const path of bundles) read(bundleSchema, path);
    for (const path of [...policies, ...templates, ...ways, ...precedents, ...bundles]) {
      const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(textOf(path))?.[1];
      expect([path, schema !== undefined && existsSync(new URL(schema, new URL(path, root)))]).toEqual([path, true]);
    }
  });

  it('name things alike: a template after its file, a bundle after its file, agents and templates that exist', () => {
    const known = templates.map((path) => normalizeTemplate(read(templateSchema, path)));
    expect(known.map(({ id }) => `policies/templates/${id}.yaml`)).toEqual(templates);
    for (const path of bundles) {
      const bundle = read(bundleSchema, path);
      expect(`bundles/${bundle.id}.yaml`).toBe(path);
      for (const member of bundle.members) {
        expect(existsSync(new URL(`agents/${member.agent}.yaml`, root))).toBe(true);
        expect(known.find(({ id }) => id === (member.template ?? member.agent))?.role).toBe(member.role ?? 'worker');
      }
      const skills = bundle.members.map(({ skill }) => skill);
      for (const skill of skills) expect([path, skill, bundle.members.some(({ secondarySkills = [] }) => secondarySkills.includes(skill))]).toEqual([path, skill, true]); // somebody stands in
      for (const { secondarySkills = [] } of bundle.members) expect(skills).toEqual(expect.arrayContaining(secondarySkills));
      expect(known.find(({ id }) => id === bundle.manager.template)?.role).toBe(bundle.manager.role ?? 'orchestrator');
    }
  });

  it('let a person start every role but a lead, which comes with its team, and so a manager; a worker ask, and the rest start nobody', () => {
    const policy = normalizeSpawnPolicy(read(spawnPolicySchema, 'policies/spawn-policy.yaml'));
    expect(policy.enabled && policy.requireJustification).toBe(true);
    for (const asker of ['operator', 'orchestrator'] as const) expect([asker, policy.edges[asker]]).toEqual([asker, { behavior: 'allow', canSpawn: AGENT_ROLES.filter((role) => role !== 'orchestrator') }]);
    expect(policy.edges.delegator).toEqual({ behavior: 'allow', canSpawn: ['worker', 'watcher', 'tester'] });
    expect(policy.edges.worker).toEqual({ behavior: 'request_only', canSpawn: [] });
    for (const role of ['watcher', 'reviewer', 'tester', 'committer'] as const) expect([role, policy.edges[role]]).toEqual([role, { behavior: 'deny', canSpawn: [] }]);
    expect([policy.maxDepth, policy.maxLiveChildren]).toEqual([4, 8]);
    expect(policy.minimumSandbox).toEqual({ default: 'strict', orchestrator: 'none' });
  });

  it('keep every slice far below its goal, and give no agent network, secrets or a push', () => {
    const goal = amountsOfBudget(read(bundleSchema, 'bundles/code-care.yaml').budgets.goal);
    expect(goal).toEqual({ tokens: 200_000, steps: 400, tool_calls: 400, ms: 600_000, usd_micros: 2_000_000 });
    for (const path of templates) {
      const { budget, capabilities } = normalizeTemplate(read(templateSchema, path));
      for (const [unit, amount] of Object.entries(budget)) expect([path, unit, amount <= (goal[unit as keyof typeof goal] ?? 0) * 0.4]).toEqual([path, unit, true]);
      expect([capabilities.net_scopes.enabled, capabilities.secrets_scopes, capabilities.git_caps.push]).toEqual([false, [], false]);
    }
  });

  it('never lets a bundle ask for less than the platform wants', () => {
    const policy = read(approvalPolicySchema, 'policies/approval-policy.yaml');
    const { approval, effect } = read(bundleSchema, 'bundles/code-care.yaml');
    const [alone, small] = [{ delaySeconds: 0, quorum: ONE_PERSON }, { files: 1, bytes: 100, recipients: 1 }];
    expect(approvalRuleFor(policy, approval, effect.kind, small)).toEqual({ timeoutMinutes: 1440, validMinutes: 15, tier: 1, ...alone });
    expect(approvalRuleFor(policy, { timeoutMinutes: 9999, validMinutes: 600, tier: 0 }, 'email.send', small)).toEqual({ timeoutMinutes: 720, validMinutes: 15, tier: 2, ...alone });
    expect(approvalRuleFor(undefined, approval, 'git.push', small)).toEqual({ ...approval, ...alone });
  });

  it('are refused where they name whose yes never counts, or whose counts where one is enough', () => {
    const text = textOf('policies/approval-policy.yaml');
    const faults = (from: string, to: string, kind: 'approval-policy' | 'bundle' = 'approval-policy', of = text): string[] => {
      expect(of).toContain(from);
      return lintFile('f', of.replace(from, to), kind).faults.map(({ pointer, rule }) => `${pointer} ${rule}`);
    };
    expect(lintFile('f', text, 'approval-policy').faults).toEqual([]);
    expect(faults('from: [customer_governor]', 'from: [operator, customer_governor], substitutes: [platform_governor]')).toEqual(['/tiers/3/quorum/from/0 can-count', '/tiers/3/quorum/substitutes/0 can-count']);
    expect(faults('need: 2, of: people, from', 'need: 1, of: people, from')).toEqual(['/tiers/3/quorum/from needs-several']);
    expect(faults('from: [customer_governor]', 'from: []')).toEqual(['/tiers/3/quorum/from can-count']);
    expect(faults('file.publish: { timeoutMinutes: 1440, tier: 1 }', 'file.publish: { timeoutMinutes: 1440, tier: 1, quorum: { need: 2, from: [genesis] } }')).toEqual(['/effects/file.publish/quorum/from/0 can-count']);
    expect(faults('tier: 2\n', 'tier: 2\n  quorum: { need: 1, substitutes: [customer_governor] }\n')).toEqual(['/defaults/quorum/substitutes needs-several']);
    expect(faults('approval:\n', 'approval:\n  quorum: { need: 2, from: [operator] }\n', 'bundle', textOf('bundles/code-care.yaml'))).toEqual(['/approval/quorum/from/0 can-count']);
  });

  it('name no limit that nothing can be above', () => {
    const { recipients = 0, bytes = 0 } = read(approvalPolicySchema, 'policies/approval-policy.yaml').effects!['email.send']!.limit!;
    const people = Array.from({ length: recipients + 1 }, (_, nth) => `p${nth}@chai.test`);
    const mail = { kind: 'email.send', from: 'team@chai.test', to: people, cc: [], subject: 'This week', body: 'a.md', attachments: ['b.zip'] } as const;
    expect([faultOf(mail), unsendable(mail, [{ path: 'a.md', size: 1 }, { path: 'b.zip', size: bytes }], new Uint8Array(1).fill(97))]).toEqual([undefined, undefined]);
  });

  it('want two people and ten minutes for what cannot be undone or is above a limit, whatever a bundle or a file says', () => {
    const policy = read(approvalPolicySchema, 'policies/approval-policy.yaml');
    const small = { files: 1, bytes: 100, recipients: 1 };
    const highest = { delaySeconds: 600, quorum: { ...ONE_PERSON, need: 2 } };
    expect(approvalRuleFor(policy, { timeoutMinutes: 5, validMinutes: 5, tier: 3 }, 'git.push', small)).toEqual({ timeoutMinutes: 5, validMinutes: 5, tier: 3, ...highest });
    for (const over of [{ recipients: 11 }, { bytes: 5_000_001 }]) expect(approvalRuleFor(policy, { timeoutMinutes: 5, validMinutes: 5, tier: 0 }, 'email.send', { ...small, ...over })).toMatchObject({ tier: 3, ...highest });
    const lax = { timeoutMinutes: 5, validMinutes: 5, tier: 3, delaySeconds: 0, quorum: { need: 1 } };
    expect(approvalRuleFor(undefined, lax, 'git.push', small)).toMatchObject(highest);
    expect(approvalRuleFor({ defaults: lax, tiers: { 3: { delaySeconds: 1, quorum: { need: 1 } } } }, lax, 'git.push', small)).toMatchObject(highest);
    expect(approvalRuleFor({ defaults: lax, tiers: { 3: { delaySeconds: 3600, quorum: { need: 3, of: 'devices' } } } }, { ...lax, quorum: { need: 2 } }, 'git.push', small)).toMatchObject({ delaySeconds: 3600, quorum: { need: 3, of: 'people' } });
  });
});
