import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { certificationPolicySchema, GoalId, precedentSeedSchema, readYaml, RunId, TaskId, templateSchema, uuidv7, wayOfWorkingSchema, wireId, workerName, type FileSchema, type Board, type TaskHistory, type Bundle, type BundleDraftView, type BundleVersionList, type GoalDetail, type MemberList, type MemberLog, type TeamDetail } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { AUDIT, LOGGER, type Audit, type Logger } from '@countersign/service';
import { setTeamPolicy } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startNeighbours, type FakeHouse } from '../../testing/fake-services.js';
import { approvalOf, customerOf, personOf, seedAgent, seedDeliverable, type SeededProposal, type SeededWork, seedProposal, seedTeamOf } from '../../testing/seed-work.js';
import { putShippedPolicies } from '../../testing/shipped-policies.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import { Attachments } from '../postgres/attachments.js';
import { lockBundle } from '../postgres/bundle-drafts.js';
import { importBundles } from '../postgres/import-bundles.js';
import { BOREALIS_TEAM } from '../postgres/personas.js';

const POLICIES = new URL('../../../../../policies/', import.meta.url);
const BUNDLES = new URL('../../../../../bundles/', import.meta.url);

describe('teams, goals and their neighbours', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let house: FakeHouse;
  let work: SeededWork;
  let proposal: SeededProposal;
  before(async () => {
    gateway = await startGateway({ paceEveryMs: 50, egress: { customers: [{ customer: customerOf('asha'), git: ['/srv/', 'git@git.example:chai/'], email: { from: 'reports@chai.example', domains: ['chai.example'] } }] } });
    [house, work] = await Promise.all([startNeighbours(gateway), seedTeamOf(gateway.database, 'asha')]);
    proposal = await seedProposal(gateway.database, work);
    await approvalOf(gateway.database, proposal);
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    await gateway.close();
  });

  const by = (login: string, role: string) => ({ personId: personOf(login), customerId: customerOf(login), roles: [role] });
  const heard = () => house.neighbours.heard.at(-1);
  const post = (persona: string, route: string, body: object = {}, headers: Record<string, string> = {}) => gateway.call(persona, 'POST', route, { body, headers });
  const repository = { mirror: 'demo', base: 'a'.repeat(40), remote: '/srv/demo.git', branch: 'countersign/x' };

  it('publishes the shipped bundles at start', async () => {
    const { body } = await gateway.call('asha', 'GET', '/v1/bundles');
    expect(body).toMatchObject({ items: [{ id: 'code-care', version: 1, title: 'Code care', members: [{ name: 'Mira', kind: 'manager' }, { skill: 'docs' }, { skill: 'tests' }, { skill: 'patches' }] }, { id: 'digital-marketing', version: 1, members: [{}, {}, {}, {}, {}] }], nextCursor: null });
    expect((await gateway.call('asha', 'GET', '/v1/bundles/code-care')).body).toMatchObject({ document: { id: 'code-care', approval: { validMinutes: 15 } } });
  });

  it('quotes by the price table in force: to customers the price, to the platform’s governor also what is left of it', async () => {
    const quote = (persona: string, body: object) => post(persona, '/v1/pricing/quote', body);
    await gateway.database.admin(`delete from app.policy where kind = 'price-table'`);
    expect(await quote('asha', { bundle: 'code-care', months: 3 })).toMatchObject({ status: 409, body: { code: 'no_price_table' } });
    await putShippedPolicies(gateway.database);
    const inr = (rupees: number) => ({ amountMicros: rupees * 1_000_000, currency: 'INR' });
    const asked = await quote('asha', { bundle: 'code-care', months: 3 });
    expect(asked).toMatchObject({ status: 200, body: { bundle: { id: 'code-care', version: 1 }, priceTable: { version: 1 }, discount: inr(22_500), monthly: inr(24_500), total: inr(73_500), platform: null } });
    expect((await quote('gov', { bundle: 'code-care', months: 3 })).body).toMatchObject({ total: inr(73_500), platform: { cost: inr(4_999.8), margin: inr(68_500.2), models: inr(3_333.2), breakEvenThousandths: 69 } });
    expect((await quote('ops', { composition: { skills: ['seo', 'seo'] }, months: 1 })).body).toMatchObject({ bundle: null, lines: [{ skill: 'seo', monthly: inr(12_000) }, {}], total: inr(24_000), platform: null });
    expect(await quote('gov', { composition: { skills: ['seo', 'seo'], tariff: 'fixed' }, months: 1 })).toMatchObject({ status: 422, body: { code: 'skill_twice' } });
    // no team that nobody could hire: three to five with the manager, whose tariff is named
    for (const [skills, status] of [[['seo'], 422], [['seo', 'docs'], 200], [['seo', 'docs', 'a', 'b'], 200], [['seo', 'docs', 'a', 'b', 'c'], 422]] as const) expect([skills.length, await quote('gov', { composition: { skills, tariff: 'discounted' }, months: 1 })]).toEqual([skills.length, expect.objectContaining({ status, ...(status === 422 ? { body: expect.objectContaining({ code: 'team_size' }) } : {}) })]);
    expect(await quote('gov', { months: 1 })).toMatchObject({ status: 422, body: { code: 'quote_of_one' } });
    expect(await quote('gov', { bundle: 'code-care', months: 0 })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/months' }] } });
    expect((await quote('gov', { bundle: 'nope', months: 1 })).status).toBe(404);
  });

  describe('a bundle that is being written', () => {
    const bundle = '/v1/bundles/digital-marketing';
    const put = (document: object, etag: string) => gateway.call('gov', 'PUT', `${bundle}/draft`, { body: { document }, headers: { 'if-match': `"${etag}"` } });
    const step = (verb: string, etag: string, body: object = {}) => post('gov', `${bundle}/${verb}`, body, { 'if-match': `"${etag}"` });
    const draftOf = (answer: Answer): BundleDraftView => answer.body as BundleDraftView;
    const read = async (): Promise<BundleDraftView> => draftOf(await gateway.call('gov', 'GET', `${bundle}/draft`));
    it('begins from the newest version; each mistake is named at its line and field, and keeps it from going further', async () => {
      const begun = await post('gov', `${bundle}/versions`);
      expect(begun).toMatchObject({ status: 201, body: { id: 'digital-marketing', replaces: 1, faults: [], changes: [], reviewed: false, quote: { monthly: { amountMicros: 48_000_000_000 } } } });
      const { document, sha256, rights } = draftOf(begun) as BundleDraftView & { document: Bundle };
      expect(begun.headers.get('etag')).toBe(`"${sha256}"`);
      expect(rights[1]).toEqual({ skill: 'content', rights: ['read brief.md', 'read campaign', 'hand in changes to campaign/article.md'] });
      expect(await post('gov', `${bundle}/versions`)).toMatchObject({ status: 409, body: { code: 'draft_exists' } });
      const wrong = await put({ ...document, price: { ...document.price, monthly: 1 }, members: document.members.map((member) => ({ ...member, agent: member.skill === 'seo' ? 'nobody' : member.agent })) }, sha256);
      expect(draftOf(wrong).faults.map(({ pointer, rule }) => [pointer, rule])).toEqual([['/members/1/agent', 'known-template'], ['/price/monthly', 'by-price-table']]);
      for (const { line, column } of draftOf(wrong).faults) expect(draftOf(wrong).text.split('\n')[line - 1]!.slice(column - 1)).toMatch(/^(nobody|1)$/);
      for (const verb of ['review', 'publish']) expect(await step(verb, draftOf(wrong).sha256, { comment: 'go' })).toMatchObject({ status: 422, body: { code: 'invalid_bundle', errors: [{ pointer: '/members/1/agent', line: expect.any(Number) }, {}] } });
      expect(await put(document, sha256)).toMatchObject({ status: 412, body: { code: 'stale_version' } });
      expect(await gateway.call('gov', 'PUT', `${bundle}/draft`, { body: { document } })).toMatchObject({ status: 428 });
      expect(await post('gov', '/v1/bundles', { text: 'name: x' })).toMatchObject({ status: 422, body: { code: 'bundle_without_id' } });
    });

    it('is published as it was reviewed and not otherwise; by its author alone only where nobody else could review it', async () => {
      const before_ = await gateway.call('gov', 'GET', bundle);
      const document = { ...(before_.body as { document: Bundle }).document, version: 2 };
      const changed = draftOf(await put({ ...document, approval: { ...document.approval, tier: 2 } }, (await read()).sha256));
      expect(changed.changes).toEqual([{ aspect: 'approvals', weight: 'narrower', words: 'Risk tier 2, 1 before' }]);
      expect(await step('publish', changed.sha256, { comment: 'go' })).toMatchObject({ status: 409, body: { code: 'not_reviewed' } });
      const other = uuidv7();
      await gateway.database.admin(`insert into app.person (customer_id, id, login, display_name, roles) select customer_id, $1, 'gov2', 'Second', roles from app.person where login = 'gov'`, [other]);
      expect(await step('review', changed.sha256)).toMatchObject({ status: 403, body: { code: 'author_may_not_review' } });
      // nor where somebody else had the last word
      await gateway.database.admin(`update app.bundle_draft set edited_by = gen_random_uuid() where id = 'digital-marketing'`);
      expect(await step('review', changed.sha256)).toMatchObject({ status: 403, body: { code: 'author_may_not_review' } });
      await gateway.database.admin(`delete from app.person where id = $1`, [other]);
      expect(await step('review', changed.sha256)).toMatchObject({ status: 200, body: { reviewed: true, reviewedBy: personOf('gov') } });
      const again = draftOf(await put({ ...document, approval: { ...document.approval, tier: 3 } }, changed.sha256));
      expect([again.reviewed, (await step('publish', again.sha256, { comment: 'go' })).body]).toMatchObject([false, { code: 'not_reviewed' }]);
      await step('review', again.sha256);
      expect(await step('publish', again.sha256)).toMatchObject({ status: 422 });
      expect(await step('publish', again.sha256, { comment: 'a higher tier' })).toMatchObject({ status: 200, body: { id: 'digital-marketing', version: 2 } });
      expect((await gateway.call('asha', 'GET', bundle)).body).toMatchObject({ version: 2, monthly: { amountMicros: 48_000_000_000, currency: 'INR' }, document: { approval: { tier: 3 } } });
      expect(await gateway.call('gov', 'GET', `${bundle}/draft`)).toMatchObject({ status: 404 });
    });

    it('is taken back by publishing an older version again: nothing that was published changes', async () => {
      const back = (version: number) => post('gov', `${bundle}/rollback`, { version, reason: 'too strict' });
      expect(await back(2)).toMatchObject({ status: 409, body: { code: 'version_in_force' } });
      expect((await back(9)).status).toBe(404);
      // its price is that day's: by a dearer table it comes back at today's, and what does not fit at all is told at its line
      const table = (change: object) => gateway.database.admin(`insert into app.policy (kind, id, version, doc, hash, source) select kind, id, 2, doc || $1, sha256('x'), 'test' from app.policy where kind = 'price-table' and version = 1`, [JSON.stringify(change)]);
      const takeAway = () => gateway.database.admin(`delete from app.policy where kind = 'price-table' and version = 2`);
      await table({ sizes: { from: 6, to: 7 } });
      const refusedBack = await back(1);
      await takeAway();
      expect(refusedBack).toMatchObject({ status: 422, body: { code: 'invalid_bundle', errors: [{ pointer: '/members', rule: 'team-size', line: expect.any(Number) }] } });
      expect((refusedBack.body as { errors: { line: number }[] }).errors[0]!.line).toBeGreaterThan(1);
      await table({ tariffs: { discounted: { discountPercent: 0, from: 30_000, to: 60_000 }, fixed: { manager: 8_000, specialist: 5_500 } } });
      expect(await back(1)).toMatchObject({ status: 200, body: { version: 3, monthly: 60_000 } });
      await takeAway();
      const { items } = (await gateway.call('gov', 'GET', `${bundle}/versions`)).body as BundleVersionList;
      expect(items.map(({ version, publishedBy, restores }) => [version, publishedBy, restores])).toEqual([[3, personOf('gov'), 1], [2, personOf('gov'), null], [1, null, null]]);
      expect(await gateway.database.admin(`select drafted_by from app.bundle where id = 'digital-marketing' order by version`)).toEqual([[], [personOf('gov')], []].map((drafted_by) => ({ drafted_by })));
      const docs = await gateway.database.admin<{ doc: Bundle }>(`select doc from app.bundle where id = 'digital-marketing' order by version`);
      expect(docs.map(({ doc: { version, ...doc } }) => [version, doc])).toEqual([[1, expect.anything()], [2, expect.objectContaining({ approval: { ...docs[0]!.doc.approval, tier: 3 } })], [3, (({ version: _, ...doc }) => ({ ...doc, price: { ...doc.price, monthly: 60_000 } }))(docs[0]!.doc)]]);
      await expect(gateway.database.as('gateway').withPlatform((tx) => Promise.resolve(tx.write(sql`update app.bundle set doc = '{}' where id = 'digital-marketing'`)).then(() => tx.ledgerOnly()))).rejects.toThrow();
    });

    it('is imported from a file in turn with whoever writes it', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
      const text = readFileSync(new URL('digital-marketing.yaml', BUNDLES), 'utf8').replace('id: digital-marketing', 'id: in-turn');
      const write = (from = '', to = ''): void => writeFileSync(join(folder, 'in-turn.yaml'), text.replace(from, to));
      write();
      const database = gateway.running.app.get(Database);
      const context = { database, audit: gateway.running.app.get<Audit>(AUDIT), log: gateway.running.app.get<Logger>(LOGGER), said: new Map<string, string>() };
      const importing = await database.withPlatform(async (tx) => {
        tx.ledgerOnly();
        await lockBundle(tx, 'in-turn');
        const done = importBundles(context, folder);
        await until(async () => (await gateway.database.admin(`select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`)).length > 0, 'its turn');
        return { done };
      });
      await importing.done;
      const versions = () => gateway.database.admin<{ version: number }>(`select version, published_by from app.bundle where id = 'in-turn' order by version`);
      expect(await versions()).toEqual([{ version: 1, published_by: null }]);
      // nothing that a governor's draft could not be, and nothing before there is anything to hold it against
      for (const [from, to] of [['monthly: 48000', 'monthly: 1'], ['agent: seo-bot', 'agent: nobody'], ['usd: 60', 'usd: 6000'], ['version: 2', 'version: 3']] as const) {
        writeFileSync(join(folder, 'in-turn.yaml'), text.replace('version: 1', 'version: 2').replace(from, to));
        expect([to, await importBundles(context, folder), (await versions()).length, [...context.said.values()]]).toEqual([to, 'refused', 1, [expect.stringContaining('fault')]]);
      }
      write('version: 1', 'version: 2');
      await gateway.database.admin(`delete from app.policy where kind = 'price-table'`);
      expect([await importBundles(context, folder), (await versions()).length]).toEqual(['waits', 1]);
      await putShippedPolicies(gateway.database);
      expect([await importBundles(context, folder), (await versions()).length]).toEqual(['settled', 2]);
      // from the moment that a governor publishes it, the file does not
      await gateway.database.admin(`update app.bundle set published_by = gen_random_uuid() where id = 'in-turn' and version = 2`);
      write('version: 1', 'version: 3');
      for (const _ of [1, 2]) expect([await importBundles(context, folder), (await versions()).length]).toEqual(['settled', 2]);
      const drafted = draftOf(await gateway.call('gov', 'GET', '/v1/bundles/in-turn/draft'));
      expect(drafted).toMatchObject({ editedBy: null, reviewed: false, faults: [], document: { version: 3 } });
      expect(await post('gov', '/v1/bundles/in-turn/review', {}, { 'if-match': `"${drafted.sha256}"` })).toMatchObject({ status: 200, body: { reviewed: true } });
      write('version: 1', 'version: 3 # again');
      expect([await importBundles(context, folder), [...context.said.values()]]).toEqual(['refused', [expect.stringContaining('there is another draft of it')]]);
      expect((await gateway.call('gov', 'DELETE', '/v1/bundles/in-turn/draft', { headers: { 'if-match': `"${drafted.sha256}"` } })).status).toBe(204);
      // what was dropped does not come back with the next start, and a number that is used is not waited for
      const drafts = () => gateway.database.admin(`select id from app.bundle_draft where id = 'in-turn'`);
      write('version: 1', 'version: 3');
      expect([await importBundles(context, folder), await drafts()]).toEqual(['settled', []]);
      writeFileSync(join(folder, 'in-turn.yaml'), text.replace('version: 1', 'version: 2').replace('monthly: 48000', 'monthly: 49000'));
      expect([await importBundles(context, folder), await drafts(), [...context.said.values()]]).toEqual(['settled', [], [expect.stringContaining('another version 2 of it: raise the number')]]);
      write('version: 1', 'version: 3 # again');
      expect([await importBundles(context, folder), await drafts()]).toEqual(['settled', [{ id: 'in-turn' }]]);
      await gateway.database.admin(`delete from app.bundle_draft where id = 'in-turn'`);
      const [entry] = await gateway.database.admin<{ payload: Buffer }>(`select payload from audit.entry where convert_from(payload, 'UTF8') like '%BUNDLE-PUBLISHED%in-turn%' order by seq desc limit 1`);
      expect(JSON.parse(entry!.payload.toString('utf8'))).toMatchObject({ body: { published_by: 'operator_file', price_table: '1', version: '2' } });
      await gateway.database.admin(`delete from app.bundle where id = 'in-turn'`);
    });

    it('can be thrown away, and leaves an entry for every step, who wrote and who reviewed it as commitments', async () => {
      const { sha256 } = draftOf(await post('gov', `${bundle}/versions`));
      expect(await gateway.call('gov', 'GET', '/v1/bundle-drafts')).toMatchObject({ body: { items: [{ id: 'digital-marketing', sha256 }] } });
      expect((await gateway.call('gov', 'DELETE', `${bundle}/draft`, { headers: { 'if-match': `"${sha256}"` } })).status).toBe(204);
      const entries = (await gateway.database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = '00000000-0000-0000-0000-000000000000' order by seq`)).map(({ payload }) => JSON.parse(payload.toString('utf8')) as { action: string; body: Record<string, unknown> });
      const own = entries.filter(({ action, body }) => action.startsWith('BUNDLE-') && body['bundle_id'] === 'digital-marketing');
      expect(own.map(({ action }) => action.slice('BUNDLE-'.length))).toEqual(['PUBLISHED', 'DRAFTED', 'DRAFTED', 'DRAFTED', 'REVIEWED', 'DRAFTED', 'REVIEWED', 'PUBLISHED', 'PUBLISHED', 'DRAFTED', 'DRAFT-DROPPED']);
      expect(own.at(-3)!.body).toMatchObject({ version: '3', restores: '1', monthly_before: '48000', price_table: '2' });
      // the text that was published is the one that was reviewed
      const [reviewed, published] = [own.at(-5)!, own.at(-4)!];
      expect([reviewed.action, published.body['version'], published.body['draft_sha256']]).toEqual(['BUNDLE-REVIEWED', '2', reviewed.body['sha256']]);
      expect(JSON.stringify(own)).not.toMatch(new RegExp(`too strict|higher tier|${personOf('gov')}`));
    });
  });

  it('carries a hire to the gate with the person of the session and an id that repeats keep', async () => {
    const key = { 'idempotency-key': 'hire-1' };
    const first = await post('asha', '/v1/teams', { bundleId: 'code-care', mode: 'trial' }, key);
    expect(first).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
    expect(heard()).toEqual({ command: 'hire', request: { teamId: (first.body as { id: string }).id, by: by('asha', 'customer_governor'), bundleId: 'code-care', bundleVersion: 1, mode: 'trial' } });
    const heardBefore = house.neighbours.heard.length;
    expect((await post('asha', '/v1/teams', { bundleId: 'code-care', mode: 'trial' }, key)).body).toEqual(first.body);
    expect(house.neighbours.heard).toHaveLength(heardBefore);
    expect((await post('asha', '/v1/teams', { bundleId: 'nope', mode: 'trial' })).status).toBe(404);
  });

  it("carries each verb of a team's life to the gate and tells a refusal as it stands", async () => {
    const verbs = { certify: 'genesis', reject: 'genesis', deploy: 'gov', suspend: 'ops', reactivate: 'gov', complete: 'asha', dissolve: 'genesis', cancel: 'asha', archive: 'gov' } as const;
    for (const [verb, persona] of Object.entries(verbs)) {
      expect(await post(persona, `/v1/teams/${work.teamId}/${verb}`, { reason: 'said so' })).toMatchObject({ status: 200, body: { state: 'active' } });
      expect(heard()).toMatchObject({ command: 'move', request: { teamId: work.teamId, verb, reason: 'said so', by: { personId: personOf(persona) } } });
    }
    house.neighbours.answers.push({ ok: false, code: 'not_permitted', message: 'Genesis certifies' });
    expect(await post('gov', `/v1/teams/${work.teamId}/deploy`)).toMatchObject({ status: 403, body: { code: 'not_permitted', detail: 'Genesis certifies' } });
  });

  it("carries each change of a team's terms to the gate, and a rating; what a trial lacks is told as it stands", async () => {
    const changes = { promote: 'asha', extend: 'asha', coordinate: 'gov', 'hand-back': 'gov', revert: 'asha' } as const;
    for (const [name, persona] of Object.entries(changes)) {
      expect(await post(persona, `/v1/teams/${work.teamId}/${name}`, { reason: 'said so' })).toMatchObject({ status: 200, body: { state: 'active' } });
      expect(heard()).toMatchObject({ command: 'change', request: { teamId: work.teamId, change: name.replace('-', '_'), reason: 'said so', by: { personId: personOf(persona) } } });
    }
    expect(await post('gov', `/v1/teams/${work.teamId}/coordinate`)).toMatchObject({ status: 422, body: { code: 'reason_missing' } });
    house.neighbours.answers.push({ ok: false, code: 'promotion_unmet', message: 'not yet: not rated' });
    expect(await post('asha', `/v1/teams/${work.teamId}/promote`)).toMatchObject({ status: 409, body: { code: 'promotion_unmet', detail: 'not yet: not rated' } });
    expect(await post('asha', `/v1/teams/${work.teamId}/rating`, { stars: 4 })).toMatchObject({ status: 204 });
    expect(heard()).toMatchObject({ command: 'rate', request: { stars: 4, by: by('asha', 'customer_governor') } });
    for (const stars of [0, 6, 2.5, '4']) expect(await post('asha', `/v1/teams/${work.teamId}/rating`, { stars })).toMatchObject({ status: 422 });
  });

  it('shows what a person recorded, and in which role, to whom it is for', async () => {
    const incident = '018f0000-0000-7000-8000-00000000abcd';
    await gateway.database.admin(`insert into app.incident (team_id, id, kind, member_id, recorded_by, recorded_as, words, epoch) values ($1, $2, 'composition_change', $4, $3, 'customer_governor', 'Two writers, please', 1)`, [work.teamId, incident, personOf('asha'), work.memberId]);
    await gateway.database.admin(`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, evidence_at, due_at) values ($1, $2::uuid, $3, 'composition_change', $2::uuid::text, 'genesis', now(), now())`, [work.teamId, incident, customerOf('asha')]);
    const said = async (persona: string) => ((await gateway.call(persona, 'GET', '/v1/escalations')).body as { items: { said: string | null; saidBy: string | null; memberName: string | null }[] }).items.filter((one) => one.said !== null).map((one) => [one.said, one.saidBy, one.memberName]);
    expect([await said('genesis'), await said('asha'), await said('gov')]).toEqual([[['Two writers, please', 'customer_governor', 'Dora']], [], []]);
    await gateway.database.admin(`delete from app.escalation where id = $1`, [incident]);
  });

  it('shows an escalation to the authority that it is for and to nobody else, and carries their answer, incidents and members to the gate', async () => {
    const raise = async (trigger: string, to: string) => (await gateway.database.admin<{ id: string }>(`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, figures, evidence_at, due_at) values ($1, $2, $3, $4, 's', $5, '{"bytes": 5}', now(), now() - interval '1 minute') returning id`, [work.teamId, uuidv7(), customerOf('asha'), trigger, to]))[0]!.id;
    const [full, waits] = [await raise('context_full', 'systems_architect'), await raise('trial_ended', 'customer_governor')];
    const seen = async (persona: string): Promise<string[]> => ((await gateway.call(persona, 'GET', '/v1/escalations')).body as { items: { id: string }[] }).items.map(({ id }) => id);
    expect(await Promise.all(['architect', 'asha', 'ben', 'gov', 'ops', 'guardian'].map(seen))).toEqual([[full], [waits], [], [], [], []]);
    // what is ended by a decision names the question; nothing else does
    const question = uuidv7();
    await gateway.database.admin(`update app.escalation set trigger = 'deliverable_ready', subject = $2 where id = $1`, [waits, question]);
    const questions = async (): Promise<unknown[]> => ((await gateway.call('asha', 'GET', '/v1/escalations')).body as { items: { trigger: string; approvalId: string | null }[] }).items.map(({ trigger, approvalId }) => [trigger, approvalId]);
    expect(await questions()).toEqual([['deliverable_ready', question]]);
    await gateway.database.admin(`update app.escalation set trigger = 'trial_ended' where id = $1`, [waits]);
    expect(await questions()).toEqual([['trial_ended', null]]);
    expect((await gateway.call('architect', 'GET', '/v1/escalations')).body).toMatchObject({ items: [{ teamName: 'Code care', words: 'The team keeps more files and texts than it may', state: 'open', overdue: true, figures: { bytes: 5 } }] });
    for (const persona of ['asha', 'gov', 'ops']) expect(await post(persona, `/v1/escalations/${full}/resolve`, { resolution: 'x' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await post('ben', `/v1/escalations/${waits}/acknowledge`)).toMatchObject({ status: 404 });
    expect(await post('architect', `/v1/escalations/${full}/resolve`, { resolution: 'taken away' })).toMatchObject({ status: 200, body: { state: 'resolved' } });
    expect(heard()).toMatchObject({ command: 'escalation', request: { teamId: work.teamId, escalationId: full, verb: 'resolve', words: 'taken away', by: { personId: personOf('architect') } } });
    expect(await post('asha', `/v1/teams/${work.teamId}/incidents`, { kind: 'composition_change', words: 'we need a designer' })).toMatchObject({ status: 201 });
    expect(heard()).toMatchObject({ command: 'incident', request: { kind: 'composition_change', words: 'we need a designer' } });
    // the same word at a door of its own, by whoever may say it
    const asked = await post('gov', `/v1/teams/${work.teamId}/composition-change`, { words: 'another writer, please', memberId: work.memberId });
    expect(asked).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    expect(heard()).toEqual({ command: 'incident', request: { teamId: work.teamId, incidentId: (asked.body as { id: string }).id, by: by('gov', 'platform_governor'), kind: 'composition_change', words: 'another writer, please', memberId: work.memberId } });
    house.neighbours.answers.push({ ok: false, code: 'wrong_team_state', message: 'of a team that is archived nobody would hear this' });
    expect(await post('asha', `/v1/teams/${work.teamId}/composition-change`, { words: 'x' })).toMatchObject({ status: 409, body: { code: 'wrong_team_state' } });
    for (const [who, body, status] of [['asha', {}, 422], ['asha', { words: 'x', kind: 'ethics_violation' }, 422], ['asha', { words: 'x'.repeat(2001) }, 422], ['asha', { words: 'x', memberId: 'x' }, 422], ['ben', { words: 'x' }, 404], ['genesis', { words: 'x' }, 403], ['ops', { words: 'x' }, 403]] as const) expect([who, (await post(who, `/v1/teams/${work.teamId}/composition-change`, body)).status]).toEqual([who, status]);
    const replaced = await post('genesis', `/v1/teams/${work.teamId}/members/${work.memberId}/replace`, { reason: 'as asked' });
    expect(replaced).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    expect(heard()).toMatchObject({ command: 'member', request: { memberId: work.memberId, verb: 'replace', reason: 'as asked', replacementId: (replaced.body as { id: string }).id } });
    house.neighbours.answers.push({ ok: false, code: 'change_not_asked', message: 'no governor has asked' });
    expect(await post('genesis', `/v1/teams/${work.teamId}/members/${work.memberId}/replace`)).toMatchObject({ status: 409, body: { code: 'change_not_asked' } });
    // more members or fewer: refused, with what there is instead, and nothing is said to anybody
    const before = heard();
    for (const who of ['asha', 'gov', 'genesis', 'ben'] as const) {
      const added = await post(who, `/v1/teams/${work.teamId}/members`, { skill: 'docs' });
      const removed = await gateway.call(who, 'DELETE', `/v1/teams/${work.teamId}/members/${work.memberId}`);
      for (const answer of [added, removed]) expect([who, answer]).toEqual([who, expect.objectContaining(who === 'ben' ? { status: 404 } : { status: 409, body: expect.objectContaining({ code: 'composition_fixed', detail: expect.stringMatching(/a governor asks .* new version of the bundle/) }) })]);
    }
    expect(heard()).toEqual(before);
    const memberId = uuidv7();
    expect(await post('asha', `/v1/teams/${work.teamId}/members/${memberId}/suspend`, { reason: 'why not' })).toMatchObject({ status: 200 });
    expect(heard()).toMatchObject({ command: 'member', request: { memberId, verb: 'suspend', reason: 'why not' } });
    await gateway.database.admin(`update app.escalation set state = 'resolved', resolved_at = now(), resolved_by = $2, resolution = 'taken away' where id = $1`, [full, personOf('architect')]);
    expect(await seen('architect')).toEqual([]);
    expect((await gateway.call('architect', 'GET', '/v1/escalations?show=resolved')).body).toMatchObject({ items: [{ id: full, state: 'resolved', overdue: false, resolution: 'taken away', resolvedBy: expect.any(String) }] });
  });

  it('shows a trial with what stands against production, and nothing of a team that has none', async () => {
    const address = `/v1/teams/${work.teamId}/trial`;
    expect(await gateway.call('asha', 'GET', address)).toMatchObject({ status: 404 });
    await gateway.database.admin(`insert into app.trial (team_id, tasks, policy_version, ends_at, grace_until) values ($1, 10, 0, now() + interval '7 days', now() + interval '10 days')`, [work.teamId]);
    expect(await gateway.call('gov', 'GET', address)).toMatchObject({ status: 200, body: { standing: 'running', outcome: null, tasks: 10, extended: 0, mostExtensions: 1, beyond: expect.stringMatching(/^make the trial longer, .* or make it production/), unmet: expect.arrayContaining([{ condition: 'rating', words: 'not rated, 4 of 5 are needed' }]) } });
    expect(await gateway.call('ben', 'GET', address)).toMatchObject({ status: 404 });
    const standing = async (): Promise<unknown> => ((await gateway.call('gov', 'GET', address)).body as { standing: string }).standing;
    await gateway.database.admin(`update app.trial set ends_at = now() - interval '1 hour' where team_id = $1`, [work.teamId]);
    expect(await standing()).toBe('grace');
    // suspended before its last day was over: its time stands still
    await gateway.database.admin(`update app.team set frozen_at = now() - interval '2 hours' where team_id = $1`, [work.teamId]);
    expect(await standing()).toBe('running');
    await gateway.database.admin(`update app.team set frozen_at = null where team_id = $1`, [work.teamId]);
    await gateway.database.admin(`delete from app.trial where team_id = $1`, [work.teamId]);
  });

  it('shows what stands against certifying a team and what it was certified by, and renders its charter from what is enforced', async () => {
    const { teamId } = await seedTeamOf(gateway.database, 'asha', 'requested', 'Careful');
    const path = `/v1/teams/${teamId}`;
    expect((await gateway.call('asha', 'GET', `${path}/certification`)).status).toBe(422);
    const shipped = (await gateway.call('asha', 'GET', '/v1/bundles/code-care')).body as { document: object };
    await gateway.database.admin(`update app.team set bundle = $2 where team_id = $1`, [teamId, JSON.stringify(shipped.document)]);
    expect(await gateway.call('genesis', 'GET', `${path}/certification`)).toMatchObject({ status: 200, body: { id: null, certifiedAt: null, bundle: 'code-care@1', refusal: 'certification_policy_missing', precedents: [] } });
    const put = <T>(kind: string, schema: FileSchema<T>, file: string): Promise<unknown> =>
      gateway.database.admin(`insert into app.policy (kind, id, version, doc, hash, source) values ($1, $2, 1, $3, sha256($2::text::bytea), 'file') on conflict do nothing`, [kind, file.split('/').at(-1)!, JSON.stringify(readYaml(schema, file, readFileSync(new URL(`${file}.yaml`, POLICIES), 'utf8')))]);
    await Promise.all([put('certification', certificationPolicySchema, 'certification'), put('precedent-seed', precedentSeedSchema, 'precedents/GEN-002'), ...['manager', 'helpdesk'].map((id) => put('way-of-working', wayOfWorkingSchema, `ways/${id}`)), ...['manager', 'doc-bot', 'test-writer-bot', 'patch-bot'].map((id) => put('template', templateSchema, `templates/${id}`))]);
    expect((await gateway.call('guardian', 'GET', `${path}/certification`)).body).toMatchObject({ refusal: null, classification: 'within', alignment: 100, reviews: [], precedents: ['GEN-002@1'], risks: [{ points: 25 }, {}, {}, {}], checklists: [{ subject: 'team' }, { subject: 'manager' }, { subject: 'helpdesk' }] });
    // what was decided before this platform kept evolutions is found by the precedent of the operator's file
    const first = await gateway.call('gov', 'GET', '/v1/evolutions/EVOLUTION-001');
    expect(first).toMatchObject({ status: 200, body: { id: 'EVOLUTION-001', title: 'Team coordination with Manager Agent approved', state: 'approved', proposedBy: null, proposer: null, decidedAt: '2026-01-06T00:00:00.000Z', decider: 'Platform Governor', seed: 'GEN-002', answers: [], reviews: [], proposal: { proposed: expect.stringContaining('retains external execution authority') } } });
    expect((await gateway.call('gov', 'GET', '/v1/evolutions/EVOLUTION-001/reviews')).body).toEqual({ items: [], sha256: (first.body as { sha256: string }).sha256, scopeSha256: null });
    // who reviews a version names what its agents may touch now; with other templates that is something else
    const about = async () => (await gateway.call('guardian', 'GET', '/v1/bundles/code-care/versions/1/reviews')).body as { sha256: string; scopeSha256: string };
    const { scopeSha256 } = (await gateway.call('guardian', 'GET', `${path}/certification`)).body as { scopeSha256: string };
    const [version] = ((await gateway.call('gov', 'GET', '/v1/bundles/code-care/versions')).body as { items: { sha256: string }[] }).items;
    expect(await about()).toEqual({ items: [], sha256: version!.sha256, scopeSha256 });
    const mould = (change: string): Promise<unknown> => gateway.database.admin(`update app.policy set doc = ${change} where kind = 'template' and id = 'doc-bot'`);
    await mould(`doc || jsonb_build_object('capabilities', doc -> 'capabilities' || '{"tool_allowlist": ["git*"], "tool_denylist": ["git_push"]}')`);
    const denied = await about();
    await mould(`doc #- '{capabilities,tool_denylist}'`);
    const allowed = await about();
    expect(new Set([scopeSha256, denied.scopeSha256, allowed.scopeSha256]).size).toBe(3);
    await mould(`doc #- '{capabilities,tool_allowlist}'`);
    expect(await about()).toEqual({ items: [], sha256: version!.sha256, scopeSha256 });
    // a draft is told what its certification would want, before anybody publishes it
    const draft = (await post('gov', '/v1/bundles/code-care/versions')).body as BundleDraftView;
    expect(draft.certification).toEqual({ classification: 'within', criteria: { increasesScope: [], reducesApprovals: [], addsAccess: [], weakensSafety: [] }, reviews: [], evolution: false, lacks: [], alignment: 100 });
    const { critique: _, ...laxer } = { ...(draft.document as Bundle), approval: { ...(draft.document as Bundle).approval, validMinutes: 90 } };
    const changed = (await gateway.call('gov', 'PUT', '/v1/bundles/code-care/draft', { body: { document: laxer }, headers: { 'if-match': `"${draft.sha256}"` } })).body as BundleDraftView;
    expect(changed.certification).toMatchObject({ classification: 'evolution', criteria: { reducesApprovals: ['a yes holds 90 minutes, 15 before'] }, reviews: ['systems_architect', 'vision_guardian'], evolution: true, lacks: ['team, 7 Critique of itself: says nothing, and 1 more', 'it goes further than what was decided: propose an evolution about code-care@2; when the platform governor has approved it, its teams can be certified'], alignment: 93 });
    await gateway.call('gov', 'DELETE', '/v1/bundles/code-care/draft', { headers: { 'if-match': `"${changed.sha256}"` } });
    expect((await gateway.call('ben', 'GET', `${path}/charter`)).status).toBe(404);
    const charter = await gateway.call('asha', 'GET', `${path}/charter`);
    expect([charter.status, charter.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
    for (const words of ['# Charter of Careful', '### Dora, docs', 'Not certified', 'published by the operator’s file']) expect(charter.text).toContain(words);
    expect(charter.text).toMatch(/\| `app\.approval_decision` \| team \| r \|  \|  \| rw \| r \|  \|/);
  });

  it('carries reviews, evolutions, answers and decisions to the gate in the name of the session, and tells how they stand', async () => {
    const review = { role: 'vision_guardian', verdict: 'recommended', notes: 'it stops when it should' };
    const given = await post('guardian', '/v1/bundles/code-care/versions/1/reviews', review);
    expect(given).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    expect(heard()).toMatchObject({ command: 'record_review', request: { ...review, kind: 'bundle', id: 'code-care', version: 1, reviewId: (given.body as { id: string }).id, by: { personId: personOf('guardian') } } });
    expect((await gateway.call('gov', 'GET', '/v1/bundles/code-care/versions/1/reviews')).body).toMatchObject({ items: [], sha256: expect.any(String), scopeSha256: expect.any(String) });
    expect((await gateway.call('gov', 'GET', '/v1/bundles/code-care/versions/99/reviews')).status).toBe(404);
    house.neighbours.answers.push({ ok: false, code: 'not_permitted', message: 'only the vision guardian gives this review' });
    expect(await post('genesis', '/v1/bundles/code-care/versions/1/reviews', review)).toMatchObject({ status: 403, body: { code: 'not_permitted' } });
    await gateway.database.admin(`insert into app.evolution (id, number, request_id, proposal, sha256, state, proposed_by, answers) values ('EVOLUTION-002', 2, gen_random_uuid(), '{"title": "More", "seed": {"seed_id": "GEN-010"}}', sha256('x'), 'proposed', $1, '[{"question": "cost", "accepted": true, "note": ""}]')`, [personOf('architect')]);
    house.neighbours.answers.push({ ok: true, code: 'ok', message: '', evolutionId: 'EVOLUTION-002' } as never);
    expect(await post('architect', '/v1/evolutions', { proposal: { title: 'More' } })).toMatchObject({ status: 201, body: { id: 'EVOLUTION-002', state: 'proposed', seed: null, proposedBy: personOf('architect'), proposer: expect.any(String), decider: null } });
    await gateway.database.admin(`insert into app.governance_review (id, kind, subject, version, sha256, role, verdict, notes, person_id) values (gen_random_uuid(), 'evolution', 'EVOLUTION-002', 1, sha256('x'), 'vision_guardian', 'rejected', 'it goes too far', $1)`, [personOf('guardian')]);
    expect((await gateway.call('gov', 'GET', '/v1/evolutions/EVOLUTION-002/reviews')).body).toMatchObject({ items: [{ verdict: 'rejected', notes: 'it goes too far', by: expect.any(String) }] });
    expect((await gateway.call('genesis', 'GET', '/v1/evolutions')).body).toMatchObject({ items: [{ id: 'EVOLUTION-002', reviews: [{ role: 'genesis', state: 'missing' }, {}, {}], proposer: expect.any(String) }, { id: 'EVOLUTION-001', state: 'approved', seed: 'GEN-002' }] });
    // page by page, the newest first, each with its own reviews
    await gateway.database.admin(`insert into app.evolution (id, number, request_id, proposal, sha256, state, proposed_by) select 'EVOLUTION-00' || n, n, gen_random_uuid(), '{"title": "More", "seed": {"seed_id": "GEN-011"}}', sha256('y'), 'proposed', $1 from generate_series(3, 4) n`, [personOf('architect')]);
    const pages: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { items, nextCursor } = (await gateway.call('genesis', 'GET', `/v1/evolutions?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)).body as { items: { id: string; reviews: { role: string; state: string }[] }[]; nextCursor: string | null };
      pages.push(items.map(({ id, reviews }) => [id, reviews.find(({ role }) => role === 'vision_guardian')?.state]));
      cursor = nextCursor;
    }
    expect(pages).toEqual([[['EVOLUTION-004', 'missing'], ['EVOLUTION-003', 'missing']], [['EVOLUTION-002', 'rejected'], ['EVOLUTION-001', undefined]]]);
    await gateway.database.admin(`delete from app.evolution where number > 2`);
    const answered = await post('gov', '/v1/evolutions/EVOLUTION-002/answers', { question: 'timeline', accepted: false });
    expect(answered).toMatchObject({ status: 200, body: { answers: [{ question: 'delegation', accepted: null }, {}, {}, {}, { question: 'cost', accepted: true }, { question: 'timeline' }] } });
    expect(heard()).toMatchObject({ command: 'confirm_evolution', request: { evolutionId: 'EVOLUTION-002', question: 'timeline', accepted: false, note: '', by: { personId: personOf('gov') } } });
    house.neighbours.answers.push({ ok: false, code: 'questions_open', message: 'not answered yet: delegation' });
    expect(await post('gov', '/v1/evolutions/EVOLUTION-002/decision', { verb: 'approve', rationale: ['x'] })).toMatchObject({ status: 409, body: { code: 'questions_open', detail: 'not answered yet: delegation' } });
    expect((await gateway.call('gov', 'GET', '/v1/evolutions/EVOLUTION-999')).status).toBe(404);
  });

  it('tells of a move that waits for a person, and of the question it waits for', async () => {
    const approvalId = GoalId.next();
    house.neighbours.answers.push({ ok: false, code: 'spawn_requires_approval', message: 'only with a person’s approval', approvalId } as never);
    expect(await post('gov', `/v1/teams/${work.teamId}/deploy`)).toMatchObject({ status: 200, body: { state: 'active', approvalId: wireId('spawnApproval', approvalId) } });
  });

  it('wants to know why a team is stopped', async () => {
    for (const body of [{}, { reason: ' ' }]) expect(await post('asha', `/v1/teams/${work.teamId}/suspend`, body)).toMatchObject({ status: 422, body: { code: 'reason_missing' } });
  });

  it('carries a goal to the manager, and its end too', async () => {
    const answer = await post('asha', `/v1/teams/${work.teamId}/goals`, { text: 'Document it', repository, repair: { check: 'npm test', candidates: [] } });
    expect(answer.status).toBe(201);
    expect(heard()).toEqual({ command: 'submit', request: { teamId: work.teamId, goalId: (answer.body as { id: string }).id, by: by('asha', 'customer_governor'), text: 'Document it', repository, repair: { check: 'npm test', candidates: [] } } });
    expect(await post('asha', `/v1/teams/${work.teamId}/goals/${proposal.goalId}/cancel`, { reason: 'changed my mind' })).toMatchObject({ status: 200, body: { state: 'proposed' } });
    expect(heard()).toMatchObject({ command: 'cancel', request: { goalId: proposal.goalId, reason: 'changed my mind' } });
  });

  it('carries what the goal says becomes of its result, and refuses at once where the operator lets nothing leave', async () => {
    const goal = (effect: object) => post('asha', `/v1/teams/${work.teamId}/goals`, { text: 'Report', repository, effect });
    const mail = { kind: 'email.send', to: ['asha@chai.example'], subject: 'This week', body: 'out/report.md' };
    expect((await goal(mail)).status).toBe(201);
    expect(heard()).toMatchObject({ command: 'submit', request: { effect: { ...mail, from: 'reports@chai.example', cc: [], attachments: [] } } });
    const before = house.neighbours.heard.length;
    expect(await goal({ ...mail, to: ['ben@evil.example'] })).toMatchObject({ status: 403, body: { code: 'recipient_not_allowed' } });
    expect(await goal({ kind: 'http.post', url: 'https://hooks.chai.example/', body: 'a.json' })).toMatchObject({ status: 403, body: { code: 'effect_not_allowed' } });
    expect(await goal({ ...mail, subject: 'x\nBcc: y' })).toMatchObject({ status: 422, body: { code: 'subject_invalid' } });
    expect((await goal({ kind: 'sms.send' })).status).toBe(422);
    const { teamId: theirs } = await seedTeamOf(gateway.database, 'ben');
    expect(await post('ben', `/v1/teams/${theirs}/goals`, { text: 'Report', repository, effect: mail })).toMatchObject({ status: 403, body: { code: 'effect_not_allowed' } });
    expect(house.neighbours.heard).toHaveLength(before);
  });

  it('carries an answer to a blocked task, and no answer that is none', async () => {
    const route = `/v1/teams/${work.teamId}/goals/${proposal.goalId}/tasks/${proposal.taskId}/answer`;
    expect(await post('asha', route, { answer: 'retry', note: 'shorter' })).toMatchObject({ status: 200, body: { state: 'proposed' } });
    expect(heard()).toEqual({ command: 'answer', request: { teamId: work.teamId, goalId: proposal.goalId, taskId: proposal.taskId, by: by('asha', 'customer_governor'), answer: 'retry', note: 'shorter' } });
    for (const body of [{}, { answer: 'maybe' }, { answer: 'retry', note: 'x'.repeat(2001) }]) expect((await post('asha', route, body)).status).toBe(422);
    expect((await post('ben', route, { answer: 'retry' })).status).toBe(404);
    house.neighbours.answers.push({ ok: false, code: 'task_not_blocked', message: 'The task is done.' });
    expect(await post('asha', route, { answer: 'skip' })).toMatchObject({ status: 409, body: { code: 'task_not_blocked' } });
  });

  it('carries a move of a card to the manager, and shows the card as it stands then: whose turn it is, and what the reader may do', async () => {
    const card = `/v1/teams/${work.teamId}/tasks/${proposal.taskId}`;
    const told = (kind: string, body: object) => gateway.database.admin(`insert into app.task_event (team_id, id, task_id, kind, actor, body) values ($1, gen_random_uuid(), $2, $3, $4, $5)`, [work.teamId, proposal.taskId, kind, personOf('asha'), JSON.stringify(body)]);
    await told('review_requested', { reviewer: `person:${personOf('asha')}` });
    const { round, review } = ((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/board`)).body as Board).columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === proposal.taskId)!;
    const seen = { round, request: review.request };
    expect(seen.request).toEqual(expect.any(String));
    expect(await post('asha', `${card}/request-review`, { ...seen, reviewer: `person:${personOf('asha')}` })).toMatchObject({ status: 200, body: { column: 'review', changed: true, card: { review: { state: 'review', reviewer: { name: 'Asha' } }, turn: { owner: 'user', name: 'Asha', action: 'review' }, moves: ['start_review', 'approve'] } } });
    expect(heard()).toEqual({ command: 'move card', request: { teamId: work.teamId, taskId: proposal.taskId, by: by('asha', 'customer_governor'), move: 'request_review', seen, reviewer: `person:${personOf('asha')}` } });
    const staff = (await gateway.call('ops', 'GET', `/v1/teams/${work.teamId}/board`)).body as Board;
    // the operator has the columns in another order
    const columns = ['todo', 'in_progress', 'done', 'review', 'approved'] as const;
    await setTeamPolicy(gateway.database, { board: { columns: [...columns] } });
    expect(((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/board`)).body as Board).columns.map(({ id }) => id)).toEqual(columns);
    await setTeamPolicy(gateway.database);
    expect(staff.columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === proposal.taskId)).toMatchObject({ review: { state: 'review', reviewer: { name: '' } }, turn: { name: '' }, moves: [] });
    house.neighbours.answers.push({ ok: true, code: 'unchanged', message: '' });
    expect(await post('asha', `${card}/start-review`, seen)).toMatchObject({ status: 200, body: { changed: false } });
    house.neighbours.answers.push({ ok: false, code: 'review_is_anothers', message: 'Somebody else is asked.' });
    expect(await post('asha', `${card}/approve`, seen)).toMatchObject({ status: 403, body: { code: 'review_is_anothers' } });
    await told('review_changes_requested', { note: 'Shorter, please' });
    expect(await post('asha', `${card}/request-changes`, { round, comment: 'Shorter, please' })).toMatchObject({ status: 200, body: { card: { review: { state: 'needs_fix', note: 'Shorter, please' } } } });
    expect(heard()).toMatchObject({ request: { move: 'request_changes', seen: { round, request: null }, comment: 'Shorter, please' } });
    const history = (await gateway.call('asha', 'GET', `${card}/history`)).body as TaskHistory;
    expect(history.items.map(({ kind, actor, about }) => [kind, actor, about])).toEqual([['review_requested', 'Asha', 'Asha'], ['review_changes_requested', 'Asha', '']]);
    expect(((await gateway.call('ops', 'GET', `${card}/history`)).body as TaskHistory).items.map(({ actor, about, body }) => [actor, about, body])).toEqual([['', '', {}], ['', '', {}]]);
    // however much came before, what happened last is there
    await gateway.database.admin(`insert into app.task_event (team_id, id, task_id, kind, actor, at) select $1, gen_random_uuid(), $2, 'review_nudged', $3, now() - interval '1 day' - n * interval '1 second' from generate_series(1, 1100) n`, [work.teamId, proposal.taskId, personOf('asha')]);
    const long = (await gateway.call('asha', 'GET', `${card}/history`)).body as TaskHistory;
    expect([long.items.length, long.items.at(-1)?.kind, long.items.at(-2)?.kind]).toEqual([1000, 'review_changes_requested', 'review_requested']);
    expect(((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/board`)).body as Board).columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === proposal.taskId)).toMatchObject({ review: { state: 'needs_fix' } });
    for (const [verb, body] of [['request-review', { ...seen, reviewer: 'asha' }], ['request-changes', { ...seen, comment: 'x'.repeat(2001) }], ['assign', seen], ['approve', {}], ['remove', { request: null }]] as const) expect((await post('asha', `${card}/${verb}`, body)).status).toBe(422);
    expect(await post('ben', `${card}/approve`, seen)).toMatchObject({ status: 404 });
    await gateway.database.admin(`delete from app.task_event where team_id = $1`, [work.teamId]);
  });

  it('carries a new task and who reviews: a person who governs for the customer, and nobody else', async () => {
    const tasks = `/v1/teams/${work.teamId}/tasks`;
    const added = await post('asha', tasks, { goalId: proposal.goalId, title: 'Say why', memberId: work.memberId });
    expect(added).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    expect(heard()).toEqual({ command: 'add card', request: { teamId: work.teamId, goalId: proposal.goalId, taskId: (added.body as { id: string }).id, by: by('asha', 'customer_governor'), title: 'Say why', detail: '', memberId: work.memberId } });
    expect(await post('asha', tasks, { goalId: proposal.goalId, title: 'Then', dependsOn: [proposal.taskId] })).toMatchObject({ status: 201 });
    expect(heard()).toMatchObject({ request: { title: 'Then', dependsOn: [proposal.taskId] } });
    for (const wrong of ['x', ['x'], Array.from({ length: 61 }, () => proposal.taskId)]) expect(await post('asha', tasks, { goalId: proposal.goalId, title: 'Then', dependsOn: wrong })).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    for (const code of ['dependency_unknown', 'dependencies_too_deep']) {
      house.neighbours.answers.push({ ok: false, code, message: 'No.' });
      expect(await post('asha', tasks, { goalId: proposal.goalId, title: 'Then', dependsOn: [uuidv7()] })).toMatchObject({ status: 422, body: { code } });
    }
    const reviewers = (list: string[]) => gateway.call('asha', 'PUT', `/v1/teams/${work.teamId}/board/reviewers`, { body: { reviewers: list }, headers: { 'if-match': '"7"' } });
    for (const wrong of [`person:${personOf('ben')}`, `person:${personOf('gov')}`, `member:${work.memberId}`]) expect(await reviewers([wrong])).toMatchObject({ status: 422, body: { code: 'reviewer_unknown' } });
    expect((await reviewers(['asha'])).status).toBe(422);
    expect((await reviewers([`person:${personOf('asha')}`])).status).toBe(200);
    expect(heard()).toMatchObject({ command: 'set reviewers', request: { reviewers: [`person:${personOf('asha')}`], version: 7 } });
    expect((await gateway.call('asha', 'PUT', `/v1/teams/${work.teamId}/board/reviewers`, { body: { reviewers: [] } })).status).toBe(428);
  });

  it('shows what a member asks and whose turn its task is, carries a person’s answer, and shows platform staff none of the words', async () => {
    const [instance, question] = [uuidv7(), uuidv7()];
    await gateway.database.admin(`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
      select k.team_id, $2, $3, k.goal_id, k.id, gen_random_uuid(), 'worker', 't', 'running', '{}', '{}', '', 1, 3, t.epoch from app.task k join app.team t on t.team_id = k.team_id where k.team_id = $1 and k.id = $4`, [work.teamId, instance, work.memberId, proposal.taskId]);
    await gateway.database.admin(`insert into app.clarification (team_id, id, task_id, member_id, instance_id, asked_of, question, choices, due_at) values ($1, $2, $3, $4, $5, 'user', 'Which licence?', '["MIT"]', now() + interval '1 hour')`, [work.teamId, question, proposal.taskId, work.memberId, instance]);
    const path = `/v1/teams/${work.teamId}/clarifications`;
    const listed = async (who = 'asha', more = '') => (await gateway.call(who as 'asha', 'GET', `${path}${more}`)).body;
    const turn = async () => ((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/board`)).body as { columns: { tasks: { id: string; turn: object }[] }[] }).columns.flatMap(({ tasks }) => tasks).find(({ id }) => id === proposal.taskId)?.turn;
    expect(await listed()).toMatchObject({ items: [{ id: question, state: 'open', of: 'user', member: { name: 'Dora' }, taskId: proposal.taskId, question: 'Which licence?', choices: ['MIT'], answer: '', answeredAt: null }], nextCursor: null });
    expect(await listed('ops')).toMatchObject({ items: [{ id: question, state: 'open', question: '', choices: [] }] });
    const answer = `${path}/${question}/answer`;
    const sent = await post('asha', answer, { text: 'MIT' });
    expect(sent.status).toBe(201);
    expect(heard()).toEqual({ command: 'answer clarification', request: { teamId: work.teamId, questionId: question, messageId: (sent.body as { id: string }).id, by: by('asha', 'customer_governor'), text: 'MIT' } });
    for (const [body, status] of [[{}, 422], [{ text: '' }, 422], [{ text: 'x'.repeat(4001) }, 422]] as const) expect((await post('asha', answer, body)).status).toBe(status);
    house.neighbours.answers.push({ ok: false, code: 'question_over', message: 'Too late.' });
    expect(await post('asha', answer, { text: 'MIT' })).toMatchObject({ status: 410 });
    expect((await post('ops', answer, { text: 'MIT' })).status).toBe(403);
    const stands = async (): Promise<[string, unknown]> => [(await listed() as { items: { state: string }[] }).items[0]!.state, ((await turn()) as { action?: string } | undefined)?.action];
    const asking = await stands();
    await gateway.database.admin(`update app.clarification set at = at - interval '2 hours', due_at = at - interval '1 hour' where id = $1`, [question]);
    expect((await stands())[0]).toBe('timeout');
    await gateway.database.admin(`update app.clarification set due_at = now() + interval '1 hour', given_up_at = now(), given_up_for = 'withdrawn' where id = $1`, [question]);
    expect((await stands())[0]).toBe('withdrawn'); // it was asked to end, and works on
    await gateway.database.admin(`update app.clarification set given_up_at = null, given_up_for = null where id = $1`, [question]);
    await gateway.database.admin(`update app.instance set state = 'completed', ended_at = now() where id = $1`, [instance]);
    const alone = await stands();
    expect([asking, alone]).toEqual([['open', 'clarify_with_user'], ['withdrawn', 'none']]);
    expect(await listed('asha', '?open=true')).toMatchObject({ items: [] });
    await gateway.database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, task_id, text, answers) values ($1, $2, 'message', 'person', $3, $4, $5, 'MIT', $6)`, [work.teamId, uuidv7(), personOf('asha'), work.memberId, proposal.taskId, question]);
    expect(await listed()).toMatchObject({ items: [{ state: 'answered', answer: 'MIT', answeredBy: 'Asha', answeredAt: expect.any(String) }] });
    for (const [table, column, id] of [['member_message', 'answers', question], ['clarification', 'id', question], ['instance', 'id', instance]]) await gateway.database.admin(`delete from app.${table} where ${column} = $1`, [id]);
  });

  it('carries what a person writes to a member, and shows how far it has come: of platform staff nobody reads it', async () => {
    const messages = `/v1/teams/${work.teamId}/messages`;
    const sent = await post('asha', messages, { to: work.memberId, text: 'Mind the README' });
    expect(sent.status).toBe(201);
    const { id } = sent.body as { id: string };
    expect(heard()).toEqual({ command: 'send to member', request: { teamId: work.teamId, messageId: id, by: by('asha', 'customer_governor'), kind: 'message', to: work.memberId, text: 'Mind the README', summary: '' } });
    await gateway.database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, text) values ($1, $2, 'message', 'person', $3, $4, 'Mind the README')`, [work.teamId, id, personOf('asha'), work.memberId]);
    await gateway.database.admin(`insert into app.message_receipt (team_id, message_id, member_id, delivered_at, delivered_to) values ($1, $2, $3, now(), $4)`, [work.teamId, id, work.memberId, TaskId.next()]);
    const listed = (await gateway.call('asha', 'GET', messages)).body as { items: { seq: number }[] };
    expect(listed).toMatchObject({ items: [{ id, from: 'Asha', to: { name: 'Dora' }, text: 'Mind the README', receipts: [{ member: { name: 'Dora' }, state: 'delivered', deliveredTo: expect.stringMatching(/^ins_/), readAt: null }] }], nextCursor: null });
    expect((await gateway.call('ops', 'GET', messages)).body).toMatchObject({ items: [{ id, from: '', text: '', receipts: [{ state: 'delivered' }] }] });
    expect((await gateway.call('asha', 'GET', `${messages}?member=${work.managerId}`)).body).toMatchObject({ items: [] });
    expect((await gateway.call('asha', 'GET', `${messages}?archived=true`)).body).toMatchObject({ items: [] });
    expect((await post('asha', `${messages}/archive`, { upTo: listed.items[0]!.seq })).status).toBe(200);
    expect(heard()).toMatchObject({ command: 'archive messages', request: { upTo: listed.items[0]!.seq } });
    const interrupt = `/v1/teams/${work.teamId}/members/${work.memberId}/interrupt`;
    expect(await post('asha', interrupt, { text: 'Stop that' })).toMatchObject({ status: 201, body: { stopped: 0 } });
    expect(heard()).toMatchObject({ command: 'send to member', request: { kind: 'interrupt', to: work.memberId, text: 'Stop that' } });
    // a stop comes before any word, and ends what has not begun, too
    const agents = await Promise.all((['running', 'queued'] as const).map((state) => gateway.database.admin<{ id: string }>(`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
      select team_id, gen_random_uuid(), $3, goal_id, id, gen_random_uuid(), 'worker', 't', $2, '{}', '{}', '', 1, 3, 1 from app.task where team_id = $1 and id = $4 returning id`, [work.teamId, state, work.memberId, proposal.taskId])));
    const before = house.neighbours.heard.length;
    expect(await post('asha', interrupt, { text: ' ', stop: true })).toMatchObject({ status: 422, body: { code: 'text_missing' } });
    expect(house.neighbours.heard).toHaveLength(before); // nothing is stopped for what is refused
    house.neighbours.answers.push({ ok: true, code: 'ok', message: '', stopped: 2 } as never);
    const text = `${'x'.repeat(499)}\u{1f375}\u{1f375}`;
    expect(await post('asha', interrupt, { text, stop: true })).toMatchObject({ status: 201, body: { stopped: 4 } });
    expect(house.neighbours.heard[before]).toMatchObject({ request: { reason: text.slice(0, 501) } });
    const words = house.neighbours.heard.slice(before).map(({ command }) => command);
    expect([words[0], words.slice(1, -1), words.at(-1)]).toEqual(['stop member', ['cancel instance', 'cancel instance'], 'send to member']);
    expect(heard()).toMatchObject({ request: { kind: 'interrupt', stopped: true } });
    await gateway.database.admin(`delete from app.instance where id = any ($1)`, [agents.flat().map(({ id }) => id)]);
    expect((await post('asha', `/v1/teams/${work.teamId}/members/${TaskId.next()}/interrupt`, { text: 'x' })).status).toBe(404);
    for (const body of [{}, { text: '' }, { text: 'x'.repeat(10_001) }, { text: 'x', to: 'Dora' }]) expect((await post('asha', messages, body)).status).toBe(422);
    house.neighbours.answers.push({ ok: false, code: 'message_rate_exceeded', message: 'Wait a little.' });
    expect(await post('asha', messages, { text: 'x' })).toMatchObject({ status: 429 });
  });

  it('shows what the platform itself told a member about its task, with how far it has come', async () => {
    const id = TaskId.next();
    await gateway.database.admin(`insert into app.member_message (team_id, id, kind, from_kind, to_id, task_id, text) values ($1, $2, 'message', 'system', $3, $4, 'Ask again')`, [work.teamId, id, work.memberId, proposal.taskId]);
    await gateway.database.admin(`insert into app.message_receipt (team_id, message_id, member_id, delivered_at, delivered_to, read_at) values ($1, $2, $3, now(), $4, now())`, [work.teamId, id, work.memberId, TaskId.next()]);
    const { items } = (await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/messages`)).body as { items: { id: string }[] };
    expect(items.find((message) => message.id === id)).toMatchObject({ kind: 'message', fromKind: 'system', from: 'system', to: { name: 'Dora' }, taskId: proposal.taskId, text: 'Ask again', receipts: [{ member: { name: 'Dora' }, state: 'read' }] });
  });

  it('takes files for a message within every budget, to the byte, and gives them to the team’s people alone', async () => {
    const MIB = 1024 * 1024;
    const attachment = (bytes: Buffer, sha256 = createHash('sha256').update(bytes).digest('hex')) => gateway.call('asha', 'PUT', `/v1/teams/${work.teamId}/attachments/${sha256}`, { raw: bytes, headers: { 'content-type': 'application/octet-stream' } });
    const gif = (width: number, height: number, bytes = 10): Buffer => { const all = Buffer.alloc(bytes); all.write('GIF89a'); all.writeUInt16LE(width, 6); all.writeUInt16LE(height, 8); return all; };
    const codeOf = ({ status, body }: Answer): unknown => (status < 300 ? status : (body as { code: string }).code);
    const handIn = async (bytes: Buffer) => { const answer = await attachment(bytes); expect(codeOf(answer)).toBe(200); return (answer.body as { sha256: string }).sha256; };
    const filled = (bytes: number, salt: number) => Buffer.alloc(bytes, salt);
    expect(await Promise.all([attachment(filled(10 * MIB, 1)), attachment(filled(10 * MIB + 1, 1)), attachment(filled(10 * MIB + 2, 1)), attachment(gif(2000, 2000, 1.5 * MIB)), attachment(gif(2000, 2000, 1.5 * MIB + 1)), attachment(gif(2001, 1)), attachment(gif(6000, 4000)), attachment(gif(6001, 4000)), attachment(Buffer.from('a'), 'b'.repeat(64))]).then((all) => all.map(codeOf)))
      .toEqual([200, 'attachment_too_large', 'body_too_large', 200, 'image_not_reduced', 'image_not_reduced', 'image_not_reduced', 'image_too_many_pixels', 'attachment_hash']);
    const messages = `/v1/teams/${work.teamId}/messages`;
    const send = async (...attachments: object[]) => codeOf(await post('asha', messages, { to: work.memberId, text: 'See these', attachments }));
    const named = (sha256: string, at: number) => ({ name: `${at}.bin`, sha256 });
    const few = await Promise.all(Array.from({ length: 6 }, (_, at) => handIn(filled(8, 10 + at))));
    expect([await send(...few.slice(0, 5).map(named)), await send(...few.map(named))]).toEqual([201, 'attachments_too_many']);
    expect(heard()).toMatchObject({ command: 'send to member', request: { attachments: few.slice(0, 5).map(named) } });
    const [one, two] = [await handIn(filled(10 * MIB, 1)), await handIn(filled(10 * MIB, 2))];
    expect([await send(named(one, 1), named(two, 2)), await send(named(one, 1), named(two, 2), named(await handIn(filled(1, 3)), 3))]).toEqual([201, 'attachments_too_large']);
    const images = await Promise.all([gif(10, 10, 1.5 * MIB), gif(10, 11, 1.5 * MIB), gif(10, 12, MIB), gif(10, 13, MIB + 1)].map(handIn));
    expect([await send(...images.slice(0, 3).map(named)), await send(...[images[0]!, images[1]!, images[3]!].map(named))]).toEqual([201, 'attachments_too_large']);
    // a message that brings them itself: all of it has 7.5 MiB
    const bodyOf = (bytes: number): string => { const frame = JSON.stringify({ text: 'x', attachments: [{ name: 'a.bin', contentBase64: '' }] }); const left = bytes - frame.length; return frame.replace('""', `"${'A'.repeat(left - (left % 4))}"`) + ' '.repeat(left % 4); };
    const whole = (bytes: number) => gateway.call('asha', 'POST', messages, { raw: bodyOf(bytes) });
    expect([codeOf(await whole(7.5 * MIB)), codeOf(await whole(7.5 * MIB + 1))]).toEqual([201, 'body_too_large']);
    for (const wrong of [{ name: 'a' }, { name: 'a', sha256: few[0], contentBase64: 'AAAA' }, { name: '../a', sha256: few[0] }, { name: 'a', sha256: 'f'.repeat(64) }]) expect([wrong, await send(wrong)]).toEqual([wrong, expect.stringMatching(/attachment_unclear|invalid_input|attachment_unknown/)]);
    const read = (who: string, sha256 = few[0]!) => gateway.call(who, 'GET', `/v1/teams/${work.teamId}/attachments/${sha256}`);
    expect([(await read('asha')).status, (await read('ops')).status, (await read('ben')).status, (await read('asha', 'f'.repeat(64))).status]).toEqual([200, 403, 404, 404]);
    expect((await read('asha')).headers.get('content-disposition')).toMatch(/^attachment/);
    expect((await gateway.call('asha', 'DELETE', `${messages}/${TaskId.next()}`)).status).toBe(204);
    expect(heard()).toMatchObject({ command: 'erase message' });
    // what no message names is gone after a day, and takes no place before
    await gateway.database.admin(`update app.attachment set at = at - interval '25 hours' where team_id = $1`, [work.teamId]);
    await new Attachments(gateway.database.as('gateway')).forgetUnnamed();
    expect((await read('asha')).status).toBe(404);
    const large = await handIn(filled(1, 100));
    await gateway.database.admin(`update app.attachment set size = $2 where team_id = $1 and sha256 = decode($3, 'hex')`, [work.teamId, 100 * MIB - 1, large]);
    expect([codeOf(await attachment(filled(2, 200))), codeOf(await attachment(filled(1, 200))), codeOf(await attachment(filled(1, 201))), codeOf(await attachment(filled(1, 200)))]).toEqual(['attachments_waiting', 200, 'attachments_waiting', 200]);
    await gateway.database.admin(`update app.attachment set size = $2 where team_id = $1 and sha256 = decode($3, 'hex')`, [work.teamId, 1024 * MIB, large]);
    expect(codeOf(await attachment(filled(1, 202)))).toBe('attachments_full');
    await gateway.database.admin(`delete from app.attachment where team_id = $1`, [work.teamId]);
  });

  it('shows members as they live, with what their processes use, and what their agents said: staff not a word of it', async () => {
    const members = `/v1/teams/${work.teamId}/members`;
    const [{ id: runId }] = await gateway.database.admin<{ id: string }>(`update app.worker_run set state = 'running', started_at = now() - interval '9 seconds', heartbeat_at = now(), queued_at = now() - interval '10 seconds' where task_id = $1 returning id`, [proposal.taskId]) as [{ id: string }];
    for (const [seconds, cpu] of [[0, 100], [2, 1100]]) await gateway.database.admin(`insert into app.run_sample (team_id, run_id, at, memory_bytes, cpu_ms) values ($1, $2, timestamptz '2026-01-01 00:00:00+00' + make_interval(secs => $3), 50000000, $4)`, [work.teamId, runId, seconds, cpu]);
    for (const seq of [1, 2]) await gateway.database.admin(`insert into app.worker_log (team_id, run_id, seq, stream, line) values ($1, $2, $3, 'stderr', $4)`, [work.teamId, runId, seq, `line ${seq}`]);
    const quiet = (minutes: number): Promise<unknown> => gateway.database.admin(`update app.worker_run set heartbeat_at = now() - make_interval(mins => $2), started_at = now() - interval '1 hour' where id = $1`, [runId, minutes]);
    const activity = async (): Promise<string> => ((await gateway.call('asha', 'GET', members)).body as MemberList).items[1]!.activity;
    await quiet(6);
    expect(await activity()).toBe('idle');
    await setTeamPolicy(gateway.database, { members: { idleMinutes: 8, startSeconds: 90 } });
    expect(await activity()).toBe('active');
    await setTeamPolicy(gateway.database);
    await gateway.database.admin(`update app.worker_run set heartbeat_at = now(), started_at = now() - interval '9 seconds' where id = $1`, [runId]);
    const [mira, dora] = ((await gateway.call('asha', 'GET', members)).body as MemberList).items;
    expect(mira).toMatchObject({ name: 'Mira', kind: 'manager', activity: 'idle', evidence: 'not_found', launch: 'not_started', run: null, samples: [] });
    expect(dora).toMatchObject({ name: 'Dora', activity: 'active', evidence: 'confirmed_bootstrap', launch: 'confirmed_alive', run: { id: runId, taskId: proposal.taskId, progress: 'wrote comments' }, samples: [{ cpuThousandths: 0 }, { memoryBytes: 50_000_000, cpuThousandths: 500 }] });
    expect(((await gateway.call('ops', 'GET', members)).body as MemberList).items[1]).toMatchObject({ activity: 'active', run: { progress: '' } });
    // what waits for its turn beside it is no sign of less life
    const waiting = uuidv7();
    await gateway.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) values ($1, $2, $3, $4, 1, 9, 'queued', 1)`, [work.teamId, waiting, proposal.taskId, work.memberId]);
    expect(((await gateway.call('asha', 'GET', members)).body as MemberList).items[1]).toMatchObject({ evidence: 'confirmed_bootstrap', run: { id: runId } });
    await gateway.database.admin(`delete from app.worker_run where id = $1`, [waiting]);
    const log = async (persona: string, query = '') => (await gateway.call(persona, 'GET', `${members}/${work.memberId}/log${query}`)).body as MemberLog;
    const first = await log('asha', '?limit=1');
    expect(first).toMatchObject({ items: [{ runId, taskId: proposal.taskId, seq: 2, line: 'line 2' }] });
    expect(await log('asha', `?cursor=${first.nextCursor}`)).toMatchObject({ items: [{ seq: 1, line: 'line 1' }], nextCursor: null });
    expect((await log('asha', `?task=${TaskId.next()}`)).items).toEqual([]);
    expect((await log('ops')).items.map(({ line }) => line)).toEqual(['', '']);
    // asked to end: what it says stands with it, and without a yes it is ended only when it has said no or nothing in time
    const shutdown = `${members}/${work.memberId}/shutdown`;
    const stop = () => post('asha', `${shutdown}/stop`, {});
    const dora2 = async (who = 'asha') => ((await gateway.call(who as 'asha', 'GET', members)).body as MemberList).items[1]!;
    expect([(await gateway.call('asha', 'GET', members)).body, (await dora2()).shutdown]).toMatchObject([{ launched: 'clean_success' }, null]);
    expect(await stop()).toMatchObject({ status: 409, body: { code: 'shutdown_not_asked' } });
    const wished = await post('asha', shutdown, { reason: 'We move the machine', waitSeconds: 30 });
    const { id: messageId } = wished.body as { id: string };
    expect([wished.status, heard()]).toEqual([201, { command: 'send to member', request: { teamId: work.teamId, messageId, by: by('asha', 'customer_governor'), kind: 'shutdown', to: work.memberId, text: 'We move the machine', summary: '', waitSeconds: 30 } }]);
    for (const body of [{}, { reason: 'x', waitSeconds: 4 }, { reason: 'x', waitSeconds: 3601 }]) expect((await post('asha', shutdown, body)).status).toBe(422);
    expect([(await post('ops', shutdown, { reason: 'x' })).status, (await post('ops', `${shutdown}/stop`, {})).status, (await post('asha', `${members}/${TaskId.next()}/shutdown/stop`, {})).status]).toEqual([403, 403, 404]);
    await gateway.database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, text, due_at) values ($1, $2, 'shutdown', 'person', $3, $4, 'We move the machine', now() + interval '1 minute')`, [work.teamId, messageId, personOf('asha'), work.memberId]);
    await gateway.database.admin(`insert into app.message_receipt (team_id, message_id, member_id) values ($1, $2, $3)`, [work.teamId, messageId, work.memberId]);
    expect([(await dora2()).shutdown, (await dora2('ops')).shutdown, (await stop()).body]).toMatchObject([{ id: messageId, state: 'asked', reason: 'We move the machine', answer: '', answeredAt: null }, { state: 'asked', reason: '' }, { code: 'shutdown_pending' }]);
    // a second run that was queued later changes nothing of it, whichever of the two is heard last
    const younger = uuidv7();
    await gateway.database.admin(`insert into app.worker_run select (jsonb_populate_record(r, jsonb_build_object('id', $2::text, 'attempt', r.attempt + 1, 'instance_id', null, 'queued_at', now()))).* from app.worker_run r where id = $1`, [runId, younger]);
    for (const heard of [runId, younger]) {
      await gateway.database.admin(`update app.worker_run set heartbeat_at = case when id = $2 then now() else now() - interval '2 seconds' end where id = any ($1)`, [[runId, younger], heard]);
      expect([(await dora2()).run?.id, (await dora2()).shutdown?.state, ((await stop()).body as { code: string }).code]).toEqual([heard, 'asked', 'shutdown_pending']);
    }
    // what begins when all of those are gone is not asked, and nothing waits for it
    const { waitingMail } = await dora2();
    await gateway.database.admin(`update app.worker_run set state = 'stopped', ended_at = now() where id = $1`, [runId]);
    expect([await dora2(), (await stop()).body]).toMatchObject([{ run: { id: younger }, shutdown: null, waitingMail: waitingMail - 1 }, { code: 'shutdown_not_asked' }]);
    await gateway.database.admin(`update app.worker_run set state = 'failed' where id = $1`, [runId]); // but the next try of one that was lost
    expect(await dora2()).toMatchObject({ run: { id: younger }, shutdown: { id: messageId, state: 'asked' }, waitingMail });
    await gateway.database.admin(`update app.worker_run set state = 'running', ended_at = null where id = $1`, [runId]);
    await gateway.database.admin(`delete from app.worker_run where id = $1`, [younger]);
    await gateway.database.admin(`update app.message_receipt set delivered_at = now(), delivered_to = $2, read_at = now(), answered_at = now(), approve = false, reason = 'Almost done' where message_id = $1`, [messageId, uuidv7()]);
    expect([(await dora2()).shutdown, (await dora2('ops')).shutdown]).toMatchObject([{ state: 'refused', answer: 'Almost done' }, { answer: '' }]);
    house.neighbours.answers.push({ ok: true, code: 'ok', message: '', stopped: 2 } as never);
    expect(await stop()).toMatchObject({ status: 200, body: { stopped: 2 } });
    expect(heard()).toMatchObject({ command: 'stop member', request: { memberId: work.memberId } });
    await gateway.database.admin(`update app.message_receipt set approve = true where message_id = $1`, [messageId]);
    expect(await dora2()).toMatchObject({ activity: 'active', shutdown: { state: 'agreed' } }); // while something of it runs
    await gateway.database.admin(`update app.worker_run set state = 'stopped', ended_at = now() where id = $1`, [runId]);
    expect(await dora2()).toMatchObject({ activity: 'terminated' });
    for (const table of ['message_receipt', 'member_message']) await gateway.database.admin(`delete from app.${table} where ${table === 'message_receipt' ? 'message_id' : 'id'} = $1`, [messageId]);
    await gateway.database.admin(`update app.worker_run set state = 'submitted', started_at = null, heartbeat_at = null, ended_at = null where id = $1`, [runId]);
    for (const table of ['run_sample', 'worker_log']) await gateway.database.admin(`delete from app.${table} where team_id = $1`, [work.teamId]);
  });

  it('tells Genesis what managers recommend, whichever team it is of, and nobody else', async () => {
    const id = uuidv7();
    await gateway.database.admin(`insert into app.recommendation (team_id, id, member_id, reason, evidence) values ($1, $2, $3, 'keeps_failing', '{"reviewed": 0, "revised": 0, "flagged": 0, "failed": 3}')`, [work.teamId, id, work.memberId]);
    await gateway.database.admin(`insert into app.recommendation (team_id, id, member_id, reason, evidence, at) values ($1, $2, $3, 'flagged', '{}', now() - interval '8 days')`, [work.teamId, uuidv7(), work.memberId]);
    expect(await gateway.call('genesis', 'GET', '/v1/recommendations')).toMatchObject({ status: 200, body: { items: [{ id, teamId: work.teamId, teamName: 'Code care', member: 'Dora', recommends: 'suspension', reason: 'keeps_failing', failed: 3 }] } });
    expect((await gateway.call('asha', 'GET', '/v1/recommendations')).status).toBe(403);
    await gateway.database.admin(`delete from app.recommendation where team_id = $1`, [work.teamId]);
  });

  it('carries what people share, and gives whoever lost against another both versions', async () => {
    const workspace = `/v1/teams/${work.teamId}/workspace`;
    const added = await post('asha', workspace, { name: 'Style', content: 'Be brief.', taskId: proposal.taskId });
    const { id } = added.body as { id: string };
    expect(heard()).toEqual({ command: 'write context', request: { teamId: work.teamId, contextId: id, by: by('asha', 'customer_governor'), name: 'Style', visibility: 'task', taskId: proposal.taskId, content: 'Be brief.', expected: 0, overwrite: false } });
    await gateway.database.admin(`insert into app.context (team_id, id, name, visibility, task_id, version, sha256, size) values ($1, $2, 'Style', 'task', $3, 2, sha256('Be kind.'), 8)`, [work.teamId, id, proposal.taskId]);
    for (const [version, text] of [[1, 'Be brief.'], [2, 'Be kind.']]) await gateway.database.admin(`insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) values ($1, $2, $3, sha256($4::bytea), length($4), $4::bytea, $5, '{}')`, [work.teamId, id, version, text, `person:${personOf('asha')}`]);
    const read = await gateway.call('asha', 'GET', `${workspace}/${id}`);
    expect([read.headers.get('etag'), read.body]).toMatchObject(['"2"', { name: 'Style', content: 'Be kind.', reaches: 'whole', versions: [{ version: 2, writer: 'Asha', by: 'person', expected: 1, fromTaskId: null }, { version: 1, overwrote: false, erasedAt: null }] }]);
    // any version, by whoever may read the newest
    expect(await gateway.call('asha', 'GET', `${workspace}/${id}/versions/1`)).toMatchObject({ status: 200, body: { version: 1, writer: 'Asha', content: 'Be brief.' } });
    expect((await gateway.call('genesis', 'GET', `${workspace}/${id}/versions/1`)).body).toMatchObject({ version: 1, writer: '', content: null });
    expect([(await gateway.call('asha', 'GET', `${workspace}/${id}/versions/3`)).status, (await gateway.call('ben', 'GET', `${workspace}/${id}/versions/1`)).status]).toEqual([404, 404]);
    expect((await gateway.call('ops', 'GET', `${workspace}/${id}`)).body).toMatchObject({ name: '', content: null, versions: [{ writer: '' }, {}] });
    expect((await gateway.call('asha', 'GET', workspace)).body).toMatchObject({ items: [{ id, version: 2 }], limitBytes: 1024 ** 3, exceededAt: null });
    const put = (etag: string | undefined, query = '') => gateway.call('asha', 'PUT', `${workspace}/${id}${query}`, { body: { content: 'Be both.' }, headers: etag === undefined ? {} : { 'if-match': etag } });
    expect((await put(undefined)).status).toBe(428);
    house.neighbours.answers.push({ ok: false, code: 'stale_version', message: 'Version 2 was written in the meantime.' });
    expect(await put('"1"')).toMatchObject({ status: 412, body: { code: 'stale_version', current: { version: 2, content: 'Be kind.' }, yours: { content: 'Be both.', from: 1 } } });
    expect((await put('"1"', '?overwrite=true')).status).toBe(200);
    expect(heard()).toMatchObject({ request: { expected: 1, overwrite: true, content: 'Be both.', visibility: 'task' } });
    expect((await gateway.call('asha', 'DELETE', `${workspace}/${id}/versions/1`)).status).toBe(204);
    expect(heard()).toMatchObject({ command: 'erase context', request: { contextId: id, version: 1 } });
    expect((await gateway.call('ben', 'GET', `${workspace}/${id}`)).status).toBe(404);
    // a text that its manager wrote, and more than a member is given
    await gateway.database.admin(`update app.context_version set writer = 'member:' || $2::text, provenance = jsonb_build_object('by', 'manager', 'expected', 1, 'task', $3::text), content = convert_to(repeat('x', 10001), 'utf8'), sha256 = sha256(convert_to(repeat('x', 10001), 'utf8')) where team_id = $1 and version = 2`, [work.teamId, work.managerId, proposal.taskId]);
    expect((await gateway.call('asha', 'GET', `${workspace}/${id}`)).body).toMatchObject({ reaches: 'cut', versions: [{ writer: 'Mira', by: 'manager', expected: 1, fromTaskId: proposal.taskId }, {}] });
    const file = `/v1/teams/${work.teamId}/artifacts/${uuidv7()}/versions/1/content`;
    house.neighbours.answers.push({ ok: false, code: 'goal_not_finished', message: 'The goal is proposed.' });
    expect(await gateway.call('asha', 'DELETE', file)).toMatchObject({ status: 409, body: { code: 'goal_not_finished' } });
    expect(heard()).toMatchObject({ command: 'erase artifact', request: { version: 1, by: { personId: personOf('asha') } } });
    expect((await post('asha', workspace, { name: 'x', content: 'x'.repeat(40_001) })).status).toBe(422);
    for (const table of ['context_version', 'context']) await gateway.database.admin(`delete from app.${table} where team_id = $1`, [work.teamId]);
  });

  it('lists what the team keeps, texts and files, and takes another version of a text alone, under the artifacts’ name as under the workspace’s', async () => {
    const [artifacts, id] = [`/v1/teams/${work.teamId}/artifacts`, uuidv7()];
    await gateway.database.admin(`insert into app.context (team_id, id, name, visibility, version, sha256, size) values ($1, $2, 'Style', 'team', 2, sha256('Be kind.'), 8)`, [work.teamId, id]);
    for (const [version, text] of [[1, 'Be brief.'], [2, 'Be kind.']]) await gateway.database.admin(`insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) values ($1, $2, $3, sha256($4::bytea), length($4), $4::bytea, $5, '{}')`, [work.teamId, id, version, text, `person:${personOf('asha')}`]);
    const get = (who: string, path = '') => gateway.call(who, 'GET', `${artifacts}${path}`);
    const file = proposal.files[0]!;
    type Listed = { items: { id: string; kind: string; name: string }[]; nextCursor: string | null };
    const listed = async (who: string, query = ''): Promise<Listed> => (await get(who, query)).body as Listed;
    const all = (await listed('asha')).items;
    expect(all).toEqual(expect.arrayContaining([expect.objectContaining({ id, kind: 'text', name: 'Style', version: 2, taskId: null, erased: false }), expect.objectContaining({ id: file.artifactId, kind: 'file', name: 'src/a.js', taskId: proposal.taskId, sha256: file.sha256 })]));
    // page by page it is the same list, and each kind a part of it
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { items, nextCursor } = await listed('asha', `?limit=1${cursor && `&cursor=${cursor}`}`);
      paged.push(...items.map((item) => item.id));
      cursor = nextCursor;
    }
    expect(paged).toEqual(all.map((item) => item.id));
    const kinds = await Promise.all(['text', 'file'].map(async (kind) => (await listed('asha', `?kind=${kind}`)).items));
    expect(kinds.flat().map((item) => item.id).sort()).toEqual(paged.toSorted());
    expect((await get('asha', '?kind=page')).status).toBe(422);
    await gateway.database.admin(`update app.artifact set media_type = 'a word of the agent' where team_id = $1 and id = $2`, [work.teamId, file.artifactId]);
    expect(JSON.stringify((await listed('asha')).items)).toContain('a word of the agent');
    for (const path of ['', `/${file.artifactId}`]) expect(JSON.stringify((await get('ops', path)).body)).not.toMatch(/a word of the agent|src\/a\.js/);
    expect(new Set((await listed('ops')).items.map(({ name }) => name))).toEqual(new Set(['']));

    const text = await get('asha', `/${id}`);
    expect([text.headers.get('etag'), text.body]).toMatchObject(['"2"', { kind: 'text', content: 'Be kind.', versions: [{ version: 2, writer: 'Asha', by: 'person' }, { version: 1, overwrote: false, erased: false }] }]);
    expect((await get('asha', `/${id}/versions/1/content`)).text).toBe('Be brief.');
    expect((await get('asha', `/${file.artifactId}`)).body).toMatchObject({ kind: 'file', name: 'src/a.js', content: null, versions: [{ by: 'member', writer: 'Dora', erased: false }] });
    expect((await get('genesis', `/${id}`)).body).toMatchObject({ name: '', content: null, versions: [{ writer: '' }, { writer: '' }] });
    expect([(await get('genesis', `/${id}/versions/1/content`)).status, (await get('ben')).status, (await get('ben', `/${id}`)).status, (await get('asha', `/${uuidv7()}`)).status, (await get('asha', '/x')).status]).toEqual([403, 404, 404, 404, 404]);

    const put = (who = 'asha', etag: string | undefined = '"2"', of: string = id, query = '') => gateway.call(who, 'PUT', `${artifacts}/${of}${query}`, { body: { content: 'Be both.' }, headers: etag === '' ? {} : { 'if-match': etag } });
    expect([(await put('asha', '')).status, (await put('ben')).status, (await put('gov')).status, (await put('asha', '"2"', uuidv7())).status]).toEqual([428, 404, 403, 404]);
    expect(await put('asha', '"1"', file.artifactId)).toMatchObject({ status: 409, body: { code: 'artifact_read_only' } });
    house.neighbours.answers.push({ ok: false, code: 'stale_version', message: 'Version 2 was written in the meantime.' });
    expect(await put('asha', '"1"')).toMatchObject({ status: 412, body: { code: 'stale_version', current: { kind: 'text', version: 2, content: 'Be kind.' }, yours: { content: 'Be both.', from: 1 } } });
    expect((await put('asha', '"1"', id, '?overwrite=true')).status).toBe(200);
    expect(heard()).toMatchObject({ command: 'write context', request: { contextId: id, expected: 1, overwrite: true, content: 'Be both.', name: 'Style', visibility: 'team' } });
    expect((await gateway.call('asha', 'DELETE', `${artifacts}/${id}/versions/1/content`)).status).toBe(204);
    expect(heard()).toMatchObject({ command: 'erase context', request: { contextId: id, version: 1 } });
    for (const table of ['context_version', 'context']) await gateway.database.admin(`delete from app.${table} where team_id = $1`, [work.teamId]);
  });

  it('keeps the order of a column that people gave it, of two at once one', async () => {
    const board = `/v1/teams/${work.teamId}/board`;
    const { headers } = await gateway.call('asha', 'GET', board);
    const order = (tasks: readonly string[], etag: string | null, column = 'done') => gateway.call('asha', 'PUT', `${board}/order`, { body: { column, tasks }, headers: etag === null ? {} : { 'if-match': etag } });
    expect((await order([proposal.taskId], null)).status).toBe(428);
    expect(await order([TaskId.next()], headers.get('etag'))).toMatchObject({ status: 422, body: { code: 'card_unknown' } });
    const both = await Promise.all(['done', 'todo'].map((column) => order([proposal.taskId], headers.get('etag'), column)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const again = await gateway.call('asha', 'GET', board);
    expect(again.headers.get('etag')).not.toBe(headers.get('etag'));
    expect((await order([], again.headers.get('etag'))).status).toBe(200);
  });

  it('carries a pause and a resumption to the manager; the goal says since when and why it stands still', async () => {
    const goal = `/v1/teams/${work.teamId}/goals/${proposal.goalId}`;
    expect(await post('asha', `${goal}/pause`, {})).toMatchObject({ status: 422 });
    expect(await post('ops', `${goal}/pause`, { reason: 'budget talk' })).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect(heard()).toMatchObject({ command: 'pause', request: { teamId: work.teamId, goalId: proposal.goalId, by: by('ops', 'operator'), reason: 'budget talk' } });
    await gateway.database.admin(`update app.goal set paused_at = now(), pause_reason = 'budget talk' where id = $1`, [proposal.goalId]);
    expect((await gateway.call('asha', 'GET', goal)).body).toMatchObject({ state: 'proposed', pausedAt: expect.any(String), pauseReason: 'budget talk' });
    await gateway.database.admin(`update app.goal set paused_at = null, pause_reason = '' where id = $1`, [proposal.goalId]);
    expect(await post('asha', `${goal}/resume`)).toMatchObject({ status: 200, body: { state: 'proposed' } });
    expect(heard()).toMatchObject({ command: 'resume', request: { goalId: proposal.goalId } });
    expect((await gateway.call('asha', 'GET', goal)).body).toMatchObject({ pausedAt: null, pauseReason: '' });
  });

  it('carries an event of a mission to the manager, and tells staff who posted it no word of the work', async () => {
    const goalId = proposal.goalId;
    const event = { type: 'run_started', mission_id: goalId, work_item_id: 'w', run_id: 'r' };
    const item = { work_item_id: 'w', title: 'By hand', status: 'in_progress', depends_on: [] };
    const mission = { mission_id: goalId, status: 'running', spec: { mission_id: goalId, title: 't', goal: 'g', metadata: { of: 'a secret' } }, work_items: [{ ...item, detail: 'a secret', metadata: { of: 'a secret' }, artifact_refs: ['a secret'] }], revision: 2, updated_at_ms: 1 };
    const commands = [
      { type: 'start_run', mission_id: goalId, work_item_id: 'w', agent: 'worker', prompt: 'a secret' },
      { type: 'request_approval', mission_id: goalId, work_item_id: 'w', kind: 'review', summary: 'a secret' },
      { type: 'persist_artifact', mission_id: goalId, work_item_id: 'w', artifact_ref: 'a secret', metadata: { of: 'a secret' } },
      { type: 'emit_notice', mission_id: goalId, event_type: 'mission.failed', properties: { missionID: goalId, reason: 'a secret' } },
    ];
    const answer = { mission, commands, orchestratorSpawns: [], orchestratorCancellations: { triggered: false, cancelledInstances: 0 } };
    const posted = async (persona: string, reply: object) => {
      house.neighbours.answers.push(reply as never);
      return post(persona, `/mission/${goalId}/event`, { event });
    };
    expect(await posted('asha', { ok: true, code: 'ok', message: '', ...answer })).toMatchObject({ status: 200, body: answer });
    const seen = await posted('ops', { ok: true, code: 'ok', message: '', ...answer });
    expect(seen).toMatchObject({ status: 200, body: { mission: { work_items: [item] }, commands: commands.map(({ type }) => ({ type })) } });
    const refused = await posted('ops', { ok: false, code: 'revision_conflict', message: 'another came first', mission, expectedRevision: 1, currentRevision: 2 });
    expect(refused).toMatchObject({ status: 409, body: { mission: { mission_id: goalId, work_items: [item] } } });
    expect(JSON.stringify([seen.body, refused.body])).not.toContain('a secret');
  });

  it('gives the team no goal whose work would be pushed where the operator lets it not go, by its own word or its bundle’s', async () => {
    const foreign = { ...repository, remote: 'git@git.example:borealis/x.git' };
    const goal = (of: object, effect?: object) => post('asha', `/v1/teams/${work.teamId}/goals`, { text: 'Document it', repository: of, ...(effect ? { effect } : {}) });
    const before = house.neighbours.heard.length;
    const refused = { status: 403, body: { code: 'remote_not_allowed', detail: 'The operator does not let your work be pushed there. Ask them to list it, or name another remote.' } };
    for (const effect of [undefined, { kind: 'git.push' }]) expect(await goal(foreign, effect)).toMatchObject(refused);
    expect(house.neighbours.heard).toHaveLength(before);
    for (const [of, effect] of [[repository, undefined], [foreign, { kind: 'file.publish' }]] as const) expect(await goal(of, effect)).toMatchObject({ status: 201 });
    await gateway.database.admin(`update app.team set bundle = bundle || '{"effect": {"kind": "file.publish"}}' where team_id = $1`, [work.teamId]);
    try {
      expect([await goal(foreign), await goal(foreign, { kind: 'git.push' })]).toMatchObject([{ status: 201 }, refused]);
    } finally {
      await gateway.database.admin(`update app.team set bundle = bundle - 'effect' where team_id = $1`, [work.teamId]);
    }
  });

  it('has the fleet take over a mirror', async () => {
    const remote = '/srv/demo.git';
    expect(await post('asha', '/v1/mirrors', { mirror: 'demo', remote })).toMatchObject({ status: 201, body: { mirror: 'demo', heads: { main: 'a'.repeat(40) } } });
    expect(heard()).toEqual({ command: 'adopt', request: { by: by('asha', 'customer_governor'), mirror: 'demo', remote } });
    for (const mirror of ['../x', '/etc', 'a/b', '', '.hidden', 'a..b', 'x.git']) expect((await post('asha', '/v1/mirrors', { mirror, remote })).status).toBe(422);
    for (const bad of ['--upload-pack=id', 'ext::sh -c id', 'https://asha:secret@git.example/x', '']) expect((await post('asha', '/v1/mirrors', { mirror: 'demo', remote: bad })).status).toBe(422);
    expect((await post('asha', '/v1/mirrors', { mirror: 'demo' })).status).toBe(422);
    const before = house.neighbours.heard.length;
    for (const foreign of ['git@git.example:borealis/x.git', 'https://10.0.0.5/x.git', 'git@git.example:chai/../borealis/x.git']) expect(await post('asha', '/v1/mirrors', { mirror: 'demo', remote: foreign })).toMatchObject({ status: 403, body: { code: 'remote_not_allowed' } });
    expect(house.neighbours.heard).toHaveLength(before);
    expect((await post('gov', '/v1/mirrors', { mirror: 'demo', remote })).status).toBe(403);
    house.neighbours.refuse('not_found', 'mirror not found');
    expect(await post('ben', '/v1/mirrors', { mirror: 'demo', remote })).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('carries the settlement of an unknown effect to the executor, in the name of the session', async () => {
    const approvalId = await approvalOf(gateway.database, proposal);
    const route = `/v1/approvals/${approvalId}/effect/settle`;
    const key = { 'idempotency-key': 'settle-1' };
    const first = await post('asha', route, { outcome: 'executed', reason: 'I saw it' }, key);
    expect(first).toMatchObject({ status: 200, body: { approvalId, state: 'executed' } });
    expect(heard()).toEqual({ command: 'settle', request: { teamId: work.teamId, approvalId, settlementId: expect.stringMatching(/^[0-9a-f-]{36}$/), by: by('asha', 'customer_governor'), outcome: 'executed', reason: 'I saw it' } });
    const heardBefore = house.neighbours.heard.length;
    expect((await post('asha', route, { outcome: 'executed', reason: 'I saw it' }, key)).body).toEqual(first.body);
    for (const body of [{}, { outcome: 'maybe' }, { outcome: 'look', by: 'gov' }]) expect((await post('asha', route, body)).status).toBe(422);
    expect(await post('ops', route, { outcome: 'look' })).toMatchObject({ status: 403 });
    const foreign = await post('ben', route, { outcome: 'look' });
    const nobodys = await post('ben', `/v1/approvals/${GoalId.next()}/effect/settle`, { outcome: 'look' });
    expect([foreign.status, { ...(foreign.body as object), requestId: '' }]).toEqual([404, { ...(nobodys.body as object), requestId: '' }]);
    expect(house.neighbours.heard).toHaveLength(heardBefore);
    for (const [code, status] of [['effect_not_unknown', 409], ['effect_unverifiable', 409], ['reason_missing', 422]] as const) {
      house.neighbours.refuse(code, 'no');
      expect(await post('gov', route, { outcome: 'look' })).toMatchObject({ status, body: { code } });
    }
  });

  it('shows who settled an unknown effect, how, and why', async () => {
    const settledWork = await seedTeamOf(gateway.database, 'asha', 'active', 'Settled');
    const { goalId, ...rest } = await seedProposal(gateway.database, settledWork);
    const approvalId = await approvalOf(gateway.database, { goalId, ...rest });
    const t = settledWork.teamId;
    await gateway.database.admin(`update app.approval set state = 'approved', decided_by = $2, device_id = $2, valid_until = now() where id = $1`, [approvalId, personOf('asha')]);
    await gateway.database.admin(`insert into app.approval_use (team_id, approval_id) values ($1, $2)`, [t, approvalId]);
    await gateway.database.admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key, finished_at) values ($1, $2, $3, $4, 'git.push', 'unknown', 'remote_silent', 'k', now())`, [t, GoalId.next(), approvalId, goalId]);
    const read = async (persona = 'asha') => (await gateway.call(persona, 'GET', `/v1/approvals/${approvalId}`)).body;
    expect(await read()).toMatchObject({ state: 'unknown', effect: { state: 'unknown', code: 'remote_silent', settlement: null } });
    await gateway.database.admin(`update app.effect set state = 'failed', code = 'settled_by_person', settlement_id = $2, settled_by = $3, settled_how = 'word', settled_reason = 'I asked the host' where team_id = $1`, [t, GoalId.next(), personOf('asha')]);
    expect(await read()).toMatchObject({ state: 'failed', effect: { state: 'failed', settlement: { how: 'word', by: 'Asha', reason: 'I asked the host', at: expect.any(String) } } });
    expect(await read('ops')).toMatchObject({ state: 'failed', effect: { state: 'failed', settlement: { how: 'word', by: 'Asha', reason: '', at: expect.any(String) } } });
  });

  it('shows a team with members, budget and goals', async () => {
    const { body } = await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}`);
    const team = body as TeamDetail;
    expect(team).toMatchObject({ id: work.teamId, name: 'Code care', state: 'active', epoch: 1, members: [{ name: 'Mira', kind: 'manager' }, { name: 'Dora', skill: 'docs' }], budget: { tokens: { granted: 1_000_000, spent: 1234 }, ms: { granted: 0 } } });
    expect(team.goals.map(({ id }) => id)).toEqual([proposal.goalId]);
  });

  it('shows a goal with tasks, checks, agents, deliverable, approval and cost', async () => {
    const [parent, child] = [uuidv7(), uuidv7()];
    for (const [id, of, state] of [[parent, null, 'completed'], [child, parent, 'running']]) await gateway.database.admin(`insert into app.instance (team_id, id, member_id, goal_id, task_id, parent_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch, ended_at) values ($1, $2, $3, $4, $5, $6, 'worker', 'doc-bot', $7, '{}', '{}', '', 1, 3, 1, case when $7 = 'completed' then now() end)`, [work.teamId, id, work.memberId, proposal.goalId, proposal.taskId, of, state]);
    await gateway.database.admin(`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, spent) values ($1, $2, 'usd_micros', 'mission', $1, 2000000, 4200)`, [work.teamId, proposal.goalId]);
    const worker = RunId.next();
    await gateway.database.admin(`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, spent) values ($1, $2, 'usd_micros', 'instance', $3, 5000, 4200)`, [work.teamId, worker, proposal.goalId]);
    const paid = (model: string) => gateway.database.admin(`insert into app.budget_entry (team_id, id, account_id, call_id, kind, amounts, model) values ($1, gen_random_uuid(), $2, gen_random_uuid(), 'settle', '{}', $3)`, [work.teamId, worker, model]);
    await paid('anthropic/claude-haiku-4-5');
    const { body } = await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals/${proposal.goalId}`);
    expect(body as GoalDetail).toMatchObject({
      state: 'proposed', cost: { amountMicros: 4200, currency: 'USD', rehearsal: false }, approval: { state: 'pending' }, effect: null, repository: { branch: 'countersign/demo' },
      tasks: [{ key: 'docs-1', member: { name: 'Dora' }, progress: 'wrote comments', criteria: [{ id: 'parses', kind: 'parses', passed: true }], run: { state: 'submitted', attempt: 1 } }],
      lineage: [{ id: parent, parentId: null, memberId: work.memberId, taskId: proposal.taskId, role: 'worker', state: 'completed', endedAt: expect.any(String) }, { id: child, parentId: parent, state: 'running', endedAt: null }],
      deliverable: { id: proposal.deliverableId, revision: 1, summary: expect.stringContaining('one function'), fileCount: 1, files: [{ artifactId: proposal.files[0]!.artifactId, path: 'src/a.js', sha256: proposal.files[0]!.sha256, deleted: false }] },
    });
    expect(((await gateway.call('ops', 'GET', `/v1/teams/${work.teamId}/goals/${proposal.goalId}`)).body as GoalDetail).deliverable).toMatchObject({ id: proposal.deliverableId, summary: '', fileCount: 1, files: [] });
    for (const id of [child, parent]) await gateway.database.admin(`delete from app.instance where team_id = $1 and id = $2`, [work.teamId, id]);
    await paid('rehearsal');
    expect((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals/${proposal.goalId}`)).body).toMatchObject({ cost: { amountMicros: 4200, rehearsal: true } });
    expect((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals/${GoalId.next()}`)).status).toBe(404);
    const board = (await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/board`)).body as Board;
    expect(board.columns.find(({ id }) => id === 'done')!.tasks).toMatchObject([{ id: proposal.taskId, goalId: proposal.goalId, member: { name: 'Dora' } }]);
  });

  it("shows a mission's work items on its page and on the board, although no member of the team is bound to them", async () => {
    const [missionId, named, unnamed] = [GoalId.next(), TaskId.next(), TaskId.next()];
    await gateway.database.admin(`insert into app.goal (team_id, id, text, title, state, submitted_by, origin) values ($1, $2, 'Rehearse the mission', 'Mission', 'running', $3, 'mission')`, [work.teamId, missionId, personOf('asha')]);
    const item = (id: string, ordinal: number, skill: string) => gateway.database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, criteria, state) values ($1, $2, $3, $4, $5, 'Look around', $6, '[]', 'in_progress')`, [work.teamId, id, missionId, ordinal, `w-${ordinal}`, skill]);
    await item(named, 1, 'scout');
    await item(unnamed, 2, '');
    const goal = (await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals/${missionId}`)).body as GoalDetail;
    expect(goal.tasks).toMatchObject([{ id: named, key: 'w-1', skill: 'scout', member: null, state: 'in_progress', criteria: [] }, { id: unnamed, skill: '', member: null }]);
    expect(goal.tasks.map(workerName)).toEqual(['scout', 'any agent']);
    const { columns } = (await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/board`)).body as Board;
    const cards = columns.find(({ id }) => id === 'in_progress')!.tasks.filter(({ goalId }) => goalId === missionId);
    expect(cards).toMatchObject([{ id: named, skill: 'scout', member: null }, { id: unnamed, skill: '', member: null }]);
    await gateway.database.admin(`delete from app.task where goal_id = $1`, [missionId]);
    await gateway.database.admin(`delete from app.goal where id = $1`, [missionId]);
  });

  it('shows what calls under way can cost at most beyond what is held for them, of a team and of a goal', async () => {
    const { teamId } = work;
    const [running, ended] = [RunId.next(), RunId.next()];
    for (const [id, state] of [[running, 'running'], [ended, 'cancelled']]) {
      await gateway.database.admin(`insert into app.instance (team_id, id, goal_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch, ended_at) values ($1, $2, $3, 'worker', 'doc-bot', $4, '{}', '{}', '', 1, 3, 1, case when $4 = 'cancelled' then now() end)`, [teamId, id, proposal.goalId, state]);
    }
    const hold = async (of: string, amounts: object, overshoot: object | null, at = 'now()'): Promise<string> => {
      const call = RunId.next();
      await gateway.database.admin(`insert into app.budget_entry (team_id, id, account_id, call_id, kind, amounts, overshoot, at) values ($1, gen_random_uuid(), $2, $3, 'hold', $4, $5, ${at})`, [teamId, of, call, JSON.stringify(amounts), overshoot && JSON.stringify(overshoot)]);
      return call;
    };
    const seen = async (): Promise<[number, number, number]> => {
      const { budget } = (await gateway.call('asha', 'GET', `/v1/teams/${teamId}`)).body as TeamDetail;
      const goal = (await gateway.call('asha', 'GET', `/v1/teams/${teamId}/goals/${proposal.goalId}`)).body as GoalDetail;
      return [budget.tokens.overshoot, budget.usd_micros.overshoot, goal.overshoot.amountMicros];
    };
    await hold(running, { tokens: 500, usd_micros: 50 }, null);
    expect(await seen()).toEqual([0, 0, 0]); // every call is bounded by what it holds
    const call = await hold(running, { tokens: 500, usd_micros: 50 }, { tokens: 100, usd_micros: 10 });
    expect(await seen()).toEqual([100, 10, 10]);
    await hold(ended, { tokens: 7, usd_micros: 3 }, { usd_micros: 1 });
    await hold(ended, { tokens: 1_000 }, null, `now() - interval '1 hour'`);
    expect(await seen()).toEqual([107, 14, 14]);
    await gateway.database.admin(`insert into app.budget_entry (team_id, id, account_id, call_id, kind, amounts) values ($1, gen_random_uuid(), $2, $3, 'settle', '{}')`, [teamId, running, call]);
    expect(await seen()).toEqual([7, 4, 4]);
    await gateway.database.admin(`delete from app.budget_entry where team_id = $1 and account_id = any ($2::uuid[])`, [teamId, [running, ended]]);
    expect(await seen()).toEqual([0, 0, 0]);
  });

  it('pages through goals without losing or repeating one', async () => {
    for (let n = 0; n < 5; n++) await gateway.database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'g', 'running', $3, '{}')`, [work.teamId, GoalId.next(), personOf('asha')]);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = body as { items: { id: string }[]; nextCursor: string | null };
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(6);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
  });

  it('gives agents, missions and questions in pages that meet without a gap or a repeat, and to nobody a place in somebody else’s', async () => {
    const team = await seedTeamOf(gateway.database, 'asha', 'active', 'Paged team');
    const goals = [GoalId.next(), GoalId.next(), GoalId.next()];
    for (const goalId of goals) {
      await seedProposal(gateway.database, team, undefined, goalId);
      await seedAgent(gateway.database, team, goalId);
      await seedAgent(gateway.database, team, goalId);
    }
    // of one moment: the id decides
    await gateway.database.admin(`update app.instance set started_at = '2026-01-01T00:00:00.000001Z' where team_id = $1`, [team.teamId]);
    await gateway.database.admin(`update app.gate_approval set created_at = '2026-01-01T00:00:00.000001Z' where team_id = $1`, [team.teamId]);
    type Listed = { readonly nextCursor?: string; readonly count: number } & Record<string, readonly Record<string, string>[]>;
    const idsOf = (body: Listed): string[] => [body['instances'], body['missions'], body['spawnApprovals'], body['toolApprovals']].flatMap((rows) => rows ?? []).map((row) => row['instanceID'] ?? row['approvalID'] ?? row['missionID'] ?? row['mission_id']!);
    for (const [path, most] of [['/agent-team/instances', 6], ['/agent-team/missions', 3], ['/agent-team/approvals', 12], ['/mission', 3]] as const) {
      const read = async (query: string, persona = 'asha') => (await gateway.call(persona, 'GET', `${path}?team=${team.teamId}${query}`)).body as Listed;
      const whole = await read('');
      expect([path, whole.count, idsOf(whole).length, 'nextCursor' in whole]).toEqual([path, most, most, false]);
      const seen: string[] = [];
      let cursor: string | undefined = '';
      for (let pages = 0; cursor !== undefined && pages < 20; pages += 1) {
        const page: Listed = await read(`&limit=2${cursor && `&cursor=${cursor}`}`);
        expect(page.count).toBeLessThanOrEqual(2);
        seen.push(...idsOf(page));
        cursor = page.nextCursor;
      }
      expect([path, seen.toSorted()]).toEqual([path, idsOf(whole).toSorted()]);
      const { nextCursor } = await read('&limit=1');
      const foreign = (await gateway.call('ben', 'GET', `${path}?cursor=${nextCursor}`)).body as Listed;
      expect(idsOf(foreign).filter((id) => seen.includes(id))).toEqual([]);
      for (const bad of ['cursor=x', `cursor=1_';--`, 'limit=0', 'limit=501', 'limit=all']) expect([path, bad, (await gateway.call('asha', 'GET', `${path}?${bad}`)).status]).toEqual([path, bad, 422]);
    }
  });

  it('shows the tree of accounts with what is free and what calls under way can still come to, page by page, and to nobody else’s customer', async () => {
    const team = await seedTeamOf(gateway.database, 'asha', 'active', 'Second team');
    const { goalId } = await seedProposal(gateway.database, team);
    const { instanceId } = await seedAgent(gateway.database, team, goalId);
    const account = (id: string, kind: string, parent: string, granted: number, held: number) => gateway.database.admin(`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, held, spent) values ($1, $2, 'tokens', $3, $4, $5, $6, 10)`, [team.teamId, id, kind, parent, granted, held]);
    await account(goalId, 'mission', team.teamId, 500, 300);
    await account(instanceId, 'instance', goalId, 300, 50);
    await gateway.database.admin(`insert into app.budget_entry (team_id, id, account_id, call_id, kind, amounts, overshoot) values ($1, $2, $3, $2, 'hold', '{"tokens": 50}', '{"tokens": 7}')`, [team.teamId, uuidv7(), instanceId]);
    await gateway.database.admin(`insert into app.policy (kind, id, version, doc, hash, source) values ('spawn-policy', 'spawn-policy', 1, $1, '\\x00', 'test') on conflict (kind, id, version) do update set doc = excluded.doc`, [{ customer_total_budget: { max_tokens: 5_000_000 }, customer_budgets: { [customerOf('asha')]: { max_steps: 9 }, [customerOf('ben')]: { max_steps: 8 } } }]);
    type Account = { id: string; kind: string; parentId: string | null; amounts: { tokens: object; steps: object } };
    const page = async (persona: string, query: string) => (await gateway.call(persona, 'GET', `/v1/budgets${query}`)).body as { items: Account[]; customers: Account[]; nextCursor: string | null };
    const opened = mock.method(Database.prototype, 'withTeam');
    const teamsRead = async (): Promise<unknown[]> => {
      opened.mock.resetCalls();
      await page('asha', `?scope=${team.teamId}`);
      return opened.mock.calls.map(({ arguments: [teamId] }) => teamId);
    };
    const branch = await page('asha', `?scope=${team.teamId}`);
    const [first, second, third] = [await teamsRead(), await teamsRead(), await teamsRead()];
    opened.mock.restore();
    // what a customer's other teams may still spend is one sum; what the gateway does by itself meanwhile is not done each time
    expect(new Set(first.filter((id) => second.includes(id) && third.includes(id)))).toEqual(new Set([team.teamId]));
    expect(branch.items.map(({ id, kind, parentId, amounts: { tokens } }) => ({ id, kind, parentId, tokens }))).toEqual([
      { id: team.teamId, kind: 'team', parentId: customerOf('asha'), tokens: { granted: 1_000_000, held: 0, spent: 1234, free: 998_766, overshoot: 7 } },
      { id: goalId, kind: 'mission', parentId: team.teamId, tokens: { granted: 500, held: 300, spent: 10, free: 190, overshoot: 7 } },
      { id: instanceId, kind: 'instance', parentId: goalId, tokens: { granted: 300, held: 50, spent: 10, free: 240, overshoot: 7 } },
    ]);
    expect(branch.items).toMatchObject([{ name: 'Second team', state: 'active' }, { name: 'Document the package', state: 'proposed' }, { name: 'worker doc-bot', state: 'running' }]);
    const everything = await page('asha', '');
    const teams = everything.items.filter(({ kind }) => kind === 'team').length;
    expect(everything.customers).toMatchObject([{ id: customerOf('asha'), kind: 'customer', parentId: null, name: 'Chai & Co', amounts: { tokens: { granted: 5_000_000, held: teams * 998_766, spent: teams * 1234, free: 5_000_000 - teams * 1_000_000, overshoot: 7 }, steps: { granted: 9, free: 9 } } }]);
    const seen: Account[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { items, nextCursor }: { items: Account[]; nextCursor: string | null } = await page('asha', `?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...items);
      cursor = nextCursor;
    }
    expect(seen).toEqual(everything.items);
    expect(new Set(everything.items.map(({ id }) => id)).size).toBe(everything.items.length);
    const ids = (await page('ben', '')).items.map(({ id }) => id);
    expect(ids.filter((id) => seen.some((account) => account.id === id))).toEqual([]);
    expect((await gateway.call('ben', 'GET', `/v1/budgets?scope=${team.teamId}`)).status).toBe(404);
    expect((await page('ben', `?cursor=${team.teamId}_${team.teamId}`)).items.filter(({ id }) => seen.some((account) => account.id === id))).toEqual([]);
    expect((await page('ops', `?scope=${team.teamId}`)).items).toHaveLength(3);
    for (const cursor of ['x', `${team.teamId}`, `${team.teamId}_';--`]) expect((await gateway.call('asha', 'GET', `/v1/budgets?cursor=${encodeURIComponent(cursor)}`)).status).toBe(422);
    // what a customer may spend is no other customer's to read
    expect((await gateway.call('ben', 'GET', '/v1/policies/spawn-policy')).body).toMatchObject({ document: { customer_budgets: { [customerOf('ben')]: { max_steps: 8 } } } });
    expect(JSON.stringify((await gateway.call('ben', 'GET', '/v1/policies/spawn-policy')).body)).not.toContain(customerOf('asha'));
    expect((await gateway.call('gov', 'GET', '/v1/policies/spawn-policy')).body).toMatchObject({ document: { customer_budgets: { [customerOf('asha')]: { max_steps: 9 }, [customerOf('ben')]: { max_steps: 8 } } } });
  });

  it('lets the customer talk to the helpdesk only while the team is stopped', async () => {
    const route = `/v1/teams/${work.teamId}/helpdesk/messages`;
    expect(await gateway.call('asha', 'GET', route)).toMatchObject({ status: 409, body: { code: 'team_not_suspended' } });
    house.neighbours.answers.push({ ok: false, code: 'team_not_suspended', message: 'the team works' });
    expect(await post('asha', route, { text: 'Hello?' })).toMatchObject({ status: 409, body: { code: 'team_not_suspended' } });
    await gateway.database.admin(`update app.team set state = 'suspended' where team_id = $1`, [work.teamId]);
    await gateway.database.admin(`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values ($1, $1, 2, 'r', 'p', '{}')`, [work.teamId]);
    await gateway.database.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text) values ($1, $1, 1, $1, 'customer', 'Hello?')`, [work.teamId]);
    expect((await gateway.call('asha', 'GET', route)).body).toMatchObject({ items: [{ seq: 1, author: 'customer', text: 'Hello?' }] });
    expect(await post('asha', route, { text: 'What now?' })).toMatchObject({ status: 201, body: { answer: 'Your team was stopped; your work is kept.', seq: 2 } });
    expect(heard()).toMatchObject({ command: 'ask', request: { text: 'What now?', by: by('asha', 'customer_governor') } });
    const notes = `/v1/teams/${work.teamId}/helpdesk/notes`;
    expect(await post('asha', notes, { text: 'Please call me' })).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    expect(heard()).toMatchObject({ command: 'note', request: { text: 'Please call me', by: by('asha', 'customer_governor') } });
    const note = uuidv7();
    await gateway.database.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text, to_person) values ($1, $1, 2, $2, 'customer', 'Please call me', true)`, [work.teamId, note]);
    await gateway.database.admin(`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, state, evidence_at, due_at, resolved_at, resolution) values ($1, $2, $3, 'customer_message', $4, 'platform_governor', 'resolved', now(), now(), now(), 'We called you.')`, [work.teamId, uuidv7(), customerOf('asha'), note]);
    for (const persona of ['asha', 'gov']) expect((await gateway.call(persona, 'GET', notes)).body).toMatchObject({ items: [{ id: note, text: 'Please call me', answer: 'We called you.' }] });
    expect(await gateway.call('ops', 'GET', notes)).toMatchObject({ status: 403 });
    expect((await gateway.call('asha', 'GET', route)).body).toMatchObject({ items: [{ seq: 1 }] });
    const [cause, other] = [uuidv7(), uuidv7()];
    for (const [id, kind] of [[cause, 'ethics_violation'], [other, 'composition_change']]) await gateway.database.admin(`insert into app.incident (team_id, id, kind, epoch, recorded_by, recorded_as, words) values ($1, $2, $3, 1, $1, 'vision_guardian', 'It lied.')`, [work.teamId, id, kind]);
    await gateway.database.admin(`update app.helpdesk_session set causes = array[$2::uuid], talks = false where team_id = $1`, [work.teamId, cause]);
    for (const [persona, words] of [['asha', null], ['genesis', 'It lied.'], ['gov', 'It lied.']])
      expect((await gateway.call(persona as 'gov', 'GET', `/v1/teams/${work.teamId}/helpdesk/handoff`)).body).toMatchObject({ schema_version: 'HDP-1.0', header: { engagement_id: work.teamId, customer_id: customerOf('asha'), severity: 'L3', status: 'open', support_mode_state: 'waiting' }, evidence: [{ kind: 'ethics_violation', recorded_as: 'vision_guardian', words }], problem_statement: 'r', traceability: { incident_ids: [cause] } });
    expect(await gateway.call('ben', 'GET', `/v1/teams/${work.teamId}/helpdesk/handoff`)).toMatchObject({ status: 404 });
    expect(await post('gov', `/v1/teams/${work.teamId}/helpdesk/open`, { reason: 'they wait' })).toMatchObject({ status: 200, body: { state: 'suspended' } });
    expect(heard()).toMatchObject({ command: 'change', request: { change: 'open_helpdesk', reason: 'they wait' } });
    // closed with the team's end it can be read, and with its reactivation not
    const is = (state: string) => gateway.database.admin(`update app.team set state = $2, state_changed_at = clock_timestamp() where team_id = $1`, [work.teamId, state]);
    await is('dissolved');
    await gateway.database.admin(`update app.helpdesk_session set closed_at = clock_timestamp() where team_id = $1`, [work.teamId]);
    expect((await gateway.call('asha', 'GET', route)).body).toMatchObject({ items: [{ seq: 1, text: 'Hello?' }] });
    await is('active');
    expect(await gateway.call('asha', 'GET', route)).toMatchObject({ status: 409, body: { code: 'team_not_suspended' } });
  });

  it('shows the record as it is stored, has it signed, and gives it out for checking elsewhere', async () => {
    const entries = (await gateway.call('ops', 'GET', `/v1/audit/${work.teamId}/entries?limit=1`)).body as { items: { seq: number; action: string; payload: { pii: unknown[] } }[]; nextCursor: string };
    expect(entries).toMatchObject({ items: [{ seq: 0, action: 'MOBILE-APPROVAL-REQUESTED' }] });
    expect(JSON.stringify(entries)).not.toContain(personOf('asha'));
    expect((await gateway.call('asha', 'GET', `/v1/audit/${work.teamId}/checkpoint`)).status).toBe(404); // the stand-in notary signs nothing
    expect(heard()).toEqual({ command: 'sign', request: { teamId: work.teamId } });
    const { body, headers } = await gateway.call('asha', 'GET', `/v1/audit/${work.teamId}/export`);
    expect(headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (body as string).trim().split('\n').map((line) => JSON.parse(line) as { type: string; team?: string; origin?: string });
    expect(lines[0]).toMatchObject({ type: 'header', team: work.teamId, origin: `audit.countersign/test/team/${work.teamId}` });
    expect(lines.slice(1).every(({ type }) => type === 'entry')).toBe(true);
  });

  it('gives a customer everything that a team has made as one archive, in every state of the team, and nobody else', async () => {
    const made = await seedProposal(gateway.database, await seedTeamOf(gateway.database, 'ben'), { 'src/a.js': 'a\n', 'src/b.js': 'b\n', 'src/c.js': 'c\n' });
    await approvalOf(gateway.database, made);
    await gateway.database.admin(`update app.goal set state = 'running' where id = $1`, [made.goalId]);
    await gateway.database.admin(`update app.draft set state = 'committed' where team_id = $1`, [made.teamId]);
    // what was handed in and not approved, sent back or flagged is none of it
    for (const decision of [null, 'revise', 'flag', 'approved']) {
      const other = await seedDeliverable(gateway.database, made, { [`src/${decision}.js`]: 'no\n' }, made.goalId, 2 + [null, 'revise', 'flag', 'approved'].indexOf(decision));
      await gateway.database.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision, decided_at) select team_id, gen_random_uuid(), task_id, id, 1, $2::text, case when $2 is null then null::timestamptz else now() end from app.draft where task_id = $1`, [other.taskId, decision]);
    }
    const folder = mkdtempSync(join(tmpdir(), 'export-'));
    const pack = async (): Promise<{ path: string; sha256: string; fault?: string }[]> => {
      const answer = await fetch(`${gateway.url}/v1/teams/${made.teamId}/export`, { headers: { authorization: `Bearer ${await gateway.token('ben')}` } });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-tar']);
      writeFileSync(join(folder, 'all.tar'), Buffer.from(await answer.arrayBuffer()));
      execFileSync('tar', ['-xf', 'all.tar'], { cwd: folder });
      const { goals } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { goals: { id: string; files: { path: string; sha256: string }[] }[] };
      return goals.find(({ id }) => id === made.goalId)!.files;
    };
    try {
      for (const state of ['suspended', 'completed', 'archived', 'active']) {
        await gateway.database.admin(`update app.team set state = $2 where team_id = $1`, [made.teamId, state]);
        const files = await pack();
        expect(files).toMatchObject(['a', 'approved', 'b', 'c'].map((name) => ({ path: `goals/${made.goalId}/src/${name}.js`, ...(name === 'approved' ? { state: 'approved', approval: null } : { state: 'committed', approval: expect.any(String) }) })));
        for (const { path, sha256 } of files) expect([path, createHash('sha256').update(readFileSync(join(folder, path))).digest('hex')]).toEqual([path, sha256]);
      }
      // one file that was erased and one that is not what was recorded take no other with them
      for (const [path, change] of [['src/a.js', `content = null`], ['src/b.js', `content = 'forged'`]]) await gateway.database.admin(`update app.artifact set ${change} where team_id = $1 and path = $2`, [made.teamId, path]);
      expect((await pack()).map(({ fault }) => fault)).toEqual(['missing', undefined, 'damaged', undefined]);
      expect(readFileSync(join(folder, `goals/${made.goalId}/src/c.js`), 'utf8')).toBe('c\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await gateway.call('gov', 'GET', `/v1/teams/${made.teamId}/export`)).toMatchObject({ status: 403, body: { code: 'content_not_yours' } });
    expect(await gateway.call('asha', 'GET', `/v1/teams/${made.teamId}/export`)).toMatchObject({ status: 404 });
  });

  it('tells the gate, unasked, how fast it answered, of twenty answers or more', async () => {
    const before = house.neighbours.paces.length;
    for (let call = 0; call < 20; call++) await gateway.call('asha', 'GET', '/v1/teams');
    const [told] = await until(() => Promise.resolve(house.neighbours.paces.length > before ? house.neighbours.paces.slice(before) : undefined), 'its pace');
    expect(told).toEqual({ requests: expect.any(Number), p95Ms: expect.any(Number) });
    expect(told!.requests).toBeGreaterThanOrEqual(20);
  });

  it('says so when the notary does not sign a history', async () => {
    house.neighbours.answers.push({ ok: false, code: 'history_rewritten', message: '' });
    expect(await gateway.call('asha', 'GET', `/v1/audit/${work.teamId}/export`)).toMatchObject({ status: 409, body: { code: 'history_rewritten' } });
  });
});

describe('a neighbour that is not there', () => {
  it('is told as something that may pass, and the same request can be sent again', async () => {
    await using gateway = await startGateway({ commandTimeoutMs: 300 });
    const work = await seedTeamOf(gateway.database, 'asha');
    const answer = await gateway.call('asha', 'POST', `/v1/teams/${work.teamId}/deploy`, { body: {} });
    expect(answer).toMatchObject({ status: 503, body: { code: 'no_reply', detail: 'try again in a moment' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

describe('the team that Borealis has from the start', () => {
  it('is hired, certified and deployed through the same doors as any other, one step at a time', async () => {
    await using gateway = await startGateway({ seed: 'people-and-team' });
    await using house = await startNeighbours(gateway);
    const { heard } = house.neighbours;
    const step = (nth: number) => until(() => Promise.resolve(heard[nth]), `step ${nth}`);
    expect(await step(0)).toMatchObject({ command: 'hire', request: { teamId: BOREALIS_TEAM, by: { personId: personOf('ben') }, bundleId: 'code-care', bundleVersion: 1 } });
    await gateway.database.admin(`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values ($1, $2, 'n', 'code-care', 1, '{}', 'trial', 'requested')`, [BOREALIS_TEAM, customerOf('ben')]);
    const certified = await until(() => Promise.resolve(heard.find(({ command }) => command === 'move')), 'the certification');
    expect(certified.request).toMatchObject({ teamId: BOREALIS_TEAM, verb: 'certify', by: { personId: personOf('genesis') } });
    await gateway.database.admin(`update app.team set state = 'certified'`);
    const deployed = await until(() => Promise.resolve(heard.find(({ request }) => (request as { verb?: string }).verb === 'deploy')), 'the deployment');
    expect(deployed.request).toMatchObject({ by: { personId: personOf('ben') } });
    expect((await gateway.call('ben', 'GET', '/v1/teams')).body).toMatchObject({ items: [{ id: BOREALIS_TEAM }] });
    expect((await gateway.call('asha', 'GET', '/v1/teams')).body).toMatchObject({ items: [] });
  });
});
