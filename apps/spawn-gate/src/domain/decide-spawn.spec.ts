import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { normalizeSpawnPolicy, normalizeTemplate, reachOf, SPAWN_DENY_CODES, type Amounts, type EdgeBehavior, type SpawnDenyCode, type SpawnPolicyFile, type TeamScope, type TemplateFile } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { full } from './amounts.js';
import { accountOf } from './budget.js';
import { decideSpawn, type SpawnAsk, type Parent, type SpawnDecision, type SpawnFacts } from './decide-spawn.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const policyFile: SpawnPolicyFile = {
  enabled: true,
  require_justification: true,
  max_agents: 10,
  max_concurrent: 3,
  child_budget_percent_of_parent_remaining: 40,
  spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker', 'tester'] }, delegator: { behavior: 'request_only', can_spawn: ['worker'] } },
  role_defaults: { worker: { max_tokens: 1000 } },
  skill_sources: { mode: 'project_only', pinned_hashes: { 'path:skills/pinned.md': 'ab'.repeat(32) } },
};
const templateFile: TemplateFile = { templateID: 'doc-bot', role: 'worker', default_budget: { max_steps: 10 }, capabilities: { tool_allowlist: ['checks.run'] } };

const aParent = (change: Partial<Parent> = {}): Parent => ({
  role: 'orchestrator',
  capabilities: normalizeTemplate({ templateID: 'm', role: 'orchestrator', capabilities: { tool_allowlist: ['checks.*'] } }).capabilities,
  depth: 1,
  children: 0,
  ...change,
});
const ask = (change: Partial<SpawnAsk> = {}): SpawnAsk => ({ role: 'worker', templateId: 'doc-bot', justification: 'Document the exports', sandboxLevel: 3, epoch: 2, ...change });
const facts = (change: Partial<SpawnFacts> = {}): SpawnFacts => ({
  team: { state: 'active', epoch: 2 },
  work: { taskState: 'assigned', memberState: 'active' },
  mission: { goalState: 'running' },
  policy: normalizeSpawnPolicy(policyFile),
  templates: [normalizeTemplate(templateFile)],
  skillDigests: {},
  parent: aParent(),
  counts: { mission: 0, running: 1 },
  account: accountOf({ tokens: 10_000, steps: 100, tool_calls: 100, ms: 600_000, usd_micros: 1_000_000 }),
  ...change,
});
const policy = (change: SpawnPolicyFile): Partial<SpawnFacts> => ({ policy: normalizeSpawnPolicy({ ...policyFile, ...change }) });
const template = (change: Partial<TemplateFile>): Partial<SpawnFacts> => ({ templates: [normalizeTemplate({ ...templateFile, ...change })] });
/** What the team of these tests was certified with. */
const certified = (): TeamScope => ({ ...reachOf([normalizeTemplate(templateFile).capabilities]), effects: ['git.push'], people: 3, tier: 1, needed: 1, yeses: 1, counting: ['customer_governor'], delaySeconds: 0, validMinutes: 15, skills: ['docs'], tasks: [], helpdesk: 'ask' });
const codes = (decision: SpawnDecision): string[] => decision.violations.map(({ code }) => code);
const decide = (a: Partial<SpawnAsk>, f: Partial<SpawnFacts>): SpawnDecision => decideSpawn(ask(a), facts(f), sha256);

