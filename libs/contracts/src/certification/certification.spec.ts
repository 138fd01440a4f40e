import { describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { expect } from 'expect';
import { bundleSchema, type Bundle } from '../files/bundle.js';
import { certificationPolicySchema, type CertificationPolicy } from '../files/certification-policy.js';
import { precedentSeedSchema, seedsAbout, seedsInForce, supersedesFault, type PrecedentSeed } from '../files/precedent-seed.js';
import { conforms, readYaml, type FileSchema } from '../files/read-yaml.js';
import { normalizeTemplate, templateSchema, type Template } from '../files/template.js';
import type { WayOfWorking } from '../files/way-of-working.js';
import { SERVICES } from '../services.js';
import { alignmentOf, delegationSeeds } from './alignment.js';
import { architectNotes, assessTeam, reviewersOf, type ApprovedEvolution, type CertificationCase, type RecordedReview } from './assess.js';
import { checklistOfTeam } from './checklists.js';
import { HEADING_IDS, lacksOf, lackWords, type HeadingEvidence } from './headings.js';
import { holds, type PlatformFacts } from './platform-facts.js';
import { classify, scopeOf, scopeSha256, type TeamScope } from './scope.js';

const root = new URL('../../../../', import.meta.url);
const read = <T>(schema: FileSchema<T>, path: string): T => readYaml(schema, path, readFileSync(new URL(path, root), 'utf8'));
const bundle = read(bundleSchema, 'bundles/code-care.yaml');
const templates = ['manager', 'doc-bot', 'test-writer-bot', 'patch-bot'].map((name) => normalizeTemplate(read(templateSchema, `policies/templates/${name}.yaml`)));
const policy = read(certificationPolicySchema, 'policies/certification.yaml');
const seed = read(precedentSeedSchema, 'policies/precedents/GEN-002.yaml');

/** A platform that keeps what is promised, small enough to read. */
function facts(change: (now: { rights: Record<string, Record<string, string[]>>; records: Record<string, string[]> }) => void = () => undefined): PlatformFacts {
  const tables = ['app.approval_decision', 'app.effect', 'app.artifact', 'app.draft', 'app.goal', 'app.task', 'app.team'];
  const now = { rights: Object.fromEntries(SERVICES.map((service) => [service, {} as Record<string, string[]>])), records: Object.fromEntries(SERVICES.map((service) => [service, [] as string[]])) };
  now.rights['gateway']!['app.approval_decision'] = ['reads', 'writes'];
  now.rights['executor']!['app.effect'] = ['reads', 'writes'];
  now.records['manager-agent'] = ['MANAGER-TASK-ASSIGNED', 'MANAGER-DRAFT-REVIEWED', 'MANAGER-APPROVAL-REQUESTED'];
  now.records['fleet'] = ['TEAM-SHARED-CONTEXT-WRITE'];
  now.records['gateway'] = ['MOBILE-APPROVAL-GRANTED', 'APPROVAL-EXPIRED', 'APPROVAL-ESCALATED'];
  now.records['helpdesk-agent'] = ['HELPDESK-INTERACTION'];
  now.records['spawn-gate'] = ['ESCALATION-RAISED'];
  change(now);
  const messages = [{ name: 'approvals.decided.v1', subject: 'x', author: 'gateway' as const, consumers: ['manager-agent' as const] }];
  return { ...now, scopes: Object.fromEntries(tables.map((name) => [name, 'team'])), messages } as unknown as PlatformFacts;
}

const way = (id: string): WayOfWorking => ({ id, version: 1, title: id, service: 'manager-agent', headings: Object.fromEntries(HEADING_IDS.map((heading) => [heading, { says: 'x', evidence: [{ kind: 'records' as const, what: 'MANAGER-TASK-ASSIGNED' }] }])) });
const aCase = (change: Partial<CertificationCase> = {}): CertificationCase => ({ bundle, sha256: 'a', templates, policy, ways: [way('manager'), way('helpdesk')], seeds: [seed], reviews: [], evolutions: [], before: undefined, facts: facts(), ...change });
const changed = (id: string, change: Partial<Template['capabilities']>): Template[] => templates.map((each) => (each.id === id ? { ...each, capabilities: { ...each.capabilities, ...change } } : each));
const wide = changed('doc-bot', { net_scopes: { enabled: true, allow_hosts: ['docs.example'] } });

describe('the ten headings', () => {
  const full: HeadingEvidence[] = HEADING_IDS.map((heading) => ({ heading, says: 'x', evidence: [{ claim: 'it is so', holds: true }] }));
  const lacks = (headings: readonly HeadingEvidence[]) => lacksOf({ subject: 'team', version: '1', headings }).map(({ heading, what }) => [heading, ...what]);

  it('are ten, in their order', () => {
    expect(HEADING_IDS).toEqual(['outcome', 'scope', 'inputs', 'outputs', 'interfaces', 'decisions', 'critique', 'escalation', 'containment', 'audit']);
    expect(lacks(full)).toEqual([]);
  });

  it('each lack words, evidence, or evidence that is true', () => {
    for (const heading of HEADING_IDS) {
      const but = (change: Partial<HeadingEvidence> | undefined): HeadingEvidence[] => full.flatMap((each) => (each.heading !== heading ? [each] : change ? [{ ...each, ...change }] : []));
      expect(lacks(but(undefined))).toEqual([[heading, 'says nothing', 'has no evidence']]);
      expect(lacks(but({ says: ' ' }))).toEqual([[heading, 'says nothing']]);
      expect(lacks(but({ evidence: [] }))).toEqual([[heading, 'has no evidence']]);
      expect(lacks(but({ evidence: [{ claim: 'a', holds: true }, { claim: 'b', holds: false }] }))).toEqual([[heading, 'it is not so that b']]);
    }
    expect(lacks([]).map(([heading]) => heading)).toEqual([...HEADING_IDS]);
  });

  it('are all named where several lack something', () => {
    const words = lackWords(lacksOf({ subject: 'helpdesk', version: '1', headings: full.filter(({ heading }) => heading !== 'critique' && heading !== 'audit') }));
    expect(words).toBe('helpdesk, 7 Critique of itself: says nothing, and 1 more; helpdesk, 10 Auditability: says nothing, and 1 more');
  });
});

describe('a claim of a way of working', () => {
  it('is looked up, and never believed', () => {
    const now = facts();
    const so = (service: (typeof SERVICES)[number], kind: Parameters<typeof holds>[2]['kind'], what: string): boolean => holds(now, service, { kind, what });
    const cases: readonly (readonly [boolean, boolean])[] = [
      [so('gateway', 'writes', 'app.approval_decision'), true], [so('manager-agent', 'writes', 'app.approval_decision'), false],
      [so('manager-agent', 'never-writes', 'app.approval_decision'), true], [so('gateway', 'never-writes', 'app.approval_decision'), false],
      [so('gateway', 'reads', 'app.approval_decision'), true], [so('gateway', 'never-reads', 'app.approval_decision'), false], [so('helpdesk-agent', 'never-reads', 'app.draft'), true],
      [so('gateway', 'sends', 'approvals.decided.v1'), true], [so('manager-agent', 'sends', 'approvals.decided.v1'), false], [so('manager-agent', 'never-sends', 'approvals.decided.v1'), true], [so('manager-agent', 'hears', 'approvals.decided.v1'), true],
      [so('fleet', 'records', 'TEAM-SHARED-CONTEXT-WRITE'), true], [so('gateway', 'never-records', 'TEAM-SHARED-CONTEXT-WRITE'), true], [so('fleet', 'never-records', 'TEAM-SHARED-CONTEXT-WRITE'), false],
    ];
    expect(cases.filter(([is, shall]) => is !== shall)).toEqual([]);
  });

  it('is untrue of what the platform does not know, whichever way it is put', () => {
    for (const kind of ['reads', 'never-reads', 'writes', 'never-writes', 'sends', 'never-sends', 'hears', 'records', 'never-records'] as const) expect([kind, holds(facts(), 'gateway', { kind, what: 'app.nothing' })]).toEqual([kind, false]);
  });
});

describe('a team’s manifest', () => {
  const lacking = (change: Partial<Bundle>, moulds = templates, now = facts()): string[] => lacksOf(checklistOfTeam({ ...bundle, ...change }, moulds, now)).map(({ heading }) => heading);

  it('has what the ten headings want, as shipped', () => expect(lacking({})).toEqual([]));

  it('lacks exactly the headings that a change takes the evidence from', () => {
    const { critique: _, ...uncritical } = bundle;
    expect(lacksOf(checklistOfTeam(uncritical, templates, facts()))).toEqual([{ subject: 'team', heading: 'critique', what: ['says nothing', 'has no evidence'] }]);
    expect(lacking({}, templates.filter(({ id }) => id !== 'doc-bot'))).toEqual(['scope', 'interfaces', 'containment']);
    expect(lacking({}, changed('doc-bot', { git_caps: { read: true, commit: true, push: true, push_requires_approval: false } }))).toEqual(['containment']);
    expect(lacking({}, changed('doc-bot', { git_caps: { read: true, commit: true, push: true, push_requires_approval: true } }))).toEqual([]);
    expect(lacking({}, changed('doc-bot', { net_scopes: { enabled: true, allow_hosts: ['*'] } }))).toEqual(['containment']);
    expect(lacking({ playbook: [{ ...bundle.playbook[0]!, criteria: [{ id: 'parses', kind: 'parses' }] }] })).toEqual(['inputs']);
    expect(lacking({ budgets: { ...bundle.budgets, goal: { ...bundle.budgets.goal, usd: 0 } } })).toEqual(['decisions']);
    expect(lacking({}, templates, facts(({ rights }) => (rights['manager-agent']!['app.approval_decision'] = ['writes'])))).toEqual(['decisions']);
    expect(lacking({}, templates, facts(({ records }) => (records['manager-agent'] = [])))).toEqual(['audit']);
    expect(lacking({}, templates, facts(({ records }) => (records['spawn-gate'] = [])))).toEqual(['escalation']);
  });
});

describe('the classification of a change', () => {
  const now = scopeOf(bundle, templates);
  const yes = (before: Partial<TeamScope>, after: Partial<TeamScope> = {}): string[] => Object.entries(classify({ ...now, ...before }, { ...now, ...after }).criteria).filter(([, why]) => why.length > 0).map(([name]) => name);

  it('is within what was decided where nothing goes further, and where something is less', () => {
    expect(classify(policy.baseline, now)).toMatchObject({ classification: 'within' });
    expect(classify(now, now).classification).toBe('within');
    expect(yes({ hosts: ['a'], secrets: ['b'], tools: ['c', ...now.tools], push: true, people: 7, validMinutes: 60 })).toEqual([]);
    expect(yes({}, { tier: 3, needed: 2, delaySeconds: 600, validMinutes: 1 })).toEqual([]);
  });

  it('knows what is denied: it is part of the scope that was judged, and lifting it is access', () => {
    const of = (...capabilities: Partial<Template['capabilities']>[]): TeamScope => scopeOf(bundle, templates.map((each, at) => ({ ...each, capabilities: { ...each.capabilities, tool_allowlist: [], tool_denylist: [], ...capabilities[at] } })));
    const cut = of({}, { tool_allowlist: ['git*', 'read'], tool_denylist: ['git_push', 'write', 'read'] });
    expect(cut).toMatchObject({ tools: ['git*'], denied: ['git* without git_push'] });
    const [uncut, more] = [of({}, { tool_allowlist: ['git*'] }), of({}, { tool_allowlist: ['git*'], tool_denylist: ['git_push', 'git_merge'] })];
    expect(new Set([cut, uncut, more].map(scopeSha256)).size).toBe(3);
    expect(classify(cut, uncut).criteria).toMatchObject({ addsAccess: ['no longer denied: git_push'] });
    for (const narrower of [more, of()]) expect(classify(cut, narrower).classification).toBe('within');
    expect(classify(uncut, more).classification).toBe('within');
    // another agent that may call it anyway: together they may, before and after
    const [beside, either] = [of({}, { tool_allowlist: ['git*'], tool_denylist: ['git_push'] }, { tool_allowlist: ['git*'] }), of({}, { tool_allowlist: ['git*'] }, { tool_allowlist: ['git*'] })];
    expect([beside.denied, classify(beside, either).classification]).toEqual([[], 'within']);
    const { denied: _, ...kept } = cut; // certified before denials were part of it
    expect(classify(kept as TeamScope, uncut).classification).toBe('within');
  });

  it('is an evolution with one yes, and says to which of the four questions', () => {
    const cases: readonly (readonly [Partial<TeamScope>, string])[] = [
      [{ effects: ['email.send'] }, 'increasesScope'], [{ skills: [...now.skills, 'spy'] }, 'increasesScope'], [{ people: now.people + 1 }, 'increasesScope'],
      [{ tier: 0 }, 'reducesApprovals'], [{ validMinutes: 16 }, 'reducesApprovals'],
      [{ tools: [...now.tools, 'http.get'] }, 'addsAccess'], [{ hosts: ['x'] }, 'addsAccess'], [{ secrets: ['x'] }, 'addsAccess'], [{ paths: [...now.paths, 'write x'] }, 'addsAccess'], [{ commit: true }, 'addsAccess'], [{ push: true }, 'addsAccess'],
      [{ yeses: 0 }, 'reducesApprovals'], [{ counting: ['customer_governor', 'operator'] }, 'reducesApprovals'], [{ pushUnasked: true }, 'addsAccess'],
    ];
    for (const [after, question] of cases) {
      expect([after, yes({}, after)]).toEqual([after, [question]]);
      expect(classify(now, { ...now, ...after }).classification).toBe('evolution');
    }
    expect(yes({ needed: 2, delaySeconds: 600 })).toEqual(['reducesApprovals']);
    expect(yes({ yeses: 3 }, { yeses: 2 })).toEqual(['reducesApprovals']);
    expect(yes({ helpdesk: 'ask' })).toEqual(['weakensSafety']);
    expect(yes({}, { hosts: ['*'] })).toEqual(['addsAccess', 'weakensSafety']);
  });

  /** What the bundle is classified as after the change, measured by itself before. */
  const edited = (edit: (it: Bundle) => void, from = bundle): string[] => {
    const after = structuredClone(from);
    edit(after);
    return Object.values(classify(scopeOf(from, templates), scopeOf(after, templates)).criteria).flat();
  };
  const task = (it: Bundle, key: string) => it.playbook.find((each) => each.key === key)!;

  it('compares checks by who does the work, whatever a task is called', () => {
    const parses = [{ id: 'parses', kind: 'parses' as const }];
    const lost = ['no longer checked: docs: comments-only', 'no longer checked: docs: comments-only as a violation', 'no longer checked: docs: suite-green'];
    expect(edited((it) => (task(it, 'docs').criteria = parses))).toEqual(lost);
    expect(edited((it) => Object.assign(task(it, 'docs'), { key: 'documentation', title: 'Anything', criteria: parses }))).toEqual(lost);
    expect(edited((it) => it.playbook.push({ ...task(it, 'docs'), key: 'more-docs', criteria: parses }))).toEqual(lost);
    expect(edited((it) => (task(it, 'docs').key = 'documentation'))).toEqual([]);
    expect(edited((it) => it.playbook.splice(it.playbook.findIndex(({ key }) => key === 'docs'), 1))).toEqual([]);
    expect(edited((it) => task(it, 'docs').criteria.push({ id: 'x', kind: 'check-passes', command: 'npm test' }))).toEqual([]);
  });

  it('sees a failure that is a violation no more, and the other way is no less', () => {
    const flagged = structuredClone(bundle);
    task(flagged, 'docs').criteria.forEach((each) => (each.violation = each.kind === 'comments-only'));
    expect(edited((it) => task(it, 'docs').criteria.forEach((each) => delete each.violation), flagged)).toEqual(['no longer checked: docs: comments-only as a violation']);
    expect(edited((it) => task(it, 'docs').criteria.forEach((each) => (each.violation = true)), flagged)).toEqual([]);
  });

  it('sees whose yeses count, and that two devices may be one person', () => {
    const two = structuredClone(bundle);
    two.approval.quorum = { need: 2 };
    expect(edited((it) => (it.approval.quorum = { need: 2, of: 'devices' }), two)).toEqual(['people who must say yes 1, 2 before']);
    expect(edited((it) => (it.approval.quorum = { need: 2, from: ['customer_governor', 'operator'] }), two)).toEqual(['also counts the yes of operator']);
    expect(edited((it) => (it.approval.quorum = { need: 2, substitutes: ['operator'] }), two)).toEqual(['also counts the yes of operator']);
    expect(edited((it) => delete it.approval.quorum, two)).toEqual(['people who must say yes 1, 2 before']);
    const devices = { ...two, approval: { ...two.approval, quorum: { need: 3, of: 'devices' as const } } };
    expect(edited((it) => (it.approval.quorum!.need = 2), devices)).toEqual(['yeses 2, 3 before']);
    expect(edited((it) => (it.approval.quorum = { need: 3 }), devices)).toEqual([]);
  });

  it('sees an agent that pushes without asking where it asked before', () => {
    const [asks, not] = [true, false].map((push_requires_approval) => scopeOf(bundle, changed('doc-bot', { git_caps: { read: true, commit: true, push: true, push_requires_approval } })));
    expect(classify(asks!, not!).criteria.addsAccess).toEqual(['pushes without asking']);
    expect(classify(policy.baseline, not!).criteria.addsAccess).toContain('pushes without asking');
    expect(classify(not!, asks!).classification).toBe('within');
  });

  it('answers the four questions as they were answered for teams: scope and access yes, approvals and safety no', () => {
    const single: TeamScope = { ...now, people: 1, skills: [], effects: [], tools: [], paths: [], tasks: [] };
    expect(Object.entries(classify(single, now).criteria).map(([name, why]) => [name, why.length > 0])).toEqual([['increasesScope', true], ['reducesApprovals', false], ['addsAccess', true], ['weakensSafety', false]]);
  });
});

describe('the alignment score', () => {
  const scope = scopeOf(bundle, templates);

  it('is 100 where every input is so, and each of the four risks names its mitigation and its parts', () => {
    const { score, risks } = alignmentOf(facts(), scope, [seed]);
    expect(score).toBe(100);
    expect(risks.map(({ id, points, of, inputs, mitigation }) => [id, points, of, inputs.length, mitigation.length > 0])).toEqual(['delegation', 'shared_context', 'mobile', 'helpdesk'].map((id) => [id, 25, 25, 4, true]));
  });

  it('loses a part for each input that is not, and adds up to its parts', () => {
    const cases: readonly [PlatformFacts, TeamScope, PrecedentSeed[], number][] = [
      [facts(), scope, [], 93],
      [facts(), { ...scope, secrets: ['x'] }, [seed], 93],
      [facts(), { ...scope, tier: 0, validMinutes: 61 }, [seed], 87],
      [facts(({ rights }) => (rights['helpdesk-agent']!['app.draft'] = ['reads'])), scope, [seed], 93],
      // the manager could decide: its own input falls, and the precedent does not hold any more
      [facts(({ rights }) => (rights['manager-agent']!['app.approval_decision'] = ['writes'])), scope, [seed], 87],
      [facts(({ records }) => Object.keys(records).forEach((service) => (records[service] = []))), scope, [seed], 68],
    ];
    for (const [now, its, seeds, expected] of cases) {
      const { score, risks } = alignmentOf(now, its, seeds);
      expect([score, Math.floor(risks.reduce((sum, { points }) => sum + points, 0))]).toEqual([expected, expected]);
    }
  });
});

describe('a precedent', () => {
  it('is stood on while it is active and nothing has taken its place', () => {
    const about = (...seeds: PrecedentSeed[]): string[] => seedsAbout(seeds, 'delegation_authority').map(({ seed_id }) => seed_id);
    expect(about(seed)).toEqual(['GEN-002']);
    expect(about({ ...seed, status: 'withdrawn' })).toEqual([]);
    expect(about({ ...seed, applies_to: ['helpdesk_mode'] })).toEqual([]);
    expect(about(seed, { ...seed, seed_id: 'GEN-003', supersedes: 'GEN-002' })).toEqual(['GEN-003']);
    expect(about(seed, { ...seed, seed_id: 'GEN-003', supersedes: 'GEN-002', status: 'withdrawn' })).toEqual(['GEN-002']);
  });

  it('takes another’s place only for what both are about', () => {
    const other: PrecedentSeed = { ...seed, seed_id: 'GEN-003', supersedes: 'GEN-002', applies_to: ['shared_context'] };
    const part: PrecedentSeed = { ...other, applies_to: ['team_coordination', 'helpdesk_mode'] };
    const standing = (...seeds: PrecedentSeed[]) => Object.fromEntries(seedsInForce(seeds).map(({ seed: { seed_id }, subjects }) => [seed_id, subjects]));
    expect(standing(seed, other)).toEqual({ 'GEN-002': seed.applies_to, 'GEN-003': ['shared_context'] });
    expect(standing(seed, part)).toEqual({ 'GEN-002': ['manager_agents', 'delegation_authority'], 'GEN-003': part.applies_to });
    expect(standing(seed, { ...part, applies_to: seed.applies_to })).toEqual({ 'GEN-003': seed.applies_to });
    expect(delegationSeeds([seed, other], facts())).toEqual([seed]);
    const fault = (wish: Pick<PrecedentSeed, 'supersedes' | 'applies_to'>, ...seeds: PrecedentSeed[]) => supersedesFault(wish, seeds);
    expect([fault(part, seed), fault({ ...part, supersedes: null }, seed), fault(other, seed), fault(part), fault(part, { ...seed, status: 'withdrawn' }), fault({ ...part, applies_to: ['team_coordination'] }, seed, part)]).toEqual([undefined, undefined, 'supersedes_other_subject', 'supersedes_unknown', 'supersedes_unknown', 'supersedes_other_subject']);
  });

  it('permits delegation only where it says so, and only on both conditions', () => {
    const { permits: _p, ...silent } = seed;
    const { only_while: _w, ...unconditional } = seed;
    const one = { ...seed, only_while: seed.only_while!.slice(0, 1) };
    for (const each of [silent, { ...seed, permits: false }, unconditional, { ...seed, only_while: [] }]) expect(delegationSeeds([each], facts())).toEqual([]);
    const rules = (it: PrecedentSeed) => conforms(precedentSeedSchema, it).map(({ rule }) => rule);
    expect([seed, silent, { ...seed, permits: false, only_while: [] }, { ...unconditional, applies_to: ['helpdesk_mode' as const] }].map(rules)).toEqual([[], [], [], []]);
    expect([unconditional, one, { ...seed, only_while: [] }].map(rules)).toEqual([['keeps-authority'], ['keeps-authority'], ['keeps-authority']]);
  });

  it('permits delegation only while nobody but the customer’s governor lets anything out', () => {
    expect(delegationSeeds([seed], facts()).map(({ seed_id }) => seed_id)).toEqual(['GEN-002']);
    for (const [service, table] of [['manager-agent', 'app.approval_decision'], ['executor', 'app.approval_decision'], ['manager-agent', 'app.effect'], ['fleet', 'app.effect']] as const) {
      expect([service, table, delegationSeeds([seed], facts(({ rights }) => (rights[service]![table] = ['writes'])))]).toEqual([service, table, []]);
    }
  });
});

describe('a certification', () => {
  const refusal = (change: Partial<CertificationCase>) => assessTeam(aCase(change)).refusal;
  const lets = (moulds: Template[], id = 'EVOLUTION-007'): ApprovedEvolution => ({ id, scopeSha256: scopeSha256(scopeOf(bundle, moulds)) });
  const review = (role: RecordedReview['role'], verdict: RecordedReview['verdict'], sha256 = 'a', at = 1, moulds = wide): RecordedReview => ({ id: `${role}-${verdict}`, role, verdict, personId: role, sha256, scopeSha256: scopeSha256(scopeOf(bundle, moulds)), at: new Date(at) });

  it('is possible as shipped, stands on GEN-002, and waits for nobody’s review', () => {
    expect(assessTeam(aCase())).toMatchObject({ classification: 'within', lacks: [], reviews: [], precedents: ['GEN-002@1'], alignment: { score: 100 } });
    expect(refusal({})).toBeUndefined();
  });

  it('is refused without rules, without a way of working, without a precedent and below the score', () => {
    expect(refusal({ policy: undefined })?.code).toBe('certification_policy_missing');
    expect(refusal({ ways: [way('manager')] })).toEqual({ code: 'evidence_missing', message: expect.stringMatching(/^helpdesk, 1 Outcome and closure: says nothing.*helpdesk, 10 Auditability: says nothing/) });
    expect(refusal({ ways: [way('manager'), { ...way('helpdesk'), headings: { ...way('helpdesk').headings, escalation: { says: 'x', evidence: [] } } }] })).toEqual({ code: 'evidence_missing', message: 'helpdesk, 8 Escalation triggers: has no evidence' });
    expect(refusal({ seeds: [] })?.code).toBe('precedent_missing');
    const lowered: CertificationPolicy = { ...policy, leastAlignment: 95 };
    const untied = templates.map((each) => ({ ...each, capabilities: { ...each.capabilities, secrets_scopes: ['token'] } }));
    expect(refusal({ policy: { ...lowered, baseline: { ...policy.baseline, secrets: ['token'] } }, templates: untied })).toEqual({ code: 'alignment_too_low', message: 'its alignment is 93 of 100, below 95: not so: agents hold no secret' });
  });

  it('waits for the reviews that its classification wants, of exactly this text', () => {
    const both = [review('systems_architect', 'recommended'), review('vision_guardian', 'recommended')];
    const with_ = (...reviews: RecordedReview[]) => refusal({ templates: wide, reviews, evolutions: [lets(wide)] })?.message;
    expect(with_()).toBe('systems_architect has not reviewed this version; vision_guardian has not reviewed this version');
    expect(with_(both[0]!)).toBe('vision_guardian has not reviewed this version');
    expect(with_(...both)).toBeUndefined();
    expect(with_(both[0]!, review('vision_guardian', 'recommended', 'b'))).toBe('vision_guardian has not reviewed this version');
    expect(with_(both[0]!, review('vision_guardian', 'rejected'))).toBe('vision_guardian recommends against it');
    expect(with_(both[0]!, review('vision_guardian', 'waived'))).toBeUndefined();
    expect(with_(...both, review('vision_guardian', 'rejected', 'a', 2))).toBe('vision_guardian recommends against it');
    expect(with_(both[0]!, review('vision_guardian', 'rejected', 'a', 2), review('vision_guardian', 'recommended', 'a', 3))).toBeUndefined();
    expect(with_(review('genesis', 'recommended'))).toContain('systems_architect');
  });

  it('says whose reviews stand: of each role the newest, and never a waiver', () => {
    const recorded = [review('systems_architect', 'recommended'), review('vision_guardian', 'waived'), { ...review('systems_architect', 'rejected', 'a', 2), id: 'newer', personId: 'another' }];
    expect(reviewersOf(assessTeam(aCase({ templates: wide, reviews: recorded })).reviews, recorded)).toEqual([{ role: 'systems_architect', personId: 'another' }]);
  });

  it('counts no recommendation and no waiver of the same text under other templates', () => {
    const under = (moulds: Template[], ...reviews: RecordedReview[]) => refusal({ templates: moulds, reviews, evolutions: [lets(moulds)] });
    const wider = changed('doc-bot', { net_scopes: { enabled: true, allow_hosts: ['docs.example', 'evil.example'] } });
    const both = [review('systems_architect', 'recommended'), review('vision_guardian', 'waived')];
    const outdated = 'systems_architect has reviewed this version, but not with what its agents may touch now; vision_guardian has reviewed this version, but not with what its agents may touch now';
    expect(under(wide, ...both)).toBeUndefined();
    expect(under(wider, ...both)).toEqual({ code: 'review_missing', message: outdated });
    // narrower is another one as well: nobody said what they think of it
    expect(under(changed('doc-bot', { net_scopes: { enabled: true, allow_hosts: ['other.example'] } }), ...both)?.message).toBe(outdated);
    expect(under(wider, ...both, review('systems_architect', 'recommended', 'a', 2, wider), review('vision_guardian', 'recommended', 'a', 2, wider))).toBeUndefined();
  });

  it('of what goes further waits for an evolution that was approved about this version and what its agents may touch, and names it', () => {
    const reviews = [review('systems_architect', 'recommended'), review('vision_guardian', 'waived')];
    const by = (...evolutions: ApprovedEvolution[]) => assessTeam(aCase({ templates: wide, reviews, evolutions }));
    const what = 'propose an evolution about code-care@1; when the platform governor has approved it, its teams can be certified';
    expect(by()).toMatchObject({ evolution: null, refusal: { code: 'evolution_missing', message: `it goes further than what was decided: ${what}` } });
    expect(by(lets(templates)).refusal).toEqual({ code: 'evolution_missing', message: `it goes further than what was decided, and what its agents may touch is not what an evolution was approved for: ${what}` });
    expect(by(lets(wide))).toMatchObject({ evolution: 'EVOLUTION-007', classification: 'evolution' });
    expect(by(lets(templates), lets(wide, 'EVOLUTION-009'), lets(wide)).evolution).toBe('EVOLUTION-009');
    expect(by(lets(wide)).refusal).toBeUndefined();
    // an evolution is no review, and what stays within wants none
    expect(refusal({ templates: wide, evolutions: [lets(wide)] })?.code).toBe('review_missing');
    expect(assessTeam(aCase()).evolution).toBeUndefined();
  });

  it('of a later version is measured by the newest that was certified', () => {
    expect(assessTeam(aCase({ templates: wide, before: scopeOf(bundle, wide) })).classification).toBe('within');
    expect(assessTeam(aCase({ templates: wide, before: scopeOf(bundle, templates) })).classification).toBe('evolution');
  });

  it('comes with the architect’s notes on its size', () => {
    expect([4, 6, 10].map((people) => architectNotes(policy.size, people)[0])).toEqual(['4 agents: coordination is no concern', '6 agents: coordination takes a part of the work that grows with size', '10 agents: coordination grows with size, a team of 10 or more wants sub-teams']);
    expect(assessTeam(aCase()).notes).toHaveLength(3);
  });
});
