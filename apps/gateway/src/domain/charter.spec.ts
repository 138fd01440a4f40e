import { describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { bundleSchema, checklistOfTeam, checklistOfWay, DEFAULT_TEAM_POLICY, normalizeTemplate, precedentSeedSchema, readYaml, teamPolicyOf, teamPolicySchema, templateSchema, wayOfWorkingSchema, type Bundle, type FileSchema } from '@countersign/contracts';
import { ACTIONS_OF, platformFacts, TABLES, type Table } from '@countersign/database';
import { expect } from 'expect';
import { charterOf, type CharterFacts } from './charter.js';

const root = new URL('../../../../', import.meta.url);
const read = <T>(schema: FileSchema<T>, path: string): T => readYaml(schema, path, readFileSync(new URL(path, root), 'utf8'));
const bundle = read(bundleSchema, 'bundles/code-care.yaml');
const templates = ['manager', 'doc-bot', 'test-writer-bot', 'patch-bot'].map((name) => normalizeTemplate(read(templateSchema, `policies/templates/${name}.yaml`)));
const seed = read(precedentSeedSchema, 'policies/precedents/GEN-002.yaml');
const ways = ['manager', 'helpdesk'].map((id) => read(wayOfWorkingSchema, `policies/ways/${id}.yaml`));

function charter(change: Partial<CharterFacts> = {}, facts = platformFacts()): string {
  const about = { team: { id: 't', name: 'Code care', state: 'active', mode: 'trial' }, bundle, templates, seeds: [seed], policy: { terms: teamPolicyOf(read(teamPolicySchema, 'policies/team-policy.yaml'))!, version: 3 }, publishedBy: 'a governor of the platform' as const, facts, certified: { id: 'c', at: new Date('2026-03-01T12:00:00Z'), alignment: 100, classification: 'within' }, ...change };
  return charterOf({ ...about, checklists: [checklistOfTeam(about.bundle, about.templates, facts), ...ways.map((way) => checklistOfWay(way, facts))] });
}
/** What stands in one and not in the other, line by line. */
const differs = (before: string, after: string): string[] => {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`), ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`)];
};
const with_ = (name: string, grants: Table['grants']): Table[] => TABLES.map((table) => (table.name === name ? { ...table, grants: { ...table.grants, ...grants } } : table));