/** One way to break each rule, and only that rule. */
const BROKEN: Record<SpawnDenyCode, [Partial<SpawnAsk>, Partial<SpawnFacts>]> = {
  team_not_active: [{}, { team: { state: 'suspended', epoch: 2 } }],
  stale_epoch: [{ epoch: 1 }, {}],
  trial_over: [{}, { trialOver: true }],
  task_not_assigned: [{}, { work: null }],
  agent_suspended: [{}, { work: { taskState: 'assigned', memberState: 'active', agentState: 'suspended' } }],
  mission_unknown: [{}, { mission: null }],
  mission_cancelled: [{}, { mission: { goalState: 'cancelled' } }],
  mission_paused: [{}, { mission: { goalState: 'running', stop: 'paused' } }],
  mission_agent_not_allowed: [{}, { mission: { goalState: 'running', agents: ['tester', 'patch-bot'] } }],
  spawn_policy_missing: [{}, { policy: undefined }],
  spawn_unknown_template: [{ templateId: 'default-template' }, {}],
  spawn_role_mismatch: [{ role: 'tester' }, {}],
  spawn_beyond_certification: [{}, { certified: { ...certified(), tools: [] } }],
  spawn_policy_disabled: [{}, policy({ enabled: false })],
  spawn_justification_required: [{ justification: ' \n' }, {}],
  spawn_max_agents_exceeded: [{}, { counts: { mission: 10, running: 0 } }],
  spawn_max_concurrent_exceeded: [{}, { counts: { mission: 0, running: 3 } }],
  spawn_parent_unknown: [{}, { parent: null }],
  spawn_denied_edge: [{}, { parent: aParent({ role: 'worker' }) }],
  spawn_depth_exceeded: [{}, { parent: aParent({ depth: 4 }) }],
  spawn_children_exceeded: [{}, { parent: aParent({ children: 8 }) }],
  spawn_requires_approval: [{}, { parent: aParent({ role: 'delegator' }) }],
  spawn_required_skill_missing: [{}, policy({ required_skills: { worker: [{ path: 'skills/safe.md' }] } })],
  spawn_mission_budget_exceeded: [{}, { account: accountOf({ tokens: 10_000, steps: 100, ms: 1, tool_calls: 100, usd_micros: 100 }, { tokens: 10_000 }) }],
  spawn_skill_source_denied: [{}, template({ skills: [{ id: 'from-registry' }] })],
  spawn_skill_hash_mismatch: [{}, { ...template({ skills: [{ path: 'skills/pinned.md' }] }), skillDigests: { 'path:skills/pinned.md': 'cd'.repeat(32) } }],
  spawn_skill_recalled: [{}, { ...template({ skills: [{ path: 'skills/bad.md' }] }), skillDigests: { 'path:skills/bad.md': 'cd'.repeat(32) }, recalledSkills: ['cd'.repeat(32)] }],
  spawn_sandbox_insufficient: [{ sandboxLevel: 2 }, {}],
};

