import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { digestWords, type ApprovalDetail, type ApprovalId, type ApprovalSummary, type BatchSynced, type GoalDetail, type Manifest, type SavedDecision, type SignedAnswer, type SyncedDecision } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { AUDIT, createService, type Audit } from '@countersign/service';
import { serviceEnv } from '@countersign/testing';
import { Module } from '@nestjs/common';
import { expect } from 'expect';
import { approvalOf, customerOf, personOf, propose, seedDeliverable, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { SettleApprovals } from '../postgres/settle-approvals.js';
import { joinedBy, raceToDecide } from '../../testing/race.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';

@Module({})
class Silent {}

describe('approvals', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let work: SeededWork;
  const fast = { burst: 100_000, perSecond: 100_000 };
  before(async () => {
    gateway = await startGateway({ personRate: fast, strangerRate: fast, egress: { customers: [{ customer: customerOf('asha'), http: [{ host: 'hooks.chai.test', secret: 'hooks' }], email: { from: 'team@chai.test', domains: ['chai.test'] } }] } });
    work = await seedTeamOf(gateway.database, 'asha');
    await gateway.device('asha');
  });
  after(() => gateway.close());

  const asked = async (contents?: Record<string, string>): Promise<ApprovalDetail> => read(await approvalOf(gateway.database, await seedProposal(gateway.database, work, contents)));
  const read = async (id: string, persona = 'asha'): Promise<ApprovalDetail> => (await gateway.call(persona, 'GET', `/v1/approvals/${id}`)).body as ApprovalDetail;
  const decide = async (approval: ApprovalDetail, change: { decision?: string; digest?: string; reason?: string; etag?: string | undefined; key?: string; persona?: string } = {}): Promise<Answer> => {
    const { decision = 'approve', digest = approval.digest, reason, etag = `"${approval.version}"`, key = randomUUID(), persona = 'asha' } = change;
    const ifMatch: Record<string, string> = 'etag' in change && change.etag === undefined ? {} : { 'if-match': etag };
    const assertion = decision === 'approve' ? await signature(persona, approval, digest, key) : undefined;
    return gateway.call(persona, 'POST', `/v1/approvals/${approval.id}/decision`, { body: { decision, digest, ...(assertion ? { assertion } : {}), ...(reason === undefined ? {} : { reason }) }, headers: { 'idempotency-key': key, ...ifMatch } });
  };
  /** The same request again carries the same signature. */
  const signed = new Map<string, Promise<SignedAnswer | undefined>>();
  const signature = (persona: string, { id }: ApprovalDetail, digest: string, key: string): Promise<SignedAnswer | undefined> => {
    const made = signed.get(key) ?? gateway.sign(persona, id, digest);
    signed.set(key, made);
    return made;
  };
  const codeOf = ({ body }: Answer): string => (body as { code: string }).code;
  const actions = async (): Promise<string[]> => (await gateway.database.admin<{ action: string }>(`select convert_from(payload, 'UTF8')::jsonb ->> 'action' as action from audit.entry where team_id = $1 order by seq`, [work.teamId])).map(({ action }) => action);

  it('puts a proposal to a person, with facts from stored rows and the agent kept apart', async () => {
    const approval = await asked();
    expect(approval).toMatchObject({
      state: 'pending', teamName: 'Code care', title: 'Push 1 file to countersign/demo', onTimeout: 'expire', version: 1, tier: 1,
      agentSays: 'I documented one function. Please approve quickly!', decision: null, effect: null,
      checks: [{ criterion: 'parses', passed: true, outputTail: 'ok 1' }],
    });
    expect(approval.whatHappens).toContain('will be pushed to a new branch countersign/demo of /srv/demo.git');
    expect(JSON.stringify([approval.facts, approval.question, approval.whatHappens])).not.toContain('quickly');
    expect(approval.digestWords).toBe(digestWords(approval.digest));
    expect(await actions()).toContain('MOBILE-APPROVAL-REQUESTED');
  });

  it('serves the manifest byte for byte as hashed, and the artifacts by the hashes it names', async () => {
    const approval = await asked();
    const response = await fetch(`${gateway.url}/v1/approvals/${approval.id}/manifest`, { headers: { authorization: `Bearer ${await gateway.token('asha')}` } });
    const bytes = Buffer.from(await response.arrayBuffer());
    const digest = createHash('sha256').update(bytes).digest();
    expect(digest.toString('hex')).toBe(approval.digest);
    expect(response.headers.get('digest')).toBe(`sha-256=${digest.toString('base64')}`);
    const manifest = JSON.parse(bytes.toString()) as Manifest;
    expect(manifest.artifacts.map(({ sha256 }) => sha256)).toEqual(approval.artifacts.map(({ sha256 }) => sha256));
    const content = await gateway.call('asha', 'GET', approval.artifacts[0]!.contentUrl!);
    expect(createHash('sha256').update(content.body as string).digest('hex')).toBe(approval.artifacts[0]!.sha256);
    expect((await gateway.call('asha', 'GET', approval.artifacts[0]!.baseContentUrl!)).body).toBe('before\n');
    // a browser that keeps them asks each time whether they are still its person's to read, and is sent nothing twice
    expect(content.headers.get('cache-control')).toBe('private, no-cache');
    const again = { headers: { 'if-none-match': content.headers.get('etag')! } };
    expect(await gateway.call('asha', 'GET', approval.artifacts[0]!.contentUrl!, again)).toMatchObject({ status: 304, text: '' });
    expect((await gateway.call('ben', 'GET', approval.artifacts[0]!.contentUrl!, again)).status).toBe(404);
  });

  it('compares a file that several worked on with what stands there without all of them', async () => {
    const path = 'src/twice.js';
    const first = await seedDeliverable(gateway.database, work, { [path]: 'first\n' });
    const second = await seedDeliverable(gateway.database, work, { [path]: 'second\n' }, first.goalId, 2);
    await gateway.database.admin(`update app.artifact set base_content = 'first\n' where id = $1`, [second.files[0]!.artifactId]);
    await gateway.database.admin(`update app.deliverable set files = jsonb_set(files, '{0,firstId}', to_jsonb($2::text)) where id = $1`, [second.deliverableId, first.files[0]!.artifactId]);
    await propose(gateway.database, second);
    const approval = (await gateway.call('asha', 'GET', `/v1/approvals/${await approvalOf(gateway.database, second)}`)).body as ApprovalDetail;
    const [file] = approval.artifacts;
    expect([(await gateway.call('asha', 'GET', file!.contentUrl!)).body, (await gateway.call('asha', 'GET', file!.baseContentUrl!)).body]).toEqual(['second\n', 'before\n']);
    const manifest = JSON.parse(((await gateway.call('asha', 'GET', `/v1/approvals/${approval.id}/manifest`)).text)) as Manifest;
    expect(manifest.artifacts[0]!.base).toEqual({ artifact_id: first.files[0]!.artifactId, sha256: file!.baseSha256 });
    expect(createHash('sha256').update('before\n').digest('hex')).toBe(file!.baseSha256);
  });

  it('gives content out as a download that no browser runs', async () => {
    const approval = await asked({ 'docs/a "b"\u202e<script>.html': '<script>alert(1)</script>' });
    const { headers } = await gateway.call('asha', 'GET', approval.artifacts[0]!.contentUrl!);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+"; filename\*=UTF-8''[\w.%-]+$/);
  });

  it('records an approval with person, device, entry and message in one', async () => {
    const approval = await asked();
    const answer = await decide(approval);
    expect(answer).toMatchObject({ status: 201, body: { state: 'approved', decision: 'approve', version: 2 } });
    const now = await read(approval.id);
    expect(now).toMatchObject({ state: 'approved', decision: { decision: 'approve', by: 'Asha', device: 'Test phone' } });
    const validMs = Date.parse(now.validUntil!) - Date.parse((answer.body as { decidedAt: string }).decidedAt);
    expect(validMs).toBe(15 * 60_000);
    expect(await actions()).toContain('MOBILE-APPROVAL-GRANTED');
    const sent = await gateway.database.admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from app.outbox where service = 'svc_gateway' and subject like '%approvals.decided'`);
    expect(sent.map(({ payload }) => JSON.parse(payload) as object)).toContainEqual({ epoch: 1, approvalId: approval.id, goalId: approval.goalId, outcome: 'approve' });
  });

  it('keeps person, device and words out of the chain', async () => {
    const approval = await asked();
    await decide(approval, { decision: 'deny', reason: 'Not before the audit on Friday' });
    const payloads = await gateway.database.admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from audit.entry where team_id = $1`, [work.teamId]);
    const devices = await gateway.database.admin<{ id: string }>('select id from app.device');
    for (const secret of [personOf('asha'), 'Friday', ...devices.map(({ id }) => id)]) expect(payloads.some(({ payload }) => payload.includes(secret))).toBe(false);
  });

  it('records a denial and a request for changes only with a reason', async () => {
    for (const [decision, state] of [['deny', 'denied'], ['request_changes', 'changes_requested']] as const) {
      const approval = await asked();
      expect(await decide(approval, { decision })).toMatchObject({ status: 422, body: { code: 'reason_missing' } });
      expect(await decide(approval, { decision, reason: 'Shorter, please' })).toMatchObject({ status: 201, body: { state } });
      expect((await read(approval.id)).decision).toMatchObject({ decision, reason: 'Shorter, please' });
    }
  });

  it('answers a repeat with the first answer, and refuses the same key for something else', async () => {
    const approval = await asked();
    const key = randomUUID();
    const [first, twin] = await Promise.all([decide(approval, { key }), decide(approval, { key })]);
    expect([first.status, twin.status].sort()).toEqual([200, 201]);
    expect(first.body).toEqual(twin.body);
    const again = await decide(approval, { key });
    expect([again.status, again.headers.get('idempotency-replayed'), again.headers.get('etag')]).toEqual([200, 'true', '"2"']);
    expect(again.body).toEqual(first.body);
    expect(await decide(approval, { key, decision: 'deny', reason: 'no' })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await gateway.database.admin('select 1 from app.approval_decision where approval_id = $1', [approval.id])).toHaveLength(1);
  });

  it('takes up a decision again whose answer was lost, without deciding twice', async () => {
    const approval = await asked();
    const key = randomUUID();
    await decide(approval, { key });
    await gateway.database.admin(`update app.idempotency set status = null, headers = null, claim = gen_random_uuid(), claimed_at = claimed_at - interval '1 hour' where key like '%' || $1`, [key]);
    expect(await decide(approval, { key })).toMatchObject({ status: 201, body: { state: 'approved', version: 2 } });
    expect(await gateway.database.admin('select 1 from app.approval_decision where approval_id = $1', [approval.id])).toHaveLength(1);
  });

  it('takes no yes again, wherever it is put and whoever puts it: 200 times', async () => {
    const elsewhere = await seedTeamOf(gateway.database, 'asha');
    const [done, open, other] = [await asked(), await asked(), await read(await approvalOf(gateway.database, await seedProposal(gateway.database, elsewhere)))];
    const [used, late] = [await gateway.sign('asha', done.id, done.digest), await gateway.sign('asha', open.id, open.digest)];
    const put = ({ id, digest, version }: ApprovalDetail, assertion: SignedAnswer | undefined, persona = 'asha'): Promise<Answer> => gateway.call(persona, 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'approve', digest, assertion }, headers: { 'if-match': `"${version}"` } });
    expect(await put(done, used)).toMatchObject({ status: 201 });
    await gateway.database.admin(`update app.approval_challenge set expires_at = clock_timestamp() where approval_id = $1`, [open.id]);
    const replays: readonly (readonly [() => Promise<Answer>, string])[] = [
      [() => put(done, used), 'already_decided'],
      [() => put({ ...done, version: done.version + 1 }, used), 'already_decided'],
      [() => put(open, used), 'challenge_unknown'],
      [() => put(other, used), 'challenge_unknown'],
      [() => put(open, late), 'challenge_expired'],
      [() => put(other, late), 'challenge_unknown'],
      [() => put({ ...open, digest: done.digest }, used), 'digest_differs'],
      [() => put(open, used, 'ben'), 'not_found'],
    ];
    for (let n = 0; n < 200 / replays.length; n++) expect((await Promise.all(replays.map(([replay]) => replay()))).map(codeOf)).toEqual(replays.map(([, code]) => code));
    for (const { id } of [open, other]) expect((await read(id)).state).toBe('pending');
  });

  it('says what was there before when somebody decides too late', async () => {
    const approval = await asked();
    await decide(approval);
    const late = await decide(approval, { decision: 'deny', reason: 'wait' });
    expect(late).toMatchObject({ status: 409, body: { code: 'already_decided', current: { state: 'approved', version: 2 } } });
  });

  it('refuses a decision without the version that was seen, with another one, or for other bytes', async () => {
    const approval = await asked();
    expect(await decide(approval, { etag: undefined })).toMatchObject({ status: 428, body: { code: 'if_match_missing' } });
    expect(await decide(approval, { etag: '"7"' })).toMatchObject({ status: 412, body: { code: 'stale_version', current: { version: 1 } } });
    expect(await decide(approval, { etag: '*' })).toMatchObject({ status: 412, body: { code: 'stale_version' } });
    expect(await decide(approval, { digest: 'f'.repeat(64) })).toMatchObject({ status: 412, body: { code: 'digest_differs', current: { digest: approval.digest } } });
    expect((await read(approval.id)).state).toBe('pending');
  });

  it('refuses everybody but a governor of that customer, on a device of their own', async () => {
    const approval = await asked();
    expect(await decide(approval, { persona: 'ben' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    for (const persona of ['gov', 'genesis', 'architect', 'guardian', 'ops']) expect(await decide(approval, { persona })).toMatchObject({ status: 403, body: { code: 'not_eligible' } });
    await gateway.token('asha', true); // a new session, bound to no device
    expect(await decide(approval)).toMatchObject({ status: 403, body: { code: 'device_missing' } });
    const device = await gateway.device('asha');
    await gateway.call('asha', 'DELETE', `/v1/devices/${device}`);
    expect(await decide(approval)).toMatchObject({ status: 403, body: { code: 'device_not_yours' } });
    await gateway.device('asha');
    expect(await decide(approval)).toMatchObject({ status: 201 });
  });

  it('records decisions that waited on a phone as if each had come alone, and says on the record that they did', async () => {
    const saved = (approval: ApprovalDetail, change: Partial<SavedDecision> = {}): SavedDecision => ({ approvalId: approval.id, decision: 'deny', digest: approval.digest, version: approval.version, reason: 'Not on a Friday', idempotencyKey: randomUUID(), decidedAt: '2026-11-27T16:02:00.000Z', ...change });
    const send = async (persona: string, decisions: readonly SavedDecision[]): Promise<SyncedDecision[]> => ((await gateway.call(persona, 'POST', '/v1/approvals/batch-sync', { body: { decisions } })).body as BatchSynced).decisions;
    const outcomes = (synced: readonly SyncedDecision[]) => synced.map(({ outcome, problem }) => problem?.code ?? outcome);
    const [open, decided, late, twice] = [await asked(), await asked(), await asked(), await asked()];
    await decide(decided);
    await gateway.database.admin(`update app.approval set due_at = clock_timestamp() where id = $1`, [late.id]);
    const proposal = await seedProposal(gateway.database, work);
    const old = await read(await approvalOf(gateway.database, proposal));
    await approvalOf(gateway.database, await seedProposal(gateway.database, work, { 'src/a.js': 'v2' }, proposal.goalId, 2));
    const changes = saved(twice, { decision: 'request_changes', reason: 'Shorter' });
    const batch = [
      saved(open, { approvalId: randomUUID() }), saved(decided), saved(late), saved(old), saved(open, { digest: 'f'.repeat(64) }), saved(open, { version: 7 }), saved(open, { reason: '' }), saved(open, { teamId: randomUUID() }),
      saved(open, { decision: 'approve' }), changes, { ...changes, reason: 'Longer' }, saved(open, { teamId: open.teamId }),
    ];
    const first = await send('asha', batch);
    expect(outcomes(first)).toEqual(['not_found', 'already_decided', 'expired', 'superseded', 'digest_differs', 'stale_version', 'reason_missing', 'not_found', 'assertion_missing', 'recorded', 'idempotency_key_reused', 'recorded']);
    expect(first.map(({ idempotencyKey }) => idempotencyKey)).toEqual(batch.map(({ idempotencyKey }) => idempotencyKey));
    expect(first[1]!.problem).toMatchObject({ status: 409, current: { state: 'approved' }, decision: { decision: 'approve', by: 'Asha', mine: true, device: 'Test phone', at: expect.any(String) } });
    expect(first.at(-1)!.recorded).toMatchObject({ approvalId: open.id, state: 'denied', version: 2 });
    expect(outcomes(await send('asha', [changes, batch.at(-1)!]))).toEqual(['replayed', 'replayed']);
    expect([outcomes(await send('ops', [saved(old)])), outcomes(await send('ben', [saved(old)]))]).toEqual([['not_eligible'], ['not_found']]);
    const unsent = await asked();
    expect(await gateway.call('asha', 'POST', '/v1/approvals/batch-sync', { body: { personId: personOf('ben'), decisions: [saved(unsent)] } })).toMatchObject({ status: 403, body: { code: 'decisions_not_yours' } });
    expect((await read(unsent.id)).state).toBe('pending');
    expect(await gateway.database.admin('select 1 from app.approval_decision where approval_id = any ($1)', [[open.id, twice.id]])).toHaveLength(2);
    const entries = await gateway.database.admin<{ action: string; said: string }>(`select e.p ->> 'action' as action, e.p -> 'body' ->> 'decided_offline_at' as said from audit.entry, lateral (select convert_from(payload, 'UTF8')::jsonb as p) e where team_id = $1 and e.p -> 'body' ? 'decided_offline_at' order by seq`, [work.teamId]);
    expect(entries.map(({ action, said }) => [action, said])).toEqual([['APPROVAL-CHANGES-REQUESTED', '2026-11-27T16:02:00.000Z'], ['MOBILE-APPROVAL-DENIED', '2026-11-27T16:02:00.000Z']]);
    expect(await gateway.call('asha', 'POST', '/v1/approvals/batch-sync', { body: { decisions: Array.from({ length: 21 }, () => saved(open)) } })).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
  });

  it('keeps of a decision that waited all that belongs to it: report, remarks, its time to be undone and when it was made', async () => {
    const team = await seedTeamOf(gateway.database, 'asha');
    const of = async (change: object): Promise<SavedDecision> => {
      const { id, digest, version } = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, team)));
      return { approvalId: id, decision: 'deny', digest, version, reason: 'Not me', idempotencyKey: randomUUID(), decidedAt: '2026-11-27T16:02:00.000Z', ...change };
    };
    const comments = [{ path: 'src/a.js', line: 1, side: 'after' as const, text: 'shorter' }];
    const [reported, review, held] = [await of({ report: true, holdSeconds: 30 }), await of({ decision: 'request_changes', comments }), await of({ holdSeconds: 30 })];
    const { body } = await gateway.call('asha', 'POST', '/v1/approvals/batch-sync', { body: { decisions: [reported, review, held, await of({ comments })] } });
    expect((body as BatchSynced).decisions.map(({ recorded, problem }) => recorded?.state ?? problem?.code)).toEqual(['denied', 'changes_requested', 'held', 'not_for_this_decision']);
    const rows = await gateway.database.admin<{ approval_id: string }>(`select approval_id, report, comments from app.approval_decision where team_id = $1 and person_id is not null`, [team.teamId]);
    const row = ({ approvalId }: SavedDecision) => rows.find(({ approval_id }) => approval_id === approvalId);
    expect([row(reported), row(review)]).toMatchObject([{ report: true }, { comments: [{ ...comments[0], quote: expect.any(String) }] }]);
    await gateway.database.admin(`update app.approval set effective_at = now() where id = $1`, [held.approvalId]);
    await until(async () => (await read(held.approvalId)).state === 'denied', 'its effect');
    const said = await gateway.database.admin<{ action: string; at: string }>(`select e.p ->> 'action' as action, e.p -> 'body' ->> 'decided_offline_at' as at from audit.entry, lateral (select convert_from(payload, 'UTF8')::jsonb as p) e where team_id = $1 and e.p -> 'body' ->> 'approval_id' = $2 and e.p ->> 'action' <> 'MOBILE-APPROVAL-REQUESTED' order by seq`, [team.teamId, held.approvalId]);
    expect(said).toEqual([{ action: 'APPROVAL-HELD', at: held.decidedAt }, { action: 'MOBILE-APPROVAL-DENIED', at: held.decidedAt }]);
  });

  it('takes a review that waited in every script, as long as one may be', async () => {
    const line = '// ' + 'k'.repeat(20) + '\n';
    const { id, digest, version } = await asked({ 'src/a.js': line.repeat(50) });
    const comments = Array.from({ length: 50 }, (_, at) => ({ path: 'src/a.js', line: at + 1, side: 'after' as const, text: 'क'.repeat(160) }));
    const decisions = [{ approvalId: id, decision: 'request_changes', digest, version, reason: 'ख'.repeat(2_000), comments, idempotencyKey: randomUUID(), decidedAt: '2026-11-27T16:02:00.000Z' }];
    const send = async () => ((await gateway.call('asha', 'POST', '/v1/approvals/batch-sync', { body: { decisions } })).body as BatchSynced).decisions;
    expect(await send()).toMatchObject([{ outcome: 'recorded', recorded: { state: 'changes_requested' }, problem: null }]);
    expect(await send()).toMatchObject([{ outcome: 'replayed' }]);
    const raw = JSON.stringify({ decisions: decisions.map((each) => ({ ...each, reason: '\ud83d' })) });
    expect(await gateway.call('asha', 'POST', '/v1/approvals/batch-sync', { raw })).toMatchObject({ status: 400, body: { code: 'invalid_json' } }); // which the phone does not send again
  });

  it('takes a signed yes with others, once, and takes up one whose answer was lost', async () => {
    const approval = await asked();
    const assertion = (await gateway.sign('asha', approval.id, approval.digest))!;
    const decisions = [{ approvalId: approval.id, decision: 'approve', digest: approval.digest, version: approval.version, assertion, idempotencyKey: randomUUID(), decidedAt: new Date().toISOString() }];
    const send = () => gateway.call('asha', 'POST', '/v1/approvals/batch-sync', { body: { decisions } });
    expect(await send()).toMatchObject({ status: 200, body: { decisions: [{ outcome: 'recorded', recorded: { state: 'approved' }, problem: null }] } });
    await gateway.database.admin(`update app.idempotency set status = null, headers = null, claim = gen_random_uuid(), claimed_at = claimed_at - interval '1 hour' where key like '%' || $1`, [decisions[0]!.idempotencyKey]);
    expect(await send()).toMatchObject({ body: { decisions: [{ outcome: 'recorded', recorded: { state: 'approved', version: 2 } }] } });
    expect(await gateway.database.admin('select 1 from app.approval_decision where approval_id = $1', [approval.id])).toHaveLength(1);
  });

  it('replaces an open question when there is a newer version, and says so', async () => {
    const proposal = await seedProposal(gateway.database, work);
    const first = await read(await approvalOf(gateway.database, proposal));
    const second = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, work, { 'src/a.js': 'v2' }, proposal.goalId, 2)));
    expect(await read(first.id)).toMatchObject({ state: 'superseded', supersededBy: second.id });
    expect(await decide(first)).toMatchObject({ status: 412, body: { code: 'superseded', current: { supersededBy: second.id } } });
    expect(await actions()).toContain('APPROVAL-SUPERSEDED');
  });

  it('asks nothing about a paused goal and takes no answer, and does both when it goes on', async () => {
    const approval = await asked();
    const proposal = await seedDeliverable(gateway.database, work);
    const pause = (at: string): Promise<unknown> => gateway.database.admin(`update app.goal set paused_at = ${at} where id = any ($1)`, [[approval.goalId, proposal.goalId]]);
    await pause('now()');
    expect(await decide(approval)).toMatchObject({ status: 409, body: { code: 'goal_paused' } });
    const due = (at: string): Promise<unknown> => gateway.database.admin(`update app.approval set due_at = ${at} where id = $1`, [approval.id]);
    await due('now()');
    expect(await gateway.running.app.get(SettleApprovals).settle(work.teamId, approval.id)).toBe(false); // as one that was found before the pause began
    expect(await read(approval.id)).toMatchObject({ state: 'pending' });
    await due(`now() + interval '1 hour'`);
    await propose(gateway.database, proposal);
    await approvalOf(gateway.database, await seedProposal(gateway.database, work));
    expect(await gateway.database.admin('select 1 from app.approval where deliverable_id = $1', [proposal.deliverableId])).toEqual([]);
    await pause('null');
    expect(await decide(approval)).toMatchObject({ status: 201, body: { state: 'approved' } });
    expect(await approvalOf(gateway.database, proposal)).toEqual(expect.any(String));
  });

  it('asks nobody about bytes that are not what was proposed', async () => {
    const proposal = await seedDeliverable(gateway.database, work);
    await gateway.database.admin(`update app.artifact set content = 'evil' where id = $1`, [proposal.files[0]!.artifactId]);
    await propose(gateway.database, proposal);
    const control = await seedProposal(gateway.database, work);
    await approvalOf(gateway.database, control);
    expect(await gateway.database.admin('select 1 from app.approval where deliverable_id = $1', [proposal.deliverableId])).toEqual([]);
    await gateway.database.admin(`update app.goal set state = 'cancelled' where id = $1`, [proposal.goalId]);
  });

  for (const [what, change] of [
    ['mirror that is not the customer’s', { mirror: 'theirs' }],
    ['remote that the mirror was not adopted with', { remote: '/srv/elsewhere.git' }],
  ] as const) {
    it(`asks nobody about a push from or to a ${what}`, async () => {
      const proposal = await seedDeliverable(gateway.database, work);
      await gateway.database.admin(`update app.deliverable set effect = effect || $2 where id = $1`, [proposal.deliverableId, JSON.stringify(change)]);
      await propose(gateway.database, proposal);
      await approvalOf(gateway.database, await seedProposal(gateway.database, work));
      expect(await gateway.database.admin('select 1 from app.approval where deliverable_id = $1', [proposal.deliverableId])).toEqual([]);
      await gateway.database.admin(`update app.goal set state = 'cancelled' where id = $1`, [proposal.goalId]);
    });
  }

  const post = { kind: 'http.post', url: 'https://hooks.chai.test/in', contentType: 'text/plain', body: 'out/report.md' };
  const mail = { kind: 'email.send', from: 'team@chai.test', to: ['asha@chai.test'], cc: [], subject: 'This week', body: 'out/report.md', attachments: [] };
  const notAskedFor = async (effect: object, content: string, of = work): Promise<Pick<GoalDetail, 'notAsked' | 'approval'>> => {
    const proposal = await seedDeliverable(gateway.database, of, { 'out/report.md': content });
    await gateway.database.admin(`update app.deliverable set effect = $2 where id = $1`, [proposal.deliverableId, JSON.stringify(effect)]);
    await propose(gateway.database, proposal);
    const goal = async (): Promise<GoalDetail> => (await gateway.call(of === work ? 'asha' : 'ben', 'GET', `/v1/teams/${of.teamId}/goals/${proposal.goalId}`)).body as GoalDetail;
    const { notAsked, approval } = await until(async () => {
      const now = await goal();
      return (now.notAsked !== null || now.approval !== null) && now;
    }, 'a question or its refusal');
    await gateway.database.admin(`update app.goal set state = 'cancelled' where id = $1`, [proposal.goalId]);
    return { notAsked, approval };
  };
  for (const [what, code, effect, content] of [
    ['webhook that is larger than the executor posts', 'too_large', post, 'x'.repeat(1024 * 1024 + 1)],
    ['mail that is larger than it sends', 'too_large', mail, 'x'.repeat(512 * 1024 + 1)],
    ['mail whose body is no text', 'not_a_text', mail, 'x\u0001y'],
  ] as const) {
    it(`asks nobody for a ${what}, and says so on the goal’s page`, async () => {
      expect(await notAskedFor(effect, content)).toMatchObject({ notAsked: { code, message: expect.stringMatching(/Cancel the goal/) }, approval: null });
    });
  }

  it('asks nobody for what the operator lets go there no more, and says so on the goal’s page', async () => {
    const theirs = await seedTeamOf(gateway.database, 'ben');
    for (const [code, effect, of] of [
      ['host_not_allowed', { ...post, url: 'https://elsewhere.test/in' }, work],
      ['sender_not_allowed', { ...mail, from: 'old@chai.test' }, work],
      ['recipient_not_allowed', { ...mail, cc: ['ravi@elsewhere.test'] }, work],
      ['effect_not_allowed', post, theirs],
      ['effect_not_allowed', mail, theirs],
    ] as const) expect([code, await notAskedFor(effect, 'Grüße', of)]).toEqual([code, { notAsked: { code, message: expect.stringMatching(/^The operator .*: ask them to .*It is asked as soon as that is mended\.$/), at: expect.any(String) }, approval: null }]);
  });

  it('asks about the others although sixty proposals before them cannot be asked about', async () => {
    const whole = await seedDeliverable(gateway.database, work);
    const { goalId, deliverableId, teamId } = whole;
    const nth = `('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`; // before every id that is made now
    await gateway.database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) select team_id, ${nth}, text, 'proposed', submitted_by, repository from app.goal, generate_series(1, 60) n where id = $1`, [goalId]);
    await gateway.database.admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) select team_id, ${nth}, ${nth}, 1, summary, effect, files, '{"no": "list"}', proposed_by from app.deliverable, generate_series(1, 60) n where id = $1`, [deliverableId]);
    await propose(gateway.database, whole);
    await approvalOf(gateway.database, whole);
    await gateway.database.admin(`update app.goal set state = 'cancelled' where team_id = $1 and id < '01000000-0000-7000-8000-000000000000'`, [teamId]);
  });

  it('gives out no bytes that are not what was recorded', async () => {
    const approval = await asked();
    await gateway.database.admin(`update app.artifact set content = 'evil' where id = $1`, [approval.artifacts[0]!.id]);
    expect(await gateway.call('asha', 'GET', approval.artifacts[0]!.contentUrl!)).toMatchObject({ status: 500, body: { code: 'digest_mismatch' } });
  });

  it('lists by state, newest first, page by page, to those who may see it', async () => {
    await asked();
    const list = async (persona: string, query = '') => (await gateway.call(persona, 'GET', `/v1/approvals${query}`)).body as { items: ApprovalSummary[]; nextCursor: string | null };
    const all = (await list('asha', '?limit=100')).items;
    expect(all.length).toBeGreaterThan(5);
    expect((await list('asha', '?state=pending')).items.every(({ state }) => state === 'pending')).toBe(true);
    const waits = ({ state }: ApprovalSummary): boolean => state === 'pending' || state === 'held';
    expect((await list('asha', '?state=over&limit=100')).items).toEqual(all.filter((one) => !waits(one)));
    const first = await list('asha', '?limit=2');
    const second = await list('asha', `?limit=100&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect((await list('ops')).items.length).toBeGreaterThan(0);
    expect((await list('ben')).items).toEqual([]);
  });

  it('is not decided by a person who had a hand in it', async () => {
    const proposal = await seedProposal(gateway.database, work);
    const approval = await read(await approvalOf(gateway.database, proposal));
    await gateway.database.admin(`update app.worker_run set member_id = $2 where task_id = $1`, [proposal.taskId, personOf('asha')]);
    expect(await decide(approval)).toMatchObject({ status: 403, body: { code: 'author_may_not_decide' } });
    await gateway.database.admin(`update app.worker_run set member_id = $2 where task_id = $1`, [proposal.taskId, proposal.memberId]);
    expect(await decide(approval)).toMatchObject({ status: 201 });
  });

  it('takes back what a stopped team asked for or was granted, and lets nobody decide it any more', async () => {
    const stopped = await seedTeamOf(gateway.database, 'asha');
    const asked = async () => read(await approvalOf(gateway.database, await seedProposal(gateway.database, stopped)));
    const [open, granted, longAgo] = [await asked(), await asked(), await asked()];
    for (const each of [granted, longAgo]) await decide(each);
    await gateway.database.admin(`update app.approval set valid_until = valid_until - interval '40 days' where id = $1`, [longAgo.id]); // of a goal that was paused since
    await gateway.database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [stopped.teamId]);
    expect(await decide(open)).toMatchObject({ status: 410, body: { code: 'withdrawn' } });
    for (const { id } of [open, granted, longAgo]) await until(async () => (await read(id)).state === 'withdrawn', 'the withdrawal');
    expect((await read(open.id)).decision).toMatchObject({ decision: 'withdraw', by: null });
    const log = await gateway.database.admin<{ n: string }>(`select count(*) as n from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%APPROVAL-WITHDRAWN%'`, [stopped.teamId]);
    expect(Number(log[0]!.n)).toBe(3);
  });

  it('is asked again with the time it had left when its team was stopped and runs again', async () => {
    const stopped = await seedTeamOf(gateway.database, 'asha');
    const proposal = await seedProposal(gateway.database, stopped);
    const id = await approvalOf(gateway.database, proposal);
    await gateway.database.admin(`update app.approval set created_at = now() - interval '50 minutes', due_at = now() + interval '10 minutes' where id = $1`, [id]);
    const gate = await createService({ service: 'spawn-gate', module: Silent, env: serviceEnv('spawn-gate', gateway) });
    await gate.app.get(Database).withTeam(stopped.teamId, (tx) => {
      tx.write(sql`select sec.freeze()`);
      return gate.app.get<Audit>(AUDIT)(tx, 'TEAM-SUSPENDED', { team_id: stopped.teamId, reason: 'enough', root_cause_agent_id: null, epoch: 2 });
    });
    await gate.close();
    await gateway.database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [stopped.teamId]);
    await until(async () => (await read(id)).state === 'withdrawn', 'the withdrawal');
    await gateway.database.admin(`update app.approval set due_at = due_at - interval '1 day' where id = $1`, [id]); // however long that was
    await gateway.database.admin(`update app.team set state = 'active', epoch = epoch + 1 where team_id = $1`, [stopped.teamId]);
    await gateway.database.admin(`update app.goal set state = 'running' where id = $1`, [proposal.goalId]);
    const next = await approvalOf(gateway.database, await seedProposal(gateway.database, stopped, undefined, proposal.goalId, 2));
    const [left] = await gateway.database.admin<{ ms: number }>('select left_ms::float8 as ms from app.approval where id = $1', [id]);
    const { createdAt, dueAt, state } = await read(next);
    expect([state, left!.ms > 9 * 60_000, left!.ms <= 10 * 60_000]).toEqual(['pending', true, true]);
    expect(Date.parse(dueAt) - Date.parse(createdAt)).toBe(left!.ms);
  });

  it('knows that nothing was answered in time: its own outcome, no yes and no no', async () => {
    const proposal = await seedProposal(gateway.database, work);
    const approval = await read(await approvalOf(gateway.database, proposal));
    await gateway.database.admin(`update app.approval set due_at = clock_timestamp() where id = $1`, [approval.id]);
    await until(async () => (await read(approval.id)).state === 'expired', 'the expiry');
    expect(await decide(approval)).toMatchObject({ status: 410, body: { code: 'expired' } });
    expect((await read(approval.id)).decision).toMatchObject({ decision: 'expire', by: null, device: null });
    expect((await actions()).at(-1)).toBe('APPROVAL-EXPIRED');
  });

  it("lets no approval that cannot be settled keep another team's from being settled", async () => {
    const other = await seedTeamOf(gateway.database, 'ben');
    const [first, healthy, last] = [await approvalOf(gateway.database, await seedProposal(gateway.database, work)), await approvalOf(gateway.database, await seedProposal(gateway.database, other)), await approvalOf(gateway.database, await seedProposal(gateway.database, work))];
    await gateway.database.admin(`create function app.stuck() returns trigger language plpgsql as $f$ begin if new.state = 'expired' and new.id <> '${healthy}' then raise exception 'stuck'; end if; return new; end $f$`);
    await gateway.database.admin(`create trigger stuck before update on app.approval for each row execute function app.stuck()`);
    for (const [id, ago] of [[first, 3], [healthy, 2], [last, 1]] as const) await gateway.database.admin(`update app.approval set due_at = clock_timestamp() - $2 * interval '1 second' where id = $1`, [id, ago]);
    const stateOf = async (id: ApprovalId): Promise<string> => (await gateway.database.admin<{ state: string }>('select state from app.approval where id = $1', [id]))[0]!.state;
    try {
      await until(async () => (await stateOf(healthy)) === 'expired', 'the expiry beside two that fail');
      expect([await stateOf(first), await stateOf(last)]).toEqual(['pending', 'pending']);
    } finally {
      await gateway.database.admin('drop trigger stuck on app.approval');
    }
    await until(async () => (await stateOf(first)) === 'expired' && (await stateOf(last)) === 'expired', 'the expiry of those that failed');
  });

  it('records exactly one of 64 decisions of three people that arrive at once, in each of twenty rounds', async () => {
    await joinedBy(gateway, 'asha', ['guardian', 'architect']);
    await raceToDecide(gateway, await seedTeamOf(gateway.database, 'asha'), ['asha', 'guardian', 'architect'], 20);
  });
});
