import { BUNDLE_RULES, bundleSchema, bundleText, conforms, priceTableSchema, readYaml, type AgentRole, type Bundle, type BundleFault } from '@countersign/contracts';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { platformRules } from './check-bundle.js';
import { hashOf, isReviewed, judgeDraft, mayNotReview } from './judge-draft.js';

const root = new URL('../../../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const text = textOf('bundles/digital-marketing.yaml');
const bundle = readYaml(bundleSchema, 'b', text);
const table = readYaml(priceTableSchema, 'p', textOf('policies/price-table.yaml'));
const templates = new Map<string, AgentRole>([['manager', 'orchestrator'], ...['content-bot', 'seo-bot', 'social-bot', 'email-bot', 'doc-bot', 'patch-bot'].map((id): [string, AgentRole] => [id, 'worker'])]);
const facts = { id: 'digital-marketing', newest: 0, live: undefined, prices: { version: 4, sha256: 'a'.repeat(64), table }, templates, rightsOf: () => [] };
const judged = (draft: string, over: Partial<typeof facts> & { live?: { doc: Bundle } } = {}): string[] => judgeDraft(draft, { ...facts, ...over }).faults.map(({ line, column, pointer, rule }) => `${line}:${column} ${pointer} ${rule}`);
/** The shipped file with one thing changed, and where in it that is. */
const with_ = (from: string, to: string): string => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

describe('a draft of a bundle', () => {
  it('that is fit to be published has no fault', () => {
    expect(judged(text)).toEqual([]);
    expect(judged(bundleText(bundle))).toEqual([]);
    expect(judged(with_('version: 1', 'version: 8'), { newest: 7 })).toEqual([]);
  });

  it('has each mistake named at its line, column and field: what the platform does not allow as well as what the file does not', () => {
    expect(judged(with_('id: digital-marketing', 'id: other'))).toEqual([expect.stringMatching(/^\d+:5 \/id same-id$/)]);
    expect(judged(text, { newest: 1 })).toEqual([expect.stringMatching(/^\d+:10 \/version next-version$/)]);
    expect(judged(with_('monthly: 48000', 'monthly: 47999'))).toEqual([expect.stringMatching(/^\d+:\d+ \/price\/monthly by-price-table$/)]);
    expect(judged(with_('minutes: 400, usd: 60', 'minutes: 400, usd: 81'))).toEqual([expect.stringMatching(/ \/budgets\/team\/usd cost-ceiling$/)]);
    expect(judged(with_('agent: seo-bot', 'agent: so-bot'))).toEqual([expect.stringMatching(/ \/members\/1\/agent known-template$/)]);
    expect(judged(with_('template: manager,', 'template: doc-bot,'))).toEqual([expect.stringMatching(/ \/manager\/template template-role$/)]);
    expect(judged(text.replace('secondarySkills: [seo], ', '').replace('skill: seo, secondarySkills: [content], agent: seo-bot', 'skill: content, agent: seo-bot'))).toEqual([expect.stringMatching(/ \/members\/1\/skill one-member-per-skill$/), expect.stringMatching(/ \/playbook\/1\/skill known-skill$/), expect.stringMatching(/ \/price\/monthly by-price-table$/)]);
    expect(judged(with_('agent: seo-bot,', 'agent: seo-bot, role: orchestrator,'))).toEqual([expect.stringMatching(/ \/members\/1\/agent template-role$/), expect.stringMatching(/ \/members\/1\/role one-manager$/)]);
    expect(judged('id: digital-marketing\nversion: one\n').slice(0, 1)).toEqual(['1:1  required']);
    expect(judged('id: [\n')[0]).toMatch(/^\d+:\d+ {2}/);
  });

  it('has each rule named where it is broken: there in the text stands what is wrong', () => {
    type Broken = readonly [rule: BundleFault['rule'], pointer: string, from: string | ((draft: string) => string), to: string, there: string, ...beside: string[]];
    const search = 'skill: seo, dependsOn: [article]';
    const more = (...rows: string[]) => (draft: string) => rows.reduce((all, row) => all.replace('\neffect:', `\n  - { ${row}, title: T, skill: seo, criteria: *copy }\neffect:`), draft);
    const fifth = (draft: string) => draft.replace('\n# What a goal', '\n  - { name: Fifth, skill: docs, agent: doc-bot }\n# What a goal');
    const broken: readonly Broken[] = [
      ['same-id', '/id', 'id: digital-marketing', 'id: other', 'other\n'],
      ['next-version', '/version', 'version: 1', 'version: 2', '2\n'],
      ['by-price-table', '/price/monthly', 'monthly: 48000', 'monthly: 47999', '47999'],
      ['cost-ceiling', '/budgets/team/usd', 'minutes: 400, usd: 60', 'minutes: 400, usd: 81', '81'],
      ['team-size', '/members', fifth, '', '- { name: Kavi', '/budgets/trial trial-size', '/price/monthly by-price-table'],
      ['trial-size', '/budgets/trial', fifth, '', '{ tokens: 1000000', '/members team-size', '/price/monthly by-price-table'],
      ['template-role', '/manager/template', 'template: manager,', 'template: doc-bot,', 'doc-bot'],
      ['template-role', '/members/1/agent', 'agent: seo-bot,', 'agent: manager,', 'manager'],
      ['one-manager', '/members/1/role', 'agent: seo-bot,', 'agent: seo-bot, role: orchestrator,', 'orchestrator', '/members/1/agent template-role'],
      ['known-template', '/members/1/agent', 'agent: seo-bot,', 'agent: so-bot,', 'so-bot'],
      ['known-template', '/members/1/template', 'agent: seo-bot,', 'agent: seo-bot, template: so-bot,', 'so-bot'],
      ['known-template', '/manager/template', 'template: manager,', 'template: boss,', 'boss'],
      ['known-skill', '/playbook/1/skill', search, 'skill: sea, dependsOn: [article]', 'sea'],
      ['one-member-per-skill', '/members/1/skill', 'skill: seo, secondarySkills: [content]', 'skill: content, secondarySkills: [seo]', 'content', '/price/monthly by-price-table'],
      ['own-skill', '/members/0/secondarySkills/0', 'secondarySkills: [seo]', 'secondarySkills: [content]', 'content'],
      ['unique-name', '/members/1/name', 'name: Sona', 'name: Kavi', 'Kavi'],
      ['unique-name', '/members/1/name', 'name: Sona', 'name: Nila', 'Nila'],
      ['known-task', '/playbook/1/dependsOn/0', search, 'skill: seo, dependsOn: [artikel]', 'artikel'],
      ['no-cycle', '/playbook/1/dependsOn', search, 'skill: seo, dependsOn: [search]', '[search]'],
      ['too-deep', '/playbook/7/dependsOn', more('key: c, dependsOn: [search]', 'key: d, dependsOn: [c]', 'key: e, dependsOn: [d]', 'key: f, dependsOn: [e]'), '', '[e]'],
      ['unique-key', '/playbook/2/key', 'key: posts', 'key: search', 'search'],
      ['unique-id', '/playbook/0/criteria/1/id', 'id: brief-only', 'id: fits-channel', 'fits-channel', ...[1, 2, 3].map((n) => `/playbook/${n}/criteria/1/id unique-id`)],
      ['within-parent', '/budgets/goal/tokens', 'goal: { tokens: 200000', 'goal: { tokens: 2000000', '2000000'],
      ['within-parent', '/members/1/budget/usd', 'agent: seo-bot,', 'agent: seo-bot, budget: { usd: 3 },', '3'],
      ['can-count', '/approval/quorum/from/1', 'tier: 1', 'tier: 1\n  quorum: { need: 2, from: [customer_governor, operator] }', 'operator'],
      ['can-count', '/approval/quorum/from', 'tier: 1', 'tier: 1\n  quorum: { need: 2, from: [] }', '[]'],
      ['needs-several', '/approval/quorum/from', 'tier: 1', 'tier: 1\n  quorum: { need: 1, from: [customer_governor] }', '[customer_governor]'],
    ];
    for (const [rule, pointer, from, to, there, ...beside] of broken) {
      const draft = typeof from === 'string' ? with_(from, to) : from(text);
      const { faults } = judgeDraft(draft, facts);
      expect([rule, faults.map((fault) => `${fault.pointer} ${fault.rule}`).toSorted()]).toEqual([rule, [`${pointer} ${rule}`, ...beside].toSorted()]);
      const { line, column } = faults.find((fault) => fault.rule === rule && fault.pointer === pointer)!;
      expect([rule, draft.split('\n').slice(line - 1).join('\n').slice(column - 1, column - 1 + there.length)]).toEqual([rule, there]);
    }
    expect([...new Set(broken.map(([rule]) => rule))].toSorted()).toEqual([...BUNDLE_RULES].toSorted());
  });

  it('has all its mistakes named at once: one that the file does not allow hides none elsewhere', () => {
    const edits: [string, string][] = [['version: 1', 'version: one'], ['template: manager,', 'template: boss,'], ['title: Writes the posts', 'title: 3'], ['agent: seo-bot,', 'agent: so-bot,'], [' skill: seo, dependsOn', ' skill: sea, dependsOn'], ['tier: 1', 'tier: 9'], ['monthly: 48000', 'monthly: 47999']];
    const draft = edits.reduce((all, [from, to]) => all.replace(from, to), text);
    expect(judged(draft, { newest: 7 }).map((line) => line.split(' ').slice(1).join(' '))).toEqual(['/version type', '/manager/template known-template', '/members/1/agent known-template', '/members/2/title type', '/playbook/1/skill known-skill', '/approval/tier maximum', '/price/monthly by-price-table']);
    // what a fault leaves nothing to judge of is judged when it is mended
    expect(judged(with_('skill: seo, secondary', 'skill: 3, secondary').replace('48000', '47999')).map((line) => line.split(' ').slice(1).join(' '))).toEqual(['/members/1/skill type']);
    expect(judged(text.replace('version: 1\n', '').replace('48000', '47999')).map((line) => line.split(' ').slice(1).join(' '))).toEqual([' required', '/price/monthly by-price-table']);
  });

  it('is judged whatever stands where: no rule meets what it cannot read', () => {
    const rules = [...bundleSchema.rules!, ...platformRules(facts)];
    /** The document with each of its places in turn taken away, or something else there. */
    const spoilt = (value: unknown): unknown[] => {
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([name, inner]) => {
        const put = (other: unknown) => (Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other });
        const { [name]: _, ...rest } = value as Record<string, unknown>;
        return [...[null, 3, 'x', [], {}, [null], { x: 1 }].map(put), Array.isArray(value) ? value.toSpliced(Number(name), 1) : rest, ...spoilt(inner).map(put)];
      });
    };
    const documents = spoilt({ ...bundle, approval: { ...bundle.approval, quorum: { need: 2, from: ['customer_governor'] } }, members: bundle.members.map((member) => ({ ...member, role: 'worker', template: 'doc-bot', budget: { usd: 1 } })) });
    expect(documents.length).toBeGreaterThan(500);
    for (const document of documents) conforms({ ...bundleSchema, rules }, document);
  });

  it('is of a size that the price table sells: 3 to 5, and no file makes it more than 7', () => {
    const team = (n: number): string => {
      const members = Array.from({ length: n - 1 }, (_, at) => ({ name: `M${at}`, skill: `s-${at}`, agent: 'doc-bot' }));
      return bundleText({ ...bundle, members, playbook: [{ ...bundle.playbook[0]!, skill: 's-0' }] });
    };
    const sizes = (n: number, table_ = table): string[] => judged(team(n), { prices: { ...facts.prices, table: table_ } }).filter((line) => !line.endsWith('by-price-table')).map((line) => line.split(' ').at(-1)!);
    expect([2, 3, 5, 6].map((n) => sizes(n))).toEqual([['team-size'], [], [], ['team-size', 'trial-size']]);
    const wide = { ...table, sizes: { from: 3, to: 7, trialTo: 3 } };
    expect([3, 4, 7].map((n) => sizes(n, wide))).toEqual([[], ['trial-size'], ['trial-size']]);
    expect(sizes(8, wide)).toEqual(['max-items']);
  });

  it('says what it changes as soon as it can be read, whatever the platform thinks of it', () => {
    const live = { doc: bundle };
    const { changes, faults, bundle: read } = judgeDraft(with_('monthly: 48000', 'monthly: 50000'), { ...facts, newest: 1, live });
    expect([changes.map(({ words }) => words), faults.length, read?.price.monthly]).toEqual([['Price a month ₹50,000, ₹48,000 before'], 2, 50_000]);
    expect(judgeDraft('id: x', { ...facts, live })).toMatchObject({ bundle: undefined, changes: [] });
  });

  it('is there to be gone on with as fields, whatever is wrong with it, as long as it is a map', () => {
    const said = (draft: string) => judgeDraft(draft, facts).document;
    expect(said(text)).toEqual(bundle);
    expect(said(with_('name: Digital marketing', "name: ''"))).toMatchObject({ name: '' });
    expect(said('id: x\nmembers: 3\n')).toEqual({ id: 'x', members: 3 });
    expect([said('- a list'), said('id: ['), said('a: &a [x]\nb: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]')]).toEqual([undefined, undefined, undefined]);
  });

  it('is reviewed as one text: another one is not; and by somebody else, where there is somebody else', () => {
    const [one, other] = [hashOf('a'), hashOf('b')];
    expect([isReviewed({ hash: one, reviewedHash: one }), isReviewed({ hash: one, reviewedHash: other }), isReviewed({ hash: one, reviewedHash: null })]).toEqual([true, false, false]);
    // also who wrote it first and let somebody else have the last word
    for (const draftedBy of [['gov'], ['gov', 'second'], ['second', 'gov']]) expect(mayNotReview({ draftedBy }, 'gov', 1)).toMatchObject({ code: 'author_may_not_review' });
    expect([mayNotReview({ draftedBy: ['gov'] }, 'gov', 0), mayNotReview({ draftedBy: ['gov', 'second'] }, 'other', 1)]).toEqual([undefined, undefined]);
  });
});