describe('the spawn rule', () => {
  it('holds what a template says now against what the team was certified with, and names each thing that is beyond', () => {
    const reach = (capabilities: TemplateFile['capabilities']) => decide({}, { ...template({ capabilities: { tool_allowlist: ['checks.run'], ...capabilities } }), certified: certified() }).violations.map(({ message }) => message);
    expect(decide({}, { certified: certified() }).allowed).toBe(true);
    expect(reach({ tool_allowlist: [] })).toEqual([]);
    const wider: readonly (readonly [TemplateFile['capabilities'], string])[] = [
      [{ tool_allowlist: ['checks.run', '*'] }, 'tool *'], [{ net_scopes: { enabled: true, allow_hosts: ['*'] } }, 'host *'], [{ secrets_scopes: ['token'] }, 'secret token'], [{ fs_scopes: { read: ['.'] } }, 'read .'], [{ fs_scopes: { write: ['src'] } }, 'write src'],
      [{ git_caps: { commit: true } }, 'commits'], [{ git_caps: { push: true, push_requires_approval: true } }, 'pushes'], [{ git_caps: { push: true } }, 'pushes, pushes without asking'],
    ];
    for (const [capabilities, words] of wider) expect(reach(capabilities)).toEqual([`the template doc-bot reaches further than what this team was certified with: ${words}`]);
    // what was denied when it was certified is denied still, or it starts nothing
    const cut = { tool_allowlist: ['checks.*'], tool_denylist: ['checks.delete'] };
    const withCut = (capabilities: TemplateFile['capabilities']) => decide({}, { ...template({ capabilities }), certified: { ...certified(), ...reachOf([normalizeTemplate({ ...templateFile, capabilities: cut }).capabilities]) } }).violations.map(({ message }) => message);
    expect(withCut(cut)).toEqual([]);
    expect(withCut({ ...cut, tool_denylist: ['checks.delete', 'checks.write'] })).toEqual([]);
    expect(withCut({ tool_allowlist: ['checks.*'] })).toEqual(['the template doc-bot reaches further than what this team was certified with: no longer denied: checks.delete']);
    expect(reach({ net_scopes: { enabled: false, allow_hosts: ['*'] } })).toEqual([]);
  });

  it('allows what every rule allows, with its slice, its capabilities and its skill hash', () => {
    expect(decide({}, {})).toEqual({
      allowed: true,
      code: 'ok',
      violations: [],
      templateId: 'doc-bot',
      slice: full({ tokens: 1000, steps: 10, tool_calls: 40, ms: 240_000, usd_micros: 400_000 }),
      capabilities: expect.objectContaining({ tool_allowlist: ['checks.run'], secrets_scopes: [] }),
      skillHash: `sha256:${sha256('')}`,
      wallMs: 240_000,
    });
  });

  it('has a code for every refusal, and each broken rule is refused with its own', () => {
    for (const code of SPAWN_DENY_CODES) {
      const decision = decide(...BROKEN[code]);
      expect([code, decision.allowed, decision.code, codes(decision).at(0)]).toEqual([code, false, code, code]);
    }
  });

  it('lists every broken rule, and decides by the first in the order of judgement', () => {
    fc.assert(fc.property(fc.subarray([...SPAWN_DENY_CODES].filter((code) => !['spawn_unknown_template', 'spawn_role_mismatch', 'spawn_skill_source_denied', 'spawn_skill_hash_mismatch', 'spawn_requires_approval', 'spawn_policy_disabled', 'spawn_required_skill_missing', 'spawn_policy_missing', 'task_not_assigned', 'mission_unknown', 'mission_cancelled', 'mission_paused', 'mission_agent_not_allowed', 'spawn_parent_unknown', 'spawn_denied_edge', 'spawn_depth_exceeded', 'spawn_children_exceeded', 'spawn_max_agents_exceeded', 'spawn_max_concurrent_exceeded', 'team_not_active'].includes(code)), { minLength: 1 }), (broken) => {
      const [a, f] = broken.reduce<[Partial<SpawnAsk>, Partial<SpawnFacts>]>(([x, y], code) => [{ ...x, ...BROKEN[code][0] }, { ...y, ...BROKEN[code][1] }], [{}, {}]);
      const decision = decide(a, f);
      expect(new Set(codes(decision))).toEqual(new Set(broken));
      expect(decision.code).toBe(SPAWN_DENY_CODES.find((code) => broken.includes(code)));
    }));
    const worst = decide({ templateId: 'nobody', sandboxLevel: 0, justification: '' }, { team: { state: 'suspended', epoch: 9 }, work: null, mission: undefined, parent: undefined, counts: { mission: 99, running: 99 }, ...policy({ enabled: false }) });
    expect(codes(worst)).toEqual(['team_not_active', 'stale_epoch', 'task_not_assigned', 'spawn_unknown_template', 'spawn_policy_disabled', 'spawn_justification_required', 'spawn_max_agents_exceeded', 'spawn_max_concurrent_exceeded', 'spawn_denied_edge', 'spawn_sandbox_insufficient']);
  });

  it('finds no way round the edges by leaving the parent out', () => {
    expect(codes(decide({}, { parent: undefined }))).toEqual(['spawn_denied_edge']);
    expect(codes(decide({}, { parent: undefined, root: 'operator' }))).toEqual(['spawn_denied_edge']);
    expect(codes(decide({}, { parent: undefined, root: null }))).toEqual(['spawn_denied_edge']);
    expect(codes(decide({ role: 'orchestrator', templateId: 'm' }, { templates: [normalizeTemplate({ templateID: 'm', role: 'orchestrator' })] }))).toEqual(['spawn_denied_edge']);
  });

  it('asks everybody who stands behind the request, and the strictest word holds', () => {
    const between = (operator: EdgeBehavior, orchestrator: EdgeBehavior, change: Partial<SpawnAsk> = {}) => {
      const edge = (behavior: EdgeBehavior) => ({ behavior, ...(behavior === 'deny' ? {} : { can_spawn: ['worker' as const] }) });
      return decide(change, { ...policy({ spawn_edges: { operator: edge(operator), orchestrator: edge(orchestrator) } }), root: 'operator' });
    };
    expect(between('allow', 'allow')).toMatchObject({ allowed: true });
    for (const [one, other] of [['deny', 'allow'], ['allow', 'deny'], ['deny', 'request_only']] as const) expect([one, other, between(one, other).code]).toEqual([one, other, 'spawn_denied_edge']);
    for (const [one, other] of [['request_only', 'allow'], ['allow', 'request_only'], ['request_only', 'request_only']] as const) {
      expect([one, other, between(one, other)]).toMatchObject([one, other, { code: 'spawn_requires_approval', requiresUserApproval: true }]);
      expect([one, other, between(one, other, { approved: true }).allowed]).toEqual([one, other, true]);
    }
    expect(codes(decide({}, { root: null }))).toEqual(['spawn_denied_edge']);
    expect(codes(decide({}, { root: 'operator', parent: null }))).toEqual(['spawn_parent_unknown', 'spawn_denied_edge']);
  });

  it('lets a person approve a request_only edge, also one that names nobody, but never an edge that names others', () => {
    const edge = (can_spawn: 'worker'[] | 'tester'[]) => decide({}, { ...policy({ spawn_edges: { worker: { behavior: 'request_only', can_spawn } } }), parent: aParent({ role: 'worker' }) });
    expect(edge([])).toMatchObject({ code: 'spawn_requires_approval', requiresUserApproval: true });
    expect(edge(['worker'])).toMatchObject({ code: 'spawn_requires_approval', requiresUserApproval: true });
    expect(edge(['tester'])).toMatchObject({ code: 'spawn_denied_edge', requiresUserApproval: false });
    expect(decide({ sandboxLevel: 0 }, { parent: aParent({ role: 'delegator' }) })).toMatchObject({ code: 'spawn_requires_approval', requiresUserApproval: false });
  });

  it('overrides by a person’s yes only the rule that asked for it', () => {
    for (const code of SPAWN_DENY_CODES) {
      const [a, f] = BROKEN[code];
      expect([code, decide({ ...a, approved: true }, f).code]).toEqual([code, code === 'spawn_requires_approval' ? 'ok' : code]);
    }
  });

  it('takes work only from an assigned task of an active member', () => {
    const work = (change: object) => codes(decide({}, { work: { taskState: 'assigned', memberState: 'active', ...change } }));
    expect(work({ taskState: 'in_progress' })).toEqual([]);
    expect(work({ memberState: undefined })).toEqual([]);
    expect(work({ taskState: 'todo' })).toEqual(['task_not_assigned']);
    expect(codes(decide({ sandboxLevel: undefined }, { work: { taskState: 'todo' } }))).toEqual([]);
    expect(codes(decide({ sandboxLevel: undefined }, { work: { taskState: 'done' } }))).toEqual(['task_not_assigned']);
    expect(work({ taskState: 'cancelled' })).toEqual(['task_not_assigned']);
    expect(work({ memberState: 'suspended' })).toEqual(['task_not_assigned']);
    // who stands in has the agent of another: of one who is gone it may, of one who is suspended nobody
    expect(['active', 'removed', 'suspended'].map((agentState) => work({ agentState }))).toEqual([[], [], ['agent_suspended']]);
  });

  it('starts the agent of a member who is suspended for nobody, with a task, a mission or neither, also where a place of it stands ready', () => {
    const place = { moved: false, slice: full({ tokens: 7 }), capabilities: aParent().capabilities };
    for (const change of [{}, { work: undefined }, { work: undefined, mission: {} }, { work: undefined, parent: undefined, root: 'operator' as const, ...policy({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['worker'] } } }) }, { place }]) expect([change, codes(decide({ approved: true }, { ...change, ownerSuspended: true }))]).toEqual([change, ['agent_suspended']]);
  });

  it('starts nothing for a goal that is over, or a mission that was stopped, with or without a task', () => {
    const mission = (change: SpawnFacts['mission'], work?: null) => codes(decide({}, { mission: change, ...(work === null ? { work: undefined } : {}) }));
    for (const goalState of ['cancelled', 'done', 'blocked', 'proposed', 'executing', 'denied', 'expired', 'failed'] as const) expect([goalState, mission({ goalState }), mission({ goalState }, null)]).toEqual([goalState, ['mission_cancelled'], ['mission_cancelled']]);
    expect([mission({}, null), mission({ stop: 'cancelled' }, null), mission({ stop: 'paused' }, null), mission({ goalState: 'running', stop: 'cancelled' })]).toEqual([[], ['mission_cancelled'], ['mission_paused'], ['mission_cancelled']]);
  });

  it('starts for a mission only whom it names, by role or template; a list of nobody names nobody and says nothing', () => {
    const agents = (list: readonly string[]) => codes(decide({}, { mission: { goalState: 'running', agents: list } }));
    for (const list of [[], ['worker'], ['doc-bot'], ['tester', ' Worker '], ['DOC-BOT']]) expect([list, agents(list)]).toEqual([list, []]);
    for (const list of [['tester'], ['doc'], ['worker-bot', '']]) expect([list, agents(list)]).toEqual([list, ['mission_agent_not_allowed']]);
  });

  it('without a template named takes the first, by id, that is made for the role', () => {
    const templates = ['b', 'a', 'c'].map((templateID) => normalizeTemplate({ templateID, role: templateID === 'a' ? 'tester' : 'worker' }));
    expect(decide({ templateId: undefined }, { templates })).toMatchObject({ allowed: true, templateId: 'b' });
    expect(decide({ templateId: undefined, role: 'reviewer' }, { templates })).toMatchObject({ code: 'spawn_unknown_template' });
    expect(decide({ templateId: 'a' }, { templates })).toMatchObject({ code: 'spawn_role_mismatch' });
  });

  it('lets an asker only narrow what role and template give', () => {
    const slice = (budgetWish: Amounts) => decide({ budgetWish }, {});
    expect(slice({ tokens: 10 })).toMatchObject({ slice: { tokens: 10, steps: 10 } });
    expect(slice({ tokens: 999_999, usd_micros: 5 })).toMatchObject({ slice: { tokens: 1000, usd_micros: 5 } });
    expect(slice({ ms: 999_999_999 })).toMatchObject({ slice: { ms: 240_000 } });
    expect(decide({ budgetOverride: { tokens: 2000 }, budgetWish: { tokens: 3000 } }, {})).toMatchObject({ slice: { tokens: 2000 } });
  });

  it('gives a place that was granted what was granted, if its template still allows it, and judges what could change since', () => {
    const place = { moved: false, slice: full({ tokens: 7 }), capabilities: normalizeTemplate({ templateID: 'p', role: 'worker', capabilities: { tool_allowlist: ['*'] } }).capabilities };
    const settled: Partial<SpawnFacts> = { place, counts: { mission: 99, running: 99 }, parent: undefined, account: accountOf({}) };
    expect(decide({}, settled)).toMatchObject({ allowed: true, slice: { tokens: 7, steps: 0 }, capabilities: { tool_allowlist: ['checks.run'] } });
    const judgedAgain: SpawnDenyCode[] = ['team_not_active', 'stale_epoch', 'task_not_assigned', 'agent_suspended', 'mission_cancelled', 'mission_paused', 'mission_agent_not_allowed', 'spawn_policy_missing', 'spawn_unknown_template', 'spawn_role_mismatch', 'spawn_policy_disabled', 'spawn_justification_required', 'spawn_required_skill_missing', 'spawn_skill_hash_mismatch', 'spawn_sandbox_insufficient'];
    for (const code of judgedAgain) expect([code, codes(decide(BROKEN[code][0], { ...BROKEN[code][1], ...settled }))]).toEqual([code, [code]]);
  });

  it('judges a place that comes from the default mission by the number and the starter of the mission it comes to', () => {
    const place = { moved: true, slice: full({ tokens: 7 }), capabilities: normalizeTemplate({ templateID: 'p', role: 'worker', capabilities: {} }).capabilities };
    expect(codes(decide({}, { place, account: accountOf({}) }))).toEqual([]);
    for (const code of ['spawn_max_agents_exceeded', 'spawn_denied_edge'] as const) expect([code, codes(decide(BROKEN[code][0], { ...BROKEN[code][1], place, account: accountOf({}) }))]).toEqual([code, [code]]);
    const [ask, facts] = BROKEN.spawn_requires_approval;
    expect(decide(ask, { ...facts, place, account: accountOf({}) })).toMatchObject({ allowed: true });
  });

  it('leaves the sandbox of a place to the supervisor that takes it', () => {
    expect(decide({ sandboxLevel: undefined }, { work: undefined })).toMatchObject({ allowed: true });
  });

  it('takes a child’s time from its parent, and not so much that the parent would end', () => {
    expect(decide({}, { parent: aParent({ lifeMs: 240_001 }) })).toMatchObject({ allowed: true, slice: { ms: 240_000 } });
    expect(codes(decide({}, { parent: aParent({ lifeMs: 240_000 }) }))).toEqual(['spawn_mission_budget_exceeded']);
  });

  it('knows no budget without an end, and no child with more than its share of the parent', () => {
    fc.assert(fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 100 }), fc.nat(50_000), (left, percent, wish) => {
      const decision = decide({ budgetOverride: { tokens: wish } }, { ...policy({ child_budget_percent_of_parent_remaining: percent }), account: accountOf({ tokens: left, steps: 100, tool_calls: 100, ms: 100_000, usd_micros: 100 }) });
      if (decision.allowed) expect(decision.slice.tokens).toBe(Math.min(wish, Math.floor((left * percent) / 100)));
      else expect(decision.code).toBe('spawn_mission_budget_exceeded');
    }));
  });

  it('starts a manager below the team itself, without the share of a child', () => {
    const manager = decideSpawn(ask({ role: 'orchestrator', templateId: 'm', justification: 'deploy' }), facts({ work: undefined, mission: undefined, parent: undefined, root: 'operator', templates: [normalizeTemplate({ templateID: 'm', role: 'orchestrator', default_budget: { max_tokens: 9000 } })] }), sha256);
    expect(manager).toMatchObject({ allowed: true, slice: { tokens: 9000 } });
  });

  it('starts a team’s own lead as the person’s edge allows, requests or denies, whichever roles it names; for a mission only those', () => {
    const lead = (operator: object, change: Partial<SpawnFacts> = {}) => decide({ role: 'orchestrator', templateId: 'm', justification: 'deploy' }, { mission: undefined, work: undefined, parent: undefined, root: 'operator', templates: [normalizeTemplate({ templateID: 'm', role: 'orchestrator' })], ...policy({ spawn_edges: { operator } }), ...change });
    expect(lead({ behavior: 'allow', can_spawn: ['worker'] })).toMatchObject({ allowed: true });
    expect(lead({ behavior: 'request_only', can_spawn: ['worker'] })).toMatchObject({ code: 'spawn_requires_approval', requiresUserApproval: true });
    expect(codes(lead({ behavior: 'deny' }))).toEqual(['spawn_denied_edge']);
    for (const mission of [{}, { goalState: 'running' as const }]) expect(codes(lead({ behavior: 'allow', can_spawn: ['worker'] }, { mission }))).toEqual(['spawn_denied_edge']);
    // a manager of another role has it named
    for (const [can_spawn, found] of [[['worker'], ['spawn_denied_edge']], [['delegator'], []]] as const) expect(codes(decide({ role: 'delegator', templateId: 'm' }, { mission: undefined, work: undefined, parent: undefined, root: 'operator', templates: [normalizeTemplate({ templateID: 'm', role: 'delegator' })], ...policy({ spawn_edges: { operator: { behavior: 'allow', can_spawn: [...can_spawn] } } }) }))).toEqual(found);
  });

  it('never runs longer than the policy, whatever the slice says', () => {
    expect(decide({ budgetOverride: { ms: 9_000 } }, {})).toMatchObject({ wallMs: 9_000 });
    expect(decide({}, policy({ max_wall_ms: 500 }))).toMatchObject({ wallMs: 500 });
    expect(decide({ budgetOverride: { ms: 0 } }, policy({ max_wall_ms: 500 }))).toMatchObject({ wallMs: 500 });
  });

  it('needs each skill to exist', () => {
    expect(codes(decide({}, template({ skills: [{ path: 'skills/gone.md' }] })))).toEqual(['spawn_required_skill_missing']);
    expect(decide({}, { ...template({ skills: [{ path: 'skills/a.md' }] }), skillDigests: { 'path:skills/a.md': 'aa' } })).toMatchObject({ allowed: true, skillHash: `sha256:${sha256('path:skills/a.md:aa')}` });
  });
});