describe('a team’s charter', () => {
  it('says who is in it, what leaves it, under which precedent it works, and the thirty headings', () => {
    const text = charter();
    for (const line of ['# Charter of Code care', '### Mira, manager', '### Dora, docs', '- Certified on 2026-03-01 by decision `c`: within, alignment 100 of 100', '## Way of working: manager (1)', '## Way of working: helpdesk (2)']) expect(text.split('\n')).toContain(line);
    expect(text).toContain('- `GEN-002@1` (2026-01-06, Platform Governor), about manager\\_agents, team\\_coordination, delegation\\_authority: Internal delegation permitted if customer Governor retains external execution authority');
    expect(text.match(/^### \d+ /gm)).toHaveLength(30);
    expect(text).not.toContain('not so that');
    expect(differs(text, charter({ publishedBy: 'the operator’s file' })).filter((line) => line.startsWith('+'))).toEqual([expect.stringContaining('`code-care@1`, published by the operator’s file, the templates in force')]);
  });

  it('changes with a right of a service, in its row and under the heading that the right belies', () => {
    const changes = differs(charter(), charter({}, platformFacts(with_('app.draft', { 'helpdesk-agent': 'S' }))));
    expect(changes.filter((line) => line.includes('helpdesk-agent never reads app'))).toEqual(['- - it is so that helpdesk-agent never reads app.draft', '+ - **it is not so that** helpdesk-agent never reads app.draft'].map((line) => line));
    expect(changes.filter((line) => line.includes('| `app.draft` |'))).toEqual(['- | `app.draft` | team | r | rw |  | r |  |  |', '+ | `app.draft` | team | r | rw | r | r |  |  |']);
    expect(changes).toHaveLength(4);
  });

  it('changes with an agent’s template, the bundle’s approvals, an action’s owner and a precedent', () => {
    const before = charter();
    const networked = templates.map((each) => (each.id === 'doc-bot' ? { ...each, capabilities: { ...each.capabilities, net_scopes: { enabled: true, allow_hosts: ['docs.example'] } } } : each));
    expect(differs(before, charter({ templates: networked }))).toEqual(['+ - ask docs.example']);
    expect(differs(before, charter({ templates: templates.filter(({ id }) => id !== 'doc-bot') }))).toContain('+ No template `doc-bot` is in force: it may do nothing.');
    expect(differs(before, charter({ bundle: { ...bundle, approval: { ...bundle.approval, tier: 3 } } })).filter((line) => line.startsWith('+')).every((line) => line.includes('tier 3'))).toBe(true);
    const moved = { ...ACTIONS_OF, 'manager-agent': [...ACTIONS_OF['manager-agent'], 'TEAM-CERTIFIED'] };
    expect(differs(before, charter({}, platformFacts(TABLES, moved))).some((line) => line.startsWith('+ | manager-agent |') && line.includes('`TEAM-CERTIFIED`'))).toBe(true);
    expect(differs(before, charter({ seeds: [] }))).toContain('+ - none is in force');
    expect(differs(before, charter({ certified: undefined }))).toContain('+ - Not certified: it may do nothing yet');
  });

  it('lists the precedents that something stands on, and no other', () => {
    const seeds = (text: string): string[] => text.split('\n').filter((line) => /^- `GEN-/.test(line)).map((line) => line.replace(/\).*about/, ') about').replace(/: .*/, ''));
    const next = { ...seed, seed_id: 'GEN-003', supersedes: 'GEN-002' };
    expect(seeds(charter({ seeds: [seed, next] }))).toEqual(['- `GEN-003@1` (2026-01-06, Platform Governor) about manager\\_agents, team\\_coordination, delegation\\_authority']);
    expect(seeds(charter({ seeds: [seed, { ...next, applies_to: ['delegation_authority'], permits: false }] }))).toEqual(['- `GEN-002@1` (2026-01-06, Platform Governor) about manager\\_agents, team\\_coordination', '- `GEN-003@1` (2026-01-06, Platform Governor) about delegation\\_authority, permits nothing']);
    expect(seeds(charter({ seeds: [{ ...seed, status: 'superseded' }, { ...next, status: 'withdrawn' }] }))).toEqual([]);
  });

  it('renders the approval rule whole, what may be used up, how patient the manager is, and on which terms it lives', () => {
    const approval = (change: Partial<Bundle['approval']>): string[] => differs(charter(), charter({ bundle: { ...bundle, approval: { ...bundle.approval, ...change } } })).filter((line) => line.startsWith('+'));
    expect(charter()).toContain('- One yes is enough\n- What has its last yes is carried out at once');
    expect(approval({ delaySeconds: 60 })).toEqual(['+ - What has its last yes is carried out after 60 seconds, until which a yes can be taken back']);
    expect(approval({ quorum: { need: 2 } })).toEqual(['+ - 2 yeses are needed, of 2 people; they count of: customer_governor']);
    expect(approval({ quorum: { need: 3, of: 'devices', substitutes: ['operator'] } })).toEqual(['+ - 3 yeses are needed, of 3 devices, which may be one person’s; they count of: customer_governor, and where those are too few also of: operator']);
    const whole = charter({ bundle: { ...bundle, coordination: { mostTasksPerMember: 2 }, members: bundle.members.map((member, at) => (at === 0 ? { ...member, budget: { usd: 1 } } : member)) } });
    for (const line of ['- The team on trial: 2000000 tokens, 4000 model turns, 4000 tool calls, 120 minutes, $5', '- Dora: $1', '- A member has 2 tasks at most at a time', '- A goal in which nothing has moved for 30 minutes goes to a person', '- A member that asks a person something waits 30 minutes at most, and goes on without an answer', '- By version 3 of the team policy']) expect(whole.split('\n')).toContain(line);
    const patient = charter({ policy: { terms: { ...DEFAULT_TEAM_POLICY, review: { pickupMinutes: 30, handOverMinutes: 40, decideMinutes: 90, nudgesAnHour: 1 }, work: { rounds: 4 } }, version: 3 } }).split('\n');
    expect(patient).toEqual(expect.arrayContaining(['- Who was asked to review and has not begun is reminded after 30 minutes, 1 times an hour at most; 40 minutes later it goes to somebody else, as does what nobody has decided 90 minutes after they began', '- A task may take 4 rounds before it goes to the customer as blocked']));
    expect(whole).toContain('A trial has 7 days and 3 of grace, 10 tasks, and may cost the platform $5');
    expect(whole).toContain('suspended after 1 attempts of its manager');
  });

  it('takes no word of a bundle for Markdown of its own', () => {
    const text = charter({ team: { id: 't', name: 'x\n# All rights | <b>', state: 'active', mode: 'trial' } });
    expect(text.split('\n')[0]).toBe('# Charter of x \\# All rights \\| \\<b\\>');
  });
});
