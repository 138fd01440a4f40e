import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { bundleChanges } from './bundle-changes.js';
import { bundleSchema, bundleText, idInBundle, type Bundle } from './files/bundle.js';
import { readYaml } from './files/read-yaml.js';

const root = new URL('../../../', import.meta.url);
const shipped = (name: string): Bundle => readYaml(bundleSchema, name, readFileSync(new URL(`bundles/${name}.yaml`, root), 'utf8'));
const RIGHTS: Readonly<Record<string, readonly string[]>> = { 'seo-bot': ['read campaign'], 'patch-bot': ['read everything in the workspace', 'call the tool checks.run'] };
const rightsOf = (template: string): readonly string[] | undefined => RIGHTS[template] ?? [`be ${template}`];
const changed = (edit: (bundle: Bundle) => void, from = shipped('digital-marketing')): string[] => {
  const after = structuredClone(from);
  edit(after);
  return bundleChanges(from, after, rightsOf).map(({ aspect, weight, words }) => `${aspect} ${weight} ${words}`);
};

/** Paths of all values in a document that are no list and no map. */
function* leaves(value: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof value !== 'object' || value === null) return yield path;
  for (const [key, inner] of Object.entries(value)) yield* leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}

describe('what is different for the customer', () => {
  it('is nothing where only the file looks different', () => {
    for (const name of ['code-care', 'digital-marketing']) {
      const bundle = shipped(name);
      const again = readYaml(bundleSchema, name, bundleText({ ...bundle, version: 2 }));
      expect(bundleChanges(bundle, again, rightsOf)).toEqual([]);
    }
  });

  it('is said in sentences: who joins and leaves, what they may, what it costs, how people are asked', () => {
    expect(changed((bundle) => {
      bundle.members[1] = { name: 'Pax', skill: 'patches', agent: 'patch-bot' };
      bundle.budgets.goal.usd = 3;
      bundle.price.monthly = 49_600;
      bundle.approval.tier = 0;
      bundle.playbook[0]!.criteria = bundle.playbook[0]!.criteria.slice(0, 1);
      bundle.effect = { kind: 'git.push', branch: 'x' };
    })).toEqual([
      'members wider Joins: Pax, patches (patch-bot)',
      'members narrower Leaves: Sona, seo, standing in for content (seo-bot: Writes how it appears in a search)',
      'rights wider patches may: read everything in the workspace',
      'rights wider patches may: call the tool checks.run',
      'work wider Write the article: no longer checked by brief-only, flagged where it fails',
      'effect other What leaves the team: git.push to x, before: file.publish',
      'budgets wider A goal may use $3, $2 before',
      'price wider Price a month ₹49,600, ₹48,000 before',
      'approvals wider Risk tier 0, 1 before',
    ]);
  });

  it('tells how many must say yes, whose count, and how long it can be stopped', () => {
    const more = structuredClone(shipped('digital-marketing'));
    more.approval = { ...more.approval, delaySeconds: 1_200, quorum: { need: 3, substitutes: ['operator'] } };
    expect(changed((bundle) => (bundle.approval = more.approval))).toEqual([
      'approvals narrower Between the last yes and its effect 1,200 seconds, no time before',
      'approvals narrower A yes needs 3 yeses, one person before',
      'approvals wider Where those are too few, also of: operator, before: nobody',
    ]);
    expect(changed((bundle) => (bundle.approval = { ...more.approval, delaySeconds: 60, quorum: { need: 2, of: 'devices', from: ['customer_governor', 'operator'] } }), more)).toEqual([
      'approvals wider Between the last yes and its effect 60 seconds, 1,200 seconds before',
      'approvals wider A yes needs 2 yeses, 3 yeses before',
      'approvals wider Yeses are counted by: devices, before: people',
      'approvals other Yeses count of: customer_governor, operator, before: customer_governor',
      'approvals narrower Where those are too few, also of: nobody, before: operator',
    ]);
    // what only says the default aloud is no change
    expect(changed((bundle) => (bundle.approval = { ...bundle.approval, delaySeconds: 0, quorum: { need: 1, of: 'people' } }))).toEqual([]);
  });

  it('tells whose failure is flagged no more, who stands in for whom, and how patient the manager is', () => {
    const from = shipped('digital-marketing');
    from.playbook[0]!.criteria = [{ id: 'a', kind: 'brief-only', violation: true }];
    from.members[0]!.secondarySkills = ['seo'];
    expect(changed((bundle) => (bundle.playbook[0]!.criteria[0]!.violation = false), from)).toEqual(['work wider Write the article: no longer checked by brief-only, flagged where it fails', 'work narrower Write the article: also checked by brief-only']);
    expect(changed((bundle) => (bundle.members[0]!.secondarySkills = ['email']), from)).toEqual(['members other For content: Kavi, content, standing in for email (content-bot: Writes the article), before: Kavi, content, standing in for seo (content-bot: Writes the article)']);
    expect(changed((bundle) => (bundle.coordination = { stallMinutes: 60, mostTasksPerMember: 5 }))).toEqual(['work wider A goal in which nothing moves goes to a person after 60 minutes, 30 minutes before']);
  });

  it('tells who loses a right, and that a limit is gone', () => {
    expect(changed((bundle) => (bundle.members[1]!.template = 'content-bot'))).toEqual(['rights wider seo may: be content-bot', 'rights narrower seo may no longer: read campaign']);
    expect(changed((bundle) => delete bundle.budgets.trial)).toContain('budgets other The team on trial may use: no own limit any more, $5 before');
  });

  it('is everything, where there was no version before', () => {
    const all = bundleChanges(undefined, shipped('digital-marketing'), rightsOf).map(({ words }) => words);
    for (const words of ['Joins: Kavi, content, standing in for seo (content-bot: Writes the article)', 'manager may: be manager', 'Price a month ₹48,000', 'Risk tier 1', 'What leaves the team: file.publish']) expect(all).toContain(words);
  });

  it('leaves no value of a bundle out: whichever is changed, it is said', () => {
    for (const name of ['code-care', 'digital-marketing']) {
      const bundle = shipped(name);
      bundle.approval = { ...bundle.approval, delaySeconds: 600, quorum: { need: 2, of: 'people', from: ['customer_governor'], substitutes: ['operator'] } };
      // with everything that can be said
      bundle.coordination = { acknowledgeMinutes: 5, stallMinutes: 20, answerMinutes: 15, mostTasksPerMember: 4 };
      bundle.manager = { ...bundle.manager, role: 'orchestrator', title: 'Plans' };
      bundle.members = bundle.members.map((member) => ({ secondarySkills: ['docs'], template: 'doc-bot', role: 'worker', title: 'Writes', budget: { tokens: 1, steps: 1, toolCalls: 1, minutes: 1, usd: 1 }, ...member }));
      bundle.playbook = bundle.playbook.map((task) => ({ when: 'always', dependsOn: ['repair'], ...task, criteria: task.criteria.map((each) => ({ violation: false, ...each })) }));
      bundle.playbook[0]!.criteria.push({ id: 'own', kind: 'check-passes', command: 'npm test', violation: true });
      bundle.effect = { kind: 'git.push', branch: 'x', commit: { authorName: 'a', authorEmail: 'b@c' } };
      for (const path of leaves(bundle)) {
        // the version is what this is about; a criterion's id is a name inside the file
        if (path[0] === 'id' || path[0] === 'version' || (path[2] === 'criteria' && path.at(-1) === 'id')) continue;
        const words = changed((after) => {
          const parent = path.slice(0, -1).reduce<Record<string, unknown>>((value, key) => value[key] as Record<string, unknown>, after as unknown as Record<string, unknown>);
          const key = path.at(-1)!;
          const was = parent[key];
          parent[key] = typeof was === 'number' ? was + 1 : typeof was === 'boolean' ? !was : key === 'when' ? (was === 'repair' ? 'always' : 'repair') : `${String(was)}x`;
        }, bundle);
        expect([path.join('/'), words.length > 0]).toEqual([path.join('/'), path.join('/') !== 'price/currency']);
      }
    }
  });
});

describe('a bundle as a text', () => {
  it('reads back as it was, and names its bundle however much else is wrong', () => {
    const bundle = shipped('digital-marketing');
    const { price, members, ...rest } = bundle;
    const text = bundleText({ price, members: members.map(({ name, skill, ...more }) => ({ ...more, skill, name })), ...rest });
    expect(readYaml(bundleSchema, 'f', text)).toEqual(bundle);
    // in the order of the shipped files, whatever order a database gave it
    expect(text.match(/^(?:id|version|name|members|playbook|price):|^ {2}- name: Kavi$/gm)).toEqual(['id:', 'version:', 'name:', 'members:', '  - name: Kavi', 'playbook:', 'price:']);
    expect([idInBundle('id: a-b\nmembers: 7\n'), idInBundle('id: A\n'), idInBundle('id: [\n'), idInBundle('- id: a\n'), idInBundle('name: x\n')]).toEqual(['a-b', undefined, undefined, undefined, undefined]);
  });
});
