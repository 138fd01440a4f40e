import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { WireHouse } from './house.js';
import type { OriginalClient } from './original-client.js';

const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
const help = { role: 'worker', templateID: 'doc-bot', justification: 'help with it' };
const uuidOf = (wire: unknown): string => String(wire).replace(/^[a-z]+_/, '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

describe('policies and templates, from outside', { concurrency: 1 }, () => {
  let house: WireHouse;
  let asha: OriginalClient;
  let ben: OriginalClient;
  let gov: OriginalClient;
  before(async () => {
    house = await WireHouse.open();
    const teamId = await house.hire();
    [asha, ben, gov] = await Promise.all([house.as('asha'), house.as('ben'), house.as('gov', { 'x-countersign-team': teamId })]);
  });
  after(() => house[Symbol.asyncDispose]());

  let key = 0;
  const keyed = (): Record<string, string> => ({ 'idempotency-key': `policies-${key++}` });
  const cli = async (persona: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const env = { ...process.env, COUNTERSIGN_TOKEN: await house.token(persona) };
    return new Promise((done) => execFile(process.execPath, [CLI, ...words, '--url', house.url], { env }, (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, stdout, stderr })));
  };

  it('explains a decision by its id: verdict, all broken rules, policy version and hash', async () => {
    const allowed = uuidOf((await asha.spawn(help)).body['instanceID']);
    const [inForce] = await house.database.admin<{ version: number; sha256: string }>(`select version, encode(hash, 'hex') as sha256 from app.policy where kind = 'spawn-policy' order by version desc limit 1`);
    expect(await asha.get(`/v1/spawn-decisions/${allowed}`)).toEqual({
      status: 200,
      body: {
        id: allowed, teamId: expect.any(String), decidedAt: expect.any(String), source: 'ui_action', role: 'worker', templateId: 'doc-bot', templateVersion: 1, verdict: 'allowed', code: 'ok', violations: [],
        policy: { ...inForce, inForce: true }, inputsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    const { body: denied } = await asha.spawn({ role: 'worker', templateID: 'nobody', justification: ' ' });
    expect(await asha.get(`/v1/spawn-decisions/${String(denied['decisionID'])}`)).toMatchObject({
      status: 200,
      body: { verdict: 'denied', code: 'spawn_unknown_template', templateId: 'nobody', templateVersion: 0, violations: [{ code: 'spawn_unknown_template', message: expect.any(String) }, { code: 'spawn_justification_required' }] },
    });
    const { body: asks } = await asha.spawn({ ...help, parentInstanceID: `ins_${allowed.replaceAll('-', '')}` });
    expect(await gov.get(`/v1/spawn-decisions/${uuidOf(asks['approvalID'])}`)).toMatchObject({ status: 200, body: { verdict: 'asks', code: 'spawn_requires_approval' } });
    expect(JSON.stringify((await gov.get(`/v1/spawn-decisions/${allowed}`)).body)).not.toContain('help with it');
  });

  it('does not tell a stranger’s decision from one that is not there', async () => {
    const { body } = await asha.spawn(help);
    const [foreign, absent] = await Promise.all([ben.get(`/v1/spawn-decisions/${uuidOf(body['instanceID'])}`), ben.get('/v1/spawn-decisions/00000000-0000-7000-8000-000000000001')]);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' });
  });

  it('tries a draft for the platform governor alone, and names the faults of one that cannot be in force', async () => {
    const draft = 'enabled: true\nspawn_edges:\n  operator: { behavior: request_only }\n';
    for (const client of [asha, await house.as('ops'), await house.as('genesis')]) expect(await client.post('/v1/policies/simulate', { draft }, keyed())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const { status, body } = await gov.post('/v1/policies/simulate', { draft }, keyed());
    expect({ status, body }).toMatchObject({ status: 200, body: { kind: 'spawn-policy', incomparable: 0, newlyAllowed: { count: 0, newest: [] } } });
    expect((body['newlyAsking'] as { count: number }).count).toBeGreaterThan(0);
    expect(await gov.post('/v1/policies/simulate', { draft: 'enabled: maybe\nmax_agents: -1\n' }, keyed())).toMatchObject({
      status: 422, body: { code: 'invalid_policy', errors: [{ pointer: '/enabled', rule: 'type', line: 1, column: 10 }, { pointer: '/max_agents', rule: 'minimum', line: 2, column: 13 }] },
    });
    expect(await gov.post('/v1/policies/simulate', { draft: 'defaults: { timeoutMinutes: 5, validMinutes: 5, tier: 1 }\n' }, keyed())).toMatchObject({ status: 422, body: { code: 'invalid_policy' } });
  });

  it('says the same on the command line', async () => {
    const { body } = await asha.spawn({ ...help, justification: ' ' });
    const explained = await cli('asha', 'policy', 'explain', String(body['decisionID']));
    expect(explained).toMatchObject({ code: 0, stdout: expect.stringMatching(/verdict\tdenied \(spawn_justification_required\)[\s\S]*policy\tv1 sha256 [0-9a-f]{64}\n[\s\S]*broken\tspawn_justification_required: /) });
    expect(await cli('ben', 'policy', 'explain', String(body['decisionID']))).toMatchObject({ code: 4 });
    const draft = join(mkdtempSync(join(tmpdir(), 'draft-')), 'draft.json');
    writeFileSync(draft, JSON.stringify({ enabled: false }));
    expect(await cli('gov', 'policy', 'simulate', draft)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^newly denied\t[1-9]\d*\n {2}[0-9a-f-]{36}\t.* → spawn_policy_disabled\t/) });
    expect(await cli('asha', 'policy', 'simulate', draft)).toMatchObject({ code: 3 });
  });

  const mould = { templateID: 'hand-made', display_name: 'Hand made', avatar_url: null, role: 'worker', system_prompt: null, skills: [], default_budget: { max_tokens: 1000, max_steps: 5, max_tool_calls: 5, max_duration_ms: 60_000, max_cost_usd: 0.05 }, capabilities: { tool_allowlist: ['read'], secrets_scopes: [] } };

  it('POST, PATCH, DELETE /agent-team/templates: as a client written for the original does it', async () => {
    expect(await gov.post('/agent-team/templates', { template: mould })).toEqual({ status: 200, body: { ok: true, template: { templateID: 'hand-made', display_name: 'Hand made', role: 'worker', skills: [], default_budget: mould.default_budget, capabilities: mould.capabilities } } });
    expect(await asha.spawn({ ...help, templateID: 'hand-made' })).toMatchObject({ status: 200, body: { ok: true } });
    expect(await gov.patch('/agent-team/templates/hand-made', { role: 'tester', display_name: null, workspaceRoot: '/tmp' })).toMatchObject({ status: 200, body: { ok: true, template: { templateID: 'hand-made', display_name: 'Hand made', role: 'tester' } } });
    expect(await asha.spawn({ ...help, templateID: 'hand-made' })).toMatchObject({ status: 403, body: { ok: false, code: 'spawn_role_mismatch' } });
    expect(((await asha.get('/agent-team/templates')).body['templates'] as { templateID: string }[]).map(({ templateID }) => templateID)).toContain('hand-made');
    expect(await gov.delete('/agent-team/templates/hand-made')).toEqual({ status: 200, body: { ok: true, deleted: true, templateID: 'hand-made' } });
    expect(await asha.spawn({ ...help, templateID: 'hand-made' })).toMatchObject({ status: 403, body: { code: 'spawn_unknown_template' } });
  });

  it('refuses with the original’s codes', async () => {
    for (const template of [{ ...mould, templateID: ' ' }, { role: 'worker' }]) expect(await gov.post('/agent-team/templates', { template })).toMatchObject({ status: 400, body: { ok: false, code: 'INVALID_TEMPLATE_ID' } });
    expect(await gov.post('/agent-team/templates', { template: { ...mould, role: 'king' } })).toMatchObject({ status: 422, body: { ok: false, code: 'INVALID_INPUT' } });
    for (const reply of [await gov.patch('/agent-team/templates/nobody', { role: 'worker' }), await gov.delete('/agent-team/templates/nobody')]) expect(reply).toMatchObject({ status: 404, body: { ok: false, code: 'TEMPLATE_NOT_FOUND', templateID: 'nobody' } });
    expect(await gov.patch('/agent-team/templates/doc-bot', { capabilities: { fs_scopes: { read: ['../..'] } } })).toMatchObject({ status: 422, body: { ok: false, code: 'INVALID_TEMPLATE' } });
  });

  it('says so when a template cannot be written or read', async () => {
    await house.database.admin('revoke insert on app.policy from svc_spawn_gate');
    try {
      expect(await gov.post('/agent-team/templates', { template: mould })).toMatchObject({ status: 500, body: { ok: false, code: 'TEMPLATE_PERSIST_FAILED' } });
      expect(await gov.delete('/agent-team/templates/doc-bot')).toMatchObject({ status: 500, body: { ok: false, code: 'TEMPLATE_DELETE_FAILED' } });
    } finally {
      await house.database.admin('grant insert on app.policy to svc_spawn_gate');
    }
    await house.database.admin('revoke execute on function ops.published_policies(text) from svc_gateway');
    try {
      expect(await asha.get('/agent-team/templates')).toMatchObject({ status: 500, body: { ok: false, code: 'TEMPLATE_LOAD_FAILED' } });
    } finally {
      await house.database.admin('grant execute on function ops.published_policies(text) to svc_gateway');
    }
  });

  it('is closed to everybody but the platform governor', async () => {
    const before = await house.database.admin('select count(*)::int as n from app.policy');
    for (const client of [asha, ben, await house.as('ops'), await house.as('genesis'), await house.as('architect')]) {
      expect(await client.post('/v1/policies/apply', { documents: [{ kind: 'template', document: mould }] }, { ...keyed(), 'if-match': '"1"' })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      for (const reply of [await client.post('/agent-team/templates', { template: mould }), await client.patch('/agent-team/templates/doc-bot', { capabilities: { tool_allowlist: ['*'] } }), await client.delete('/agent-team/templates/doc-bot')]) expect(reply).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      for (const reply of [await client.put('/v1/policies/spawn-policy', { document: { enabled: true } }, { 'if-match': '"1"' }), await client.delete('/v1/policies/spawn-policy', { 'if-match': '"1"' })]) expect(reply).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect((await (await house.as()).post('/agent-team/templates', { template: mould })).status).toBe(401);
    expect(await house.database.admin('select count(*)::int as n from app.policy')).toEqual(before);
  });

  it('changes the spawn policy by the version that was seen; without one, everything is denied', async () => {
    const { body: seen } = await asha.get('/v1/policies/spawn-policy');
    expect(seen).toMatchObject({ version: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), document: { enabled: true } });
    const document = { ...(seen['document'] as object), require_justification: false };
    expect(await gov.put('/v1/policies/spawn-policy', { document })).toMatchObject({ status: 428, body: { code: 'if_match_missing' } });
    expect(await gov.put('/v1/policies/spawn-policy', { document }, { 'if-match': '"7"' })).toMatchObject({ status: 412, body: { code: 'stale_version' } });
    expect(await gov.put('/v1/policies/spawn-policy', { document: { enabled: 'maybe' } }, { 'if-match': '"1"' })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/enabled' }] } });
    expect((await asha.spawn({ ...help, justification: ' ' })).body).toMatchObject({ code: 'spawn_justification_required' });
    expect(await gov.put('/v1/policies/spawn-policy', { document }, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { version: 2, document } });
    expect((await asha.spawn({ ...help, justification: ' ' })).body['code']).not.toBe('spawn_justification_required');
    expect(await gov.delete('/v1/policies/spawn-policy', { 'if-match': '"2"' })).toMatchObject({ status: 200, body: { version: 3, document: null } });
    expect((await asha.spawn(help)).body).toMatchObject({ code: 'spawn_policy_missing' });
    expect(await gov.put('/v1/policies/spawn-policy', { document: seen['document'] }, { 'if-match': '"3"' })).toMatchObject({ status: 200, body: { version: 4 } });
  });

  it('takes a project’s policy and templates of the original as they stand, all or none', async () => {
    const { body: before } = await gov.get('/v1/policies/spawn-policy');
    const project = mkdtempSync(join(tmpdir(), 'project-'));
    const team = join(project, '.tandem', 'agent-team');
    mkdirSync(join(team, 'templates'), { recursive: true });
    const lines = ['enabled: true', 'require_justification: true', 'max_agents: 24', 'max_concurrent: 60', 'spawn_edges:', '  operator: { behavior: allow, can_spawn: [worker] }', '  orchestrator: { behavior: allow, can_spawn: [worker] }', 'skill_sources: { mode: project_only }', ''];
    const policy = lines.join('\n');
    writeFileSync(join(team, 'spawn-policy.yaml'), policy);
    writeFileSync(join(team, 'templates', 'worker.json'), JSON.stringify({ template_id: 'of-project', role: 'worker', default_budget: { max_tokens: 10 }, capabilities: { secretsScopes: ['npm'] } }));
    writeFileSync(join(team, 'templates', 'broken.yaml'), 'templateID: broken\nrole: king\n');
    expect(await cli('gov', 'policy', 'apply', project)).toMatchObject({ code: 1, stdout: expect.stringMatching(/broken\.yaml:2:7 enum: /) });
    rmSync(join(team, 'templates', 'broken.yaml'));
    expect(await cli('asha', 'policy', 'apply', project)).toMatchObject({ code: 3 });
    expect((await gov.get('/v1/policies/spawn-policy')).body).toEqual(before);
    expect(await gov.get('/agent-team/templates/of-project')).toMatchObject({ status: 404 });
    expect(await cli('gov', 'policy', 'apply', project)).toMatchObject({ code: 0, stdout: `template\tof-project\t${join(team, 'templates', 'worker.json')}\nspawn-policy\tspawn-policy\t${join(team, 'spawn-policy.yaml')}\n` });
    const { body: after } = await gov.get('/v1/policies/spawn-policy');
    expect(after).toMatchObject({ version: Number(before['version']) + 1, document: { max_agents: 24, spawn_edges: { orchestrator: { behavior: 'allow', can_spawn: ['worker'] } } } });
    expect((await gov.get('/agent-team/templates/of-project')).body).toMatchObject({ template: { role: 'worker', capabilities: { secretsScopes: ['npm'] } } });
    expect(await cli('gov', 'policy', 'apply', project)).toMatchObject({ code: 0 });
    expect((await gov.get('/v1/policies/spawn-policy')).body).toEqual(after); // the same again is no new version
    writeFileSync(join(team, 'templates', 'second.yaml'), 'templateID: second-of-project\nrole: worker\n');
    writeFileSync(join(team, 'spawn-policy.yaml'), `${policy}max_depth: 3\n`);
    const { body: rules } = await asha.get('/v1/policies');
    expect(rules).toEqual({ revision: expect.any(Number), spawnPolicy: after });
    expect(await cli('gov', 'policy', 'apply', project, '--dry-run')).toMatchObject({ code: 0, stderr: expect.stringContaining(`2 of 3 would change; nothing was put in force. As seen: --if-revision ${String(rules['revision'])}`) });
    await house.database.admin(`create function public.no_policy() returns trigger language plpgsql as $f$ begin if new.kind = 'spawn-policy' then raise exception 'the disk is full'; end if; return new; end $f$;
      create trigger no_policy before insert on app.policy for each row execute function public.no_policy()`);
    expect(await cli('gov', 'policy', 'apply', project)).toMatchObject({ code: 1, stdout: '' });
    await house.database.admin('drop trigger no_policy on app.policy; drop function public.no_policy()');
    expect(await gov.get('/agent-team/templates/second-of-project')).toMatchObject({ status: 404 });
    await gov.patch('/agent-team/templates/of-project', { display_name: 'By another governor' });
    expect(await cli('gov', 'policy', 'apply', project, '--if-revision', String(rules['revision']))).toMatchObject({ code: 1, stderr: expect.stringContaining('the rules are at revision') });
    expect(await gov.get('/agent-team/templates/second-of-project')).toMatchObject({ status: 404 });
    expect(await cli('gov', 'policy', 'apply', project, '--if-revision', String(Number(rules['revision']) + 1))).toMatchObject({ code: 0 });
    expect((await gov.get('/v1/policies/spawn-policy')).body).toMatchObject({ document: { max_depth: 3 } });
    writeFileSync(join(team, 'spawn-policy.yaml'), `${policy}customer_total_budget: { max_tokens: 5000000 }\n`);
    expect(await cli('gov', 'policy', 'apply', project)).toMatchObject({ code: 0, stderr: expect.stringMatching(/at its default:\S* max_depth\n/) });
    writeFileSync(join(team, 'spawn-policy.yaml'), policy); // the original's, which knows no customers
    expect(await cli('gov', 'policy', 'apply', project)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('/customer_total_budget/max_tokens') });
    expect((await gov.get('/v1/policies/spawn-policy')).body).toMatchObject({ document: { customer_total_budget: { max_tokens: 5_000_000 } } });
    expect(await cli('gov', 'policy', 'apply', project, '--drop-customer-budgets')).toMatchObject({ code: 0, stderr: expect.stringMatching(/at its default:\S* customer_total_budget\n/) });
    expect(await gov.put('/v1/policies/spawn-policy', { document: before['document'] }, { 'if-match': `"${String((await gov.get('/v1/policies/spawn-policy')).body['version'])}"` })).toMatchObject({ status: 200 });
  });

  it('takes several rules in one request, by the revision that was seen, and names what is wrong in which of them', async () => {
    const template = { templateID: 'together', role: 'worker' };
    const apply = (documents: object[], etag?: string) => gov.post('/v1/policies/apply', { documents }, { ...keyed(), ...(etag === undefined ? {} : { 'if-match': etag }) });
    const fit = [{ kind: 'template', document: template }];
    expect(await apply(fit)).toMatchObject({ status: 428, body: { code: 'if_match_missing' } });
    expect(await apply(fit, '"1"')).toMatchObject({ status: 412, body: { code: 'stale_version' } });
    for (const documents of [[], [{ kind: 'song', document: {} }]]) expect(await apply(documents, '"1"')).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    expect(await apply([...fit, { kind: 'spawn-policy', document: { enabled: 'maybe' } }, fit[0]!], '"1"')).toMatchObject({ status: 422, body: { code: 'invalid_input', errors: [{ pointer: '/documents/1/document/enabled', rule: 'type' }, { pointer: '/documents/2/document', rule: 'unique-id' }] } });
    const large = Array.from({ length: 40 }, (_, at) => ({ kind: 'template', document: { templateID: `large-${at}`, role: 'worker', system_prompt: 'x'.repeat(7_000) } }));
    expect(await apply(large, '"1"')).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(await gov.get('/agent-team/templates/together')).toMatchObject({ status: 404 });
  });

  it('raises a mission’s budget of steps where one person asks and another says yes; a stranger’s account is none', async () => {
    await asha.spawn(help);
    type Account = { id: string; kind: string; amounts: { steps: { granted: number } } };
    const mission = async (): Promise<Account> => ((await asha.get('/v1/budgets')).body['items'] as Account[]).find(({ kind }) => kind === 'mission')!;
    const before = await mission();
    const wish = { more: { steps: 11 }, reason: 'it takes longer' };
    for (const [client, status] of [[ben, 404], [await house.as('genesis'), 403]] as const) expect((await client.post(`/v1/budgets/${before.id}/raise-requests`, wish, keyed())).status).toBe(status);
    expect(await asha.post(`/v1/budgets/${before.id}/raise-requests`, { more: { steps: 1.5 }, reason: 'x' }, keyed())).toMatchObject({ status: 422 });
    const { status, body } = await asha.post(`/v1/budgets/${before.id}/raise-requests`, wish, keyed());
    expect([status, body]).toEqual([201, { approvalId: expect.stringMatching(/^budget_/) }]);
    expect(await asha.post(`/agent-team/approvals/budget/${String(body['approvalId'])}/approve`, {})).toMatchObject({ status: 403 });
    expect((await mission()).amounts.steps.granted).toBe(before.amounts.steps.granted);
    expect(await gov.post(`/agent-team/approvals/budget/${String(body['approvalId'])}/approve`, {})).toMatchObject({ status: 200, body: { ok: true } });
    expect((await mission()).amounts.steps.granted).toBe(before.amounts.steps.granted + 11);
  });

  it('recalls a skill by its hash: stops who holds it, starts nobody with it, shows what is left of it', async () => {
    const file = 'templates/manager.yaml'; // any file below the policies folder
    const sha256 = createHash('sha256').update(readFileSync(resolve(import.meta.dirname, '../../../policies', file))).digest('hex');
    const { body: policy } = await gov.get('/v1/policies/spawn-policy');
    await gov.put('/v1/policies/spawn-policy', { document: { ...(policy['document'] as object), max_concurrent: 100 } }, { 'if-match': `"${String(policy['version'])}"` });
    await gov.post('/agent-team/templates', { template: { ...mould, templateID: 'skilled', skills: [{ path: file }] } });
    const held = (await asha.spawn({ ...help, templateID: 'skilled' })).body;
    expect(held).toMatchObject({ ok: true, skillHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    const kept = String((await asha.spawn({ ...help, templateID: 'doc-bot' })).body['instanceID']);
    for (const client of [asha, await house.as('ops'), await house.as('genesis')]) {
      expect(await client.post('/v1/skills/recalls', { sha256, reason: 'because' }, keyed())).toMatchObject({ status: 403 });
      expect(await client.get(`/v1/skills/${sha256}`)).toMatchObject({ status: 403 });
    }
    expect(await gov.get(`/v1/skills/${sha256}`)).toMatchObject({ status: 200, body: { recalled: false, instances: { count: 1, newest: [{ state: 'queued', endReason: null }] } } });
    expect(await gov.post('/v1/skills/recalls', { sha256: 'all', reason: 'because' }, keyed())).toMatchObject({ status: 422 });
    expect(await gov.get('/v1/skills/all')).toMatchObject({ status: 404 });
    const recalled = await cli('gov', 'skill', 'recall', sha256, '--reason', 'it leaks');
    expect(recalled).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^instance\t${uuidOf(held['instanceID'])}\tcancelled \\(skill_recalled\\)\t`)) });
    expect((await asha.get(`/agent-team/instance/${String(held['instanceID'])}`)).body).toMatchObject({ instance: { status: 'cancelled', metadata: { endReason: 'skill_recalled' } } });
    expect((await asha.get(`/agent-team/instance/${kept}`)).body).toMatchObject({ instance: { status: 'queued' } });
    expect(await asha.spawn({ ...help, templateID: 'skilled' })).toMatchObject({ status: 403, body: { code: 'spawn_skill_recalled' } });
    expect(await gov.get(`/v1/skills/${sha256}`)).toMatchObject({ status: 200, body: { recalled: true, outputs: { count: 0, newest: [] } } });
    expect(await cli('asha', 'skill', 'lift', sha256, '--reason', 'please')).toMatchObject({ code: 3 });
    expect(await cli('gov', 'skill', 'lift', sha256, '--reason', 'it was read again')).toMatchObject({ code: 0 });
    expect(await gov.post('/v1/skills/recalls/lift', { sha256, reason: 'again' }, keyed())).toMatchObject({ status: 409, body: { code: 'skill_not_recalled' } });
    expect(await asha.spawn({ ...help, templateID: 'skilled' })).toMatchObject({ body: { ok: true } });
  });
});
