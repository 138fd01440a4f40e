import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { bodyOf, ChainTrees, checkRemembered, noteSigner, openCheckpoint, originOf, rangeRoot, receiptText, signCheckpoint, verifyDecisionReceipt, verifyReceipt, vkeyOf, type TreeHead } from '@countersign/audit';
import { visit, type Log, type Memory, type Reply } from '@countersign/audit/web';
import type { ApprovalChallenge, ApprovalDetail, AuditProofView, CheckpointView, DecisionList, Me, TeamDetail, TeamId } from '@countersign/contracts';
import { makeSigningKey, proveKey, signYes, toBase64url } from '@countersign/contracts/assertions';
import type { Database } from '@countersign/database';
import { seedChain } from '@countersign/testing';
import { expect } from 'expect';
import { startNeighbours, type FakeHouse } from '../../testing/fake-services.js';
import { approvalOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';

const SIZE = 700;
const HEADS = [100, 300, 500, SIZE];
const KEY = generateKeyPairSync('ed25519').privateKey;

describe('the proofs of a chain over HTTP', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let house: FakeHouse;
  let stored: Database;
  let teamId: TeamId;
  let work: SeededWork;
  let remembered: TreeHead[];
  before(async () => {
    gateway = await startGateway();
    house = await startNeighbours(gateway);
    stored = gateway.database.as('gateway');
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    await gateway.close();
  });
  /** A team with 700 entries and the signed heads that somebody outside remembers. */
  beforeEach(async () => {
    work = await seedTeamOf(gateway.database, 'asha');
    ({ teamId } = work);
    house.neighbours.logKey = pinned;
    await seedChain(gateway.database, teamId, SIZE);
    remembered = [];
    for (const size of HEADS) remembered.push(await sign(size));
  });

  const signer = (key: KeyObject = KEY) => noteSigner(originOf('test', teamId), key);
  const pinned = () => vkeyOf(signer());
  const asSuperuser = (statement: string) => gateway.database.admin(`do $$ begin set local session_replication_role = replica; ${statement}; end $$`);

  /** Signs the chain as it stands now, over whatever was signed at this size before. */
  async function sign(size: number, key?: KeyObject): Promise<TreeHead> {
    const whole = { from: 0, to: size };
    const head = { size, root: rangeRoot(whole, await new ChainTrees(stored).hashes(teamId, [whole])) };
    await asSuperuser(`delete from audit.checkpoint where team_id = '${teamId}' and size = ${size}`);
    await gateway.database.admin(`insert into audit.checkpoint (team_id, size, root, note) values ($1, $2, $3, $4) on conflict do nothing`, [teamId, size, head.root, signCheckpoint(head, signer(key))]);
    return head;
  }

  const ask = (query: string, persona = 'asha'): Promise<Answer> => gateway.call(persona, 'GET', `/v1/audit/${teamId}/proof?${query}`);
  const proof = async (query: string): Promise<AuditProofView> => {
    const answer = await ask(query);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body as AuditProofView;
  };
  const hashes = ({ path }: AuditProofView) => path.map((hex) => Buffer.from(hex, 'hex'));
  const receipt = (view: AuditProofView) => verifyReceipt(receiptText({ line: view.entry!, index: view.index!, path: hashes(view), note: view.note }), pinned());
  /** What somebody who remembers a head, and has the key and the answer, finds wrong. */
  const look = (view: AuditProofView, head: TreeHead) => checkRemembered(head, openCheckpoint(view.note, signer()), hashes(view));

  it('lead from any entry to the newest signed head or an older one, by place or by id, and make a receipt', async () => {
    for (const index of [0, 255, 256, 499, SIZE - 1]) expect(await receipt(await proof(`index=${index}`))).toMatchObject({ ok: true, team: teamId, seq: index, size: SIZE, payload: { seq: String(index), words: 'as it was' } });
    expect(await receipt(await proof('index=99&size=100'))).toMatchObject({ ok: true, seq: 99, size: 100 });
    const [{ entry_id: id } = { entry_id: '' }] = await gateway.database.admin<{ entry_id: string }>(`select entry_id from audit.entry where team_id = $1 and seq = 321`, [teamId]);
    expect(await receipt(await proof(`entryId=${id}`))).toMatchObject({ ok: true, seq: 321 });
    expect(house.neighbours.heard.at(-1)).toEqual({ command: 'sign', request: { teamId } }); // what was written a moment ago is covered, too
  });

  it('lead from any head that was seen to a later one', async () => {
    for (const head of remembered) {
      const view = await proof(`from=${head.size}`);
      expect(view).toMatchObject({ from: head.size, size: SIZE });
      expect(look(view, head)).toBeUndefined();
    }
    expect(look(await proof('from=100&to=300'), remembered[0]!)).toBeUndefined();
    expect(await proof('from=0')).toMatchObject({ path: [], size: SIZE });
  });

  it('lead to heads whose key a reader can pin from the newest one', async () => {
    const { body } = await gateway.call('asha', 'GET', `/v1/audit/${teamId}/checkpoint`);
    expect(body).toMatchObject({ teamId, size: SIZE, vkey: expect.stringContaining(`audit.countersign/test/team/${teamId}+`) });
  });

  it('are given to who may see the team, and to nobody else', async () => {
    expect((await ask('index=1', 'ops')).status).toBe(200);
    for (const query of ['index=1', 'from=100', 'index=9999', '']) expect(await ask(query, 'ben')).toMatchObject({ status: 404, body: { detail: 'team not found' } });
  });

  it('are refused with what to do about it', async () => {
    for (const query of ['', 'index=1&from=1', `index=1&entryId=${teamId}`, 'from=1&size=100', 'index=1&to=100']) expect(await ask(query)).toMatchObject({ status: 422, body: { code: 'invalid_input', errors: [{ rule: 'oneOf' }] } });
    for (const query of ['index=-1', 'index=x', 'index=1.5', 'from=1e99', 'index=1&size=-1', 'entryId=1']) expect((await ask(query)).status).toBe(422);
    expect(await ask('index=1&size=101')).toMatchObject({ status: 404, body: { code: 'unknown_size', detail: expect.stringContaining('without a size'), size: 101 } });
    expect(await ask('index=100&size=100')).toMatchObject({ status: 409, body: { code: 'entry_not_covered', detail: expect.stringContaining('without a size'), index: 100, size: 100 } });
    for (const query of [`index=${SIZE}`, `entryId=${teamId}`]) expect(await ask(query)).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'entry not found' } });
    expect(await ask(`from=${SIZE + 1}`)).toMatchObject({ status: 409, body: { code: 'head_beyond_chain', detail: expect.stringContaining('keep yours'), size: SIZE } });
    await asSuperuser(`delete from audit.checkpoint where team_id = '${teamId}'`);
    expect(await ask('index=1')).toMatchObject({ status: 409, body: { code: 'no_checkpoint' } });
    house.neighbours.answers.push({ ok: false, code: 'history_rewritten', message: '' });
    expect(await ask('index=1')).toMatchObject({ status: 409, body: { code: 'history_rewritten' } });
  });

  it('name the signed heads between which a superuser has rewritten history, whatever was asked and read before', async () => {
    await proof('index=1'); // what is kept in memory is of the old history
    await seedChain(gateway.database, teamId, SIZE, { from: 350, words: 'as someone wants it' });
    const place = { status: 409, body: { code: 'history_rewritten', seq: 300, toSeq: 499 } };
    for (const query of ['index=350', 'index=650', 'from=500', 'from=300']) expect({ query, ...(await ask(query)) }).toMatchObject({ query, ...place });
    expect((await receipt(await proof('index=299&size=300'))).ok).toBe(true); // the part before is as it was signed
    expect(look(await proof('from=100&to=300'), remembered[0]!)).toBeUndefined();
  });

  it('do not deceive who remembers a head when the key was stolen and the other history signed', async () => {
    await seedChain(gateway.database, teamId, SIZE, { from: 350, words: 'as someone wants it' });
    await sign(500);
    await sign(SIZE);
    const forged = await proof('from=500');
    expect(look(forged, remembered[2]!)).toMatchObject({ code: 'history_rewritten', seq: 0, toSeq: 499 });
    expect(look(await proof('from=300'), remembered[1]!)).toBeUndefined();
  });

  it('are not accepted from a head that another key signed', async () => {
    await sign(SIZE, generateKeyPairSync('ed25519').privateKey);
    const view = await proof('index=1');
    expect(await receipt(view)).toMatchObject({ ok: false, findings: [{ code: 'unknown_key' }] });
    expect(() => look(view, remembered[0]!)).toThrow('no signature of a known key');
  });

  it('show a tail that was cut', async () => {
    await asSuperuser(`delete from audit.entry where team_id = '${teamId}' and seq >= 600`);
    expect(await ask('from=500')).toMatchObject({ status: 409, body: { code: 'history_rewritten', seq: 600, toSeq: 600 } });
    expect(await ask('index=650')).toMatchObject({ status: 409, body: { code: 'history_rewritten', seq: 650 } });
    await asSuperuser(`delete from audit.checkpoint where team_id = '${teamId}' and size = ${SIZE}`); // together with the head that covered it
    const cut = await ask(`from=${SIZE}`);
    expect(cut).toMatchObject({ status: 409, body: { code: 'head_beyond_chain', from: SIZE, size: 500 } });
    expect(look(await proof('from=500'), remembered[3]!)).toMatchObject({ code: 'tail_cut', seq: 500, toSeq: SIZE - 1 });
  });

  describe('to a device that remembers a head', () => {
    const get = async <T>(query: string): Promise<Reply<T>> => {
      const { status, body } = await gateway.call('asha', 'GET', `/v1/audit/${teamId}/${query}`);
      return status === 200 ? { given: body as T } : { refused: body as { code: string } };
    };
    const log: Log = { head: () => get<CheckpointView>('checkpoint'), proof: (from, to) => get(`proof?from=${from}${to === undefined ? '' : `&to=${to}`}`) };
    const first = async (): Promise<Memory> => (await visit(undefined, [], log, new Date())).memory!;
    const again = async (memory: Memory) => (await visit(memory, [], log, new Date())).memory;

    it('come with every page: the newest signed head stands in the teams, the team and the approval', async () => {
      const id = await approvalOf(gateway.database, await seedProposal(gateway.database, work));
      const { body: me } = await gateway.call('asha', 'GET', '/v1/me');
      const { body: team } = await gateway.call('asha', 'GET', `/v1/teams/${teamId}`);
      const { body: approval } = await gateway.call('asha', 'GET', `/v1/approvals/${id}`);
      const { note } = await proof('index=1');
      expect([(me as Me).teams.find((one) => one.id === teamId)!.head, (team as TeamDetail).head, (approval as ApprovalDetail).head]).toEqual([note, note, note]);
      expect(((await gateway.call('gov', 'GET', '/v1/me')).body as Me).teams.find((one) => one.id === teamId)!.head).toBeNull();
    });

    it('are taken while the chain goes on, and turn into an alarm with the place when its owner rewrote it', async () => {
      const memory = await first();
      await seedChain(gateway.database, teamId, SIZE + 40, { from: SIZE });
      await sign(SIZE + 40);
      const later = await again(memory);
      expect([later!.alarm, later!.note]).toEqual([null, (await proof('index=1')).note]);
      await seedChain(gateway.database, teamId, SIZE + 40, { from: 350, words: 'as someone wants it' });
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'history_rewritten', seq: 300, toSeq: 499, named: 'by_server' });
      for (const size of [...HEADS, SIZE + 40]) await sign(size); // by somebody who has the notary's key, too: the gateway finds nothing any more
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'history_rewritten', seq: 0, toSeq: SIZE - 1, named: 'by_proof', note: memory.note });
    });

    it('turn into an alarm when the end was cut off with its heads, the heads were forged, or the key is another', async () => {
      const memory = await first();
      await asSuperuser(`delete from audit.checkpoint where team_id = '${teamId}' and size > 500; delete from audit.entry where team_id = '${teamId}' and seq >= 500`);
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'tail_cut', seq: 500, toSeq: SIZE - 1, named: 'by_server' });
      await seedChain(gateway.database, teamId, SIZE, { from: 500 });
      await sign(SIZE, generateKeyPairSync('ed25519').privateKey);
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'key_changed' });
      await sign(SIZE);
      await asSuperuser(`update audit.checkpoint set note = replace(note, E'\\n${SIZE}\\n', E'\\n${SIZE + 1}\\n') where team_id = '${teamId}' and size = ${SIZE}`);
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'not_signed' });
      await asSuperuser(`delete from audit.checkpoint where team_id = '${teamId}'`);
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'tail_cut', seq: 0 });
    });

    it('are refused with the place when the notary signs this history no more', async () => {
      const memory = await first();
      house.neighbours.answers.push({ ok: false, code: 'history_rewritten', message: '' });
      await seedChain(gateway.database, teamId, SIZE, { from: 350, words: 'as someone wants it' });
      expect((await again(memory))!.alarm).toMatchObject({ kind: 'history_rewritten', seq: 300, toSeq: 499 });
    });
  });

  describe('make a receipt of a decision', () => {
    const read = async (id: string) => (await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body as ApprovalDetail;
    const decide = async ({ id, digest, version }: ApprovalDetail, body: object) =>
      expect(await gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { digest, ...body }, headers: { 'if-match': `"${version}"` } })).toMatchObject({ status: 201 });
    const receiptOf = async (id: string, persona = 'asha', decision?: string): Promise<Answer> => {
      const [{ size }] = (await gateway.database.admin<{ size: number }>('select count(*)::int as size from audit.entry where team_id = $1', [teamId])) as [{ size: number }];
      await sign(size);
      return gateway.call(persona, 'GET', `/v1/approvals/${id}/receipt${decision === undefined ? '' : `?decision=${decision}`}`);
    };
    const decisions = async (id: string) => ((await gateway.call('asha', 'GET', `/v1/approvals/${id}/decisions`)).body as DecisionList).items;
    const verified = async ({ text }: Answer) => verifyDecisionReceipt(text, pinned());

    /** However slow the machine is: held for as long as the test looks. */
    const stillHeld = (id: string): Promise<unknown> => gateway.database.admin(`update app.approval set effective_at = now() + interval '1 hour' where id = $1 and state = 'held'`, [id]);

    it('with the signature of a yes, which needs nothing of this server to be verified', async () => {
      const deviceId = await gateway.device('asha');
      const { customer, personId, signing } = (await gateway.call('asha', 'GET', '/v1/me')).body as Me;
      const key = await makeSigningKey({ extractable: false });
      const body = { kind: 'device', publicKey: toBase64url(key.publicKey), proof: await proveKey(key, { customerId: customer!.id, personId }, signing) };
      expect(await gateway.call('asha', 'POST', `/v1/devices/${deviceId}/keys`, { body })).toMatchObject({ status: 201 });
      await gateway.database.admin('update app.approver_key set effective_from = now(), highest_from = now() where effective_from is null');
      const approval = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, work)));
      const asked = (await gateway.call('asha', 'POST', `/v1/approvals/${approval.id}/challenge`, { body: {} })).body as ApprovalChallenge;
      await decide(approval, { decision: 'approve', assertion: await signYes(key, approval.digest, asked, signing) });
      const report = await verified(await receiptOf(approval.id));
      expect(report).toMatchObject({ ok: true, team: teamId, keyPinned: true, payload: { action: 'MOBILE-APPROVAL-GRANTED' }, signed: { kind: 'device', origin: signing.origin } });
      expect(bodyOf(report.payload)).toMatchObject({ approval_id: approval.id, digest: approval.digest });
      // of one that is held that it is held, and of its effect once that is there
      const held = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, work)));
      const again = (await gateway.call('asha', 'POST', `/v1/approvals/${held.id}/challenge`, { body: {} })).body as ApprovalChallenge;
      await decide(held, { decision: 'approve', assertion: await signYes(key, held.digest, again, signing), holdSeconds: 30 });
      await stillHeld(held.id);
      expect(await verified(await receiptOf(held.id))).toMatchObject({ ok: true, payload: { action: 'APPROVAL-HELD' }, signed: { kind: 'device' } });
      // of each that was made, also when it was taken back
      expect((await gateway.call('asha', 'POST', `/v1/approvals/${held.id}/decision/undo`, { body: {} })).status).toBe(200);
      await decide(await read(held.id), { decision: 'approve', assertion: await signYes(key, held.digest, (await gateway.call('asha', 'POST', `/v1/approvals/${held.id}/challenge`, { body: {} })).body as ApprovalChallenge, signing), holdSeconds: 30 });
      await stillHeld(held.id);
      const made = await decisions(held.id);
      expect(made.map(({ decision, by, undone }) => [decision, by, undone])).toEqual([['approve', 'Asha', true], ['undo', 'Asha', false], ['approve', 'Asha', false]]);
      const each: unknown[] = [];
      for (const { id } of made) each.push((await verified(await receiptOf(held.id, 'asha', id))).payload?.['action']); // one after the other, as each signs the head anew
      expect(each).toEqual(['APPROVAL-HELD', 'APPROVAL-UNDONE', 'APPROVAL-HELD']);
      expect(await receiptOf(held.id, 'asha', (await decisions(approval.id))[0]!.id)).toMatchObject({ status: 404 }); // of another request
      await gateway.database.admin('update app.approval set effective_at = now() where id = $1', [held.id]);
      await until(async () => (await read(held.id)).state === 'approved', 'the effect');
      expect(await verified(await receiptOf(held.id))).toMatchObject({ ok: true, payload: { action: 'MOBILE-APPROVAL-GRANTED' }, signed: { kind: 'device' } });
    });

    it('also of a no; for the customer alone, and not before there is one', async () => {
      await gateway.device('asha');
      const approval = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, work)));
      expect(await receiptOf(approval.id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
      await decide(approval, { decision: 'deny', reason: 'not now' });
      const answer = await receiptOf(approval.id);
      expect(await verified(answer)).toMatchObject({ ok: true, signed: undefined, payload: { action: 'MOBILE-APPROVAL-DENIED' } });
      expect(answer.text).not.toContain('not now');
      expect(await receiptOf(approval.id, 'ben')).toMatchObject({ status: 404 });
      expect(await receiptOf(approval.id, 'ops')).toMatchObject({ status: 403, body: { code: 'content_not_yours' } });
      expect(await gateway.call('ops', 'GET', `/v1/approvals/${approval.id}/decisions`)).toMatchObject({ status: 403, body: { code: 'content_not_yours' } });
    });
  });
});
