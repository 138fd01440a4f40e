import type { TreeHead } from '@countersign/audit';
import { NoReplyError, RemoteError, type CommandClient } from '@countersign/bus';
import { uuidv7, type CheckpointReply, type TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Order } from '../domain/order.js';
import { signed as signedFor, treeOf as treeOfTeam } from '../testing/always-notary.js';
import { anApprovedGoal, aRepository, enter, pushOf, removeRepository, type Approved, type Repository } from '../testing/scene.js';
import type { StoredApproval } from './postgres/effect-store.js';
import { Receipts } from './receipts.js';

const EMPTY: Order['checkpoint'] = { size: 0, root: '0'.repeat(64) };

describe('the receipt of a decision, before what it is about begins', () => {
  let database: TestDatabase;
  let executor: Database;
  let repository: Repository;
  let [goal, entryId] = [undefined as unknown as Approved, ''];
  before(async () => {
    database = await testDatabase();
    executor = database.as('executor');
    repository = aRepository();
  });
  after(async () => {
    removeRepository(repository);
    await database?.close();
  });
  beforeEach(async () => {
    goal = await anApprovedGoal(database, repository, pushOf(repository));
    for (let n = 0; n < 2; n++) entryId = await enter(database, goal);
  });

  const treeOf = (size = 3): Promise<TreeHead> => treeOfTeam(executor, goal.teamId, size);
  const signed = (head: TreeHead, team: TeamId = goal.teamId): CheckpointReply => signedFor(head, team);
  const judged = (reply: CheckpointReply | Error, { ids = [entryId], checkpoint = EMPTY, over = {} }: { ids?: readonly string[]; checkpoint?: Order['checkpoint']; over?: Partial<StoredApproval> } = {}) => {
    const request = () => (reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply));
    const approval = { teamId: goal.teamId, id: goal.approvalId, digest: goal.digest, entryIds: ids, ...over } as StoredApproval;
    return new Receipts(executor, { request } as unknown as CommandClient).covered(approval, { checkpoint } as Order);
  };
  const under = async (size: number): Promise<Order['checkpoint']> => ({ size, root: (await treeOf(size)).root.toString('hex') });

  it('is there where the entry stands under the head that the notary signs, in the history that the question was asked in', async () => {
    for (const checkpoint of [EMPTY, await under(1), await under(2), await under(3)]) expect(await judged(signed(await treeOf()), { checkpoint })).toEqual({ is: 'covered' });
  });

  it('is waited for where the notary gives no head, or none that covers it', async () => {
    const why = async (...of: Parameters<typeof judged>): Promise<unknown> => ((await judged(...of)) as { why?: string }).why;
    expect(await why(new NoReplyError('cmd.notary.cover'))).toBe('notary_away');
    expect(await why({ ok: false, code: 'history_rewritten' })).toBe('history_rewritten');
    expect(await why(signed(await treeOf(2)))).toBe('head_short');
    expect(await why(signed(await treeOf(), uuidv7() as TeamId))).toBe('head_foreign');
    expect(await why(signed({ size: 3, root: Buffer.alloc(32, 1) }))).toBe('history_rewritten');
    expect(await why(signed(await treeOf()), { checkpoint: { size: 2, root: '1'.repeat(64) } })).toBe('history_rewritten');
    expect(await why(signed(await treeOf()), { checkpoint: { size: 4, root: '1'.repeat(64) } })).toBe('head_short');
  });

  it('is waited for of a notary that is away from the first question it left without an answer, until it gives one to whomever', async () => {
    const replies = [new NoReplyError('cmd.notary.cover'), new NoReplyError('cmd.notary.cover'), { ok: false, code: 'history_rewritten' }, new NoReplyError('cmd.notary.cover'), new RemoteError('busy', 'busy', true)];
    const request = () => {
      const reply = replies.shift();
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    };
    const receipts = new Receipts(executor, { request } as unknown as CommandClient);
    const ask = () => receipts.covered({ teamId: goal.teamId, id: goal.approvalId, digest: goal.digest, entryIds: [entryId] } as unknown as StoredApproval, { checkpoint: EMPTY } as Order);
    expect(receipts.silentMs).toBeUndefined();
    await ask();
    const first = receipts.silentMs!;
    await ask();
    expect(receipts.silentMs).toBeGreaterThan(first);
    await ask();
    expect(receipts.silentMs).toBeUndefined();
    await ask();
    expect(receipts.silentMs).toBeLessThan(first + 5_000);
    await expect(ask()).rejects.toThrow('busy');
    expect(receipts.silentMs).toBeUndefined();
  });

  it('is that of no other approval, digest or entry, nor of one that is not there', async () => {
    const head = signed(await treeOf());
    const foreign = { is: 'foreign' };
    for (const ids of [[], [uuidv7()], [entryId, uuidv7()]]) expect(await judged(head, { ids })).toEqual(foreign);
    for (const over of [{ id: uuidv7() }, { digest: 'd'.repeat(64) }] as Partial<StoredApproval>[]) expect(await judged(head, { over })).toEqual(foreign);
    const other = await enter(database, goal, { approval_id: uuidv7() });
    for (const ids of [[other], [entryId, other]]) expect(await judged(signed(await treeOf(4)), { ids })).toEqual(foreign);
  });
});
