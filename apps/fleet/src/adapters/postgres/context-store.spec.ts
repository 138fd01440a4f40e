import { auditor, serviceKey } from '@countersign/audit';
import { RunId, uuidv7, type WriteContext } from '@countersign/contracts';
import { DatabaseError, sql } from '@countersign/database';
import { seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { ContextStore } from './context-store.js';
import { RunStore } from './run-store.js';

describe('what a team shares, from rows', () => {
  let database: TestDatabase;
  let team: SeededTeam;
  let store: ContextStore;
  before(async () => {
    database = await testDatabase();
    team = await seedTeam(database);
    store = new ContextStore(database.as('fleet'), auditor({ service: 'fleet', key: serviceKey(Buffer.alloc(32, 0x42)) }));
  });
  after(() => database.close());

  const by = (over = {}) => ({ personId: team.personId, customerId: team.customerId, roles: ['customer_governor'], ...over });
  const wish = (contextId: string, content: string, over: Partial<WriteContext> = {}): WriteContext => ({ teamId: team.teamId, contextId, by: by(), name: 'Style', visibility: 'team', content, expected: 0, overwrite: false, ...over });
  const bodies = async (action: string) => (await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from audit.entry where team_id = $1 order by seq`, [team.teamId])).map(({ payload }) => JSON.parse(payload) as { action: string; body: Record<string, unknown> }).filter((entry) => entry.action === action).map(({ body }) => body);

  it('keeps every version; of writers at once one is first, and the others are told what it left', async () => {
    const id = uuidv7();
    expect(await store.write(wish(id, 'Be brief.'))).toMatchObject({ ok: true, version: 1 });
    expect(await store.write(wish(id, 'Be brief.'))).toMatchObject({ ok: true, code: 'unchanged', version: 1 });
    const racers = await Promise.all(['a', 'b', 'c', 'd'].map((content) => store.write(wish(id, content, { expected: 1 }))));
    expect(racers.map(({ ok }) => ok).sort()).toEqual([false, false, false, true]);
    for (const { ok, code, current } of racers) if (!ok) expect([code, current?.version]).toEqual(['stale_version', 2]);
    const over = await store.write(wish(id, 'Be kind.', { expected: 1, overwrite: true }));
    expect(over).toMatchObject({ ok: true, version: 3 });
    const rows = await database.admin<{ version: number; replaced: string | null }>(`select version, encode(replaced, 'hex') as replaced from app.context_version where context_id = $1 order by version`, [id]);
    expect(rows.map(({ version }) => version)).toEqual([1, 2, 3]);
    const entries = await bodies('TEAM-SHARED-CONTEXT-WRITE');
    expect(entries).toHaveLength(3);
    // both hashes of what was written over unseen
    expect([entries[2]!['replaced_hash'], rows[2]!.replaced]).toEqual([entries[1]!['hash'], entries[1]!['hash']]);
    expect(JSON.stringify(entries)).not.toMatch(/Be |Style/);
  });

  it('has a content erased and keeps its hash; an erased one comes back in no version', async () => {
    const id = uuidv7();
    await store.write(wish(id, 'a secret'));
    const erase = (over = {}) => store.erase({ teamId: team.teamId, contextId: id, by: by(over), version: 1 });
    expect((await erase({ roles: ['operator'] })).code).toBe('not_permitted');
    expect((await erase({ customerId: uuidv7() })).code).toBe('not_found');
    expect([(await erase()).code, (await erase()).code]).toEqual(['ok', 'unchanged']);
    expect(await database.admin(`select content, sha256 = sha256('a secret') as kept from app.context_version where context_id = $1`, [id])).toEqual([{ content: null, kept: true }]);
    expect(await bodies('TEAM-SHARED-CONTEXT-ERASED')).toHaveLength(1);
  });

  it('keeps account of what it holds: every version, and nothing of what was erased', async () => {
    const id = uuidv7();
    const kept = async () => (await database.admin<{ kept: number }>(`select sum(kept)::int as kept from app.context_version where context_id = $1`, [id]))[0]!.kept;
    await store.write(wish(id, 'small'));
    await store.write(wish(id, 'more of it', { expected: 1 }));
    expect(await kept()).toBe(15);
    await store.erase({ teamId: team.teamId, contextId: id, by: by(), version: 1 });
    expect(await kept()).toBe(10);
  });

  it('comes to members with their work: what is for all, and what is for their own task alone', async () => {
    const theirs = await seedTeam(database);
    const [goalId, mine, others, runId] = [uuidv7(), uuidv7(), uuidv7(), RunId.next()];
    await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'x', 'running', $3, '{}')`, [theirs.teamId, goalId, theirs.personId]);
    for (const [ordinal, id] of [mine, others].entries()) await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, notes, state, round) values ($1, $2, $3, $4::int, 'k' || $4::int, 'x', 'docs', $5, '[]', '["Shorter"]', 'assigned', 1)`, [theirs.teamId, id, goalId, ordinal, theirs.memberId]);
    const share = (name: string, over: Partial<WriteContext>) => store.write({ ...wish(uuidv7(), `Be ${name}.`, { name, ...over }), teamId: theirs.teamId, by: { personId: theirs.personId, customerId: theirs.customerId, roles: ['customer_governor'] } });
    for (const [name, over] of [['kind', {}], ['mine', { visibility: 'task', taskId: mine }], ['theirs', { visibility: 'task', taskId: others }]] as [string, Partial<WriteContext>][]) expect((await share(name, over)).ok).toBe(true);
    await database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, $2, $3, $4, 1, 'queued', 1)`, [theirs.teamId, runId, mine, theirs.memberId]);
    const order = await new RunStore(database.as('fleet')).claim(theirs.teamId, runId, 'a test');
    expect(order!.notes).toEqual(['Shorter', 'Shared in the team as "kind", version 1: Be kind.', 'Shared in the team as "mine", version 1: Be mine.']);
  });

  it('is nothing of the helpdesk’s, and written by no other service', async () => {
    await expect(database.as('helpdesk-agent').withTeam(team.teamId, (tx) => tx.read(sql`select id from app.context`))).rejects.toThrow(DatabaseError);
    for (const service of ['gateway', 'manager-agent', 'spawn-gate'] as const) {
      await expect(database.as(service).withTeam(team.teamId, (tx) => { tx.write(sql`update app.context set version = 9`); tx.ledgerOnly(); return Promise.resolve(); })).rejects.toThrow(DatabaseError);
    }
  });
});
