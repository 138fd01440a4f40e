import { bundleSchema, bundleText, priceTableSchema, readYaml, type AgentRole, type Bundle } from '@countersign/contracts';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
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
