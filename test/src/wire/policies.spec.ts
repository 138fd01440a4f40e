import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { WireHouse } from './house.js';
import type { OriginalClient } from './original-client.js';

const CLI = resolve(import.meta.dirname, '../../../apps/cli/dist/main.js');
const help = { role: 'worker', justification: 'help with it' };
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
  const cli = async (persona: string, ...words: string[]): Promise<{ code: number; stdout: string }> => {
    const env = { ...process.env, COUNTERSIGN_TOKEN: await house.token(persona) };
    return new Promise((done) => execFile(process.execPath, [CLI, ...words, '--url', house.url], { env }, (error, stdout) => done({ code: error ? Number(error.code) : 0, stdout })));
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
});
