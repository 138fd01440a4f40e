import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ChainTrees, checkRemembered, noteSigner, openCheckpoint, originOf, rangeRoot, receiptText, signCheckpoint, verifyReceipt, vkeyOf, type TreeHead } from '@countersign/audit';
import type { AuditProofView, TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { seedChain } from '@countersign/testing';
import { expect } from 'expect';
import { startNeighbours, type FakeHouse } from '../../testing/fake-services.js';
import { seedTeamOf } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';

const SIZE = 700;
const HEADS = [100, 300, 500, SIZE];
const KEY = generateKeyPairSync('ed25519').privateKey;

describe('the proofs of a chain over HTTP', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let house: FakeHouse;
  let stored: Database;
  let teamId: TeamId;
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
    ({ teamId } = await seedTeamOf(gateway.database, 'asha'));
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
    await gateway.database.admin(`insert into audit.checkpoint (team_id, size, root, note) values ($1, $2, $3, $4)`, [teamId, size, head.root, signCheckpoint(head, signer(key))]);
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
    for (const index of [0, 255, 256, 499, SIZE - 1]) expect(receipt(await proof(`index=${index}`))).toMatchObject({ ok: true, team: teamId, seq: index, size: SIZE, payload: { seq: String(index), words: 'as it was' } });
    expect(receipt(await proof('index=99&size=100'))).toMatchObject({ ok: true, seq: 99, size: 100 });
    const [{ entry_id: id } = { entry_id: '' }] = await gateway.database.admin<{ entry_id: string }>(`select entry_id from audit.entry where team_id = $1 and seq = 321`, [teamId]);
    expect(receipt(await proof(`entryId=${id}`))).toMatchObject({ ok: true, seq: 321 });
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
    expect(receipt(await proof('index=299&size=300')).ok).toBe(true); // the part before is as it was signed
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
    expect(receipt(view)).toMatchObject({ ok: false, findings: [{ code: 'unknown_key' }] });
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
});
