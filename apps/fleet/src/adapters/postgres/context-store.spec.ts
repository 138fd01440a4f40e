import { auditor, serviceKey } from '@countersign/audit';
import { RunId, uuidv7, type ArtifactId, type TeamId, type WriteContext } from '@countersign/contracts';
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
    // the same words can be shared again
    expect(await store.write(wish(id, 'a secret', { expected: 1 }))).toMatchObject({ ok: true, code: 'ok', version: 2 });
    expect(await store.write(wish(id, 'a secret', { expected: 1 }))).toMatchObject({ ok: true, code: 'unchanged', version: 2 });
  });

  it('has room for 200 texts at a time: what was erased, or is for a task that is over, fills none', async () => {
    const theirs = await seedTeam(database);
    const [goalId, over] = [uuidv7(), uuidv7()];
    await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'x', 'done', $3, '{}')`, [theirs.teamId, goalId, theirs.personId]);
    await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, criteria, state) values ($1, $2, $3, 0, 'k', 'x', 'docs', '[]', 'done')`, [theirs.teamId, over, goalId]);
    await database.admin(`insert into app.context (team_id, id, name, visibility, task_id, version, sha256, size) select $1, gen_random_uuid(), 'x', case when n > 200 then 'task' else 'team' end, case when n > 200 then $2::uuid end, 1, sha256('x'), 1 from generate_series(1, 210) n`, [theirs.teamId, over]);
    await database.admin(`insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) select team_id, id, 1, sha256, 1, 'x', 'person:x', '{}' from app.context where team_id = $1`, [theirs.teamId]);
    const governor = { personId: theirs.personId, customerId: theirs.customerId, roles: ['customer_governor'] };
    const add = async () => (await store.write({ ...wish(uuidv7(), 'one more'), teamId: theirs.teamId, by: governor })).code;
    expect(await add()).toBe('workspace_full');
    const [old] = await database.admin<{ id: string }>(`select id from app.context where team_id = $1 and visibility = 'team' limit 1`, [theirs.teamId]);
    expect((await store.erase({ teamId: theirs.teamId, contextId: old!.id, by: governor, version: 1 })).code).toBe('ok');
    expect([await add(), await add()]).toEqual(['ok', 'workspace_full']);
  });

  it('has the bytes of a file erased when its goal is over, by a governor of the customer alone; its hash stays', async () => {
    const theirs = await seedTeam(database);
    const [goalId, taskId, runId, draftId, artifactId] = [uuidv7(), uuidv7(), uuidv7(), uuidv7(), uuidv7()];
    const t = theirs.teamId;
    await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'x', 'proposed', $3, '{}')`, [t, goalId, theirs.personId]);
    await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state) values ($1, $2, $3, 0, 'k', 'x', 'docs', $4, '[]', 'done')`, [t, taskId, goalId, theirs.memberId]);
    await database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, $2, $3, $4, 1, 'submitted', 1)`, [t, runId, taskId, theirs.memberId]);
    await database.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $4, 1, 'x', 'b')`, [t, draftId, taskId, runId]);
    await database.admin(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content, base_content) values ($1, $2, $3, 'a.md', 1, 'text/plain', 6, sha256('secret'), 'secret', 'older')`, [t, artifactId, draftId]);
    const erase = async (over = {}) => (await store.eraseArtifact({ teamId: t, artifactId: artifactId as ArtifactId, version: 1, by: { personId: theirs.personId, customerId: theirs.customerId, roles: ['customer_governor'], ...over } })).code;
    expect([await erase(), await erase({ roles: ['genesis'] }), await erase({ customerId: uuidv7() })]).toEqual(['goal_not_finished', 'not_permitted', 'not_found']);
    await database.admin(`update app.goal set state = 'done' where id = $1`, [goalId]);
    expect([await erase(), await erase()]).toEqual(['ok', 'unchanged']);
    expect(await database.admin(`select content, base_content, sha256 = sha256('secret') as kept from app.artifact where id = $1`, [artifactId])).toEqual([{ content: null, base_content: null, kept: true }]);
    const entries = await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from audit.entry where team_id = $1`, [t]);
    expect(entries.map(({ payload }) => JSON.parse(payload) as object)).toMatchObject([{ action: 'ARTIFACT-ERASED', body: { artifact_id: artifactId, hash: expect.stringMatching(/^[0-9a-f]{64}$/) } }]);
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
    expect([order!.notes, order!.shared]).toEqual([['Shorter'], [{ name: 'mine', version: 1, text: 'Be mine.' }, { name: 'kind', version: 1, text: 'Be kind.' }]]);

    // of many the newest; what is cut, or left out, it is told
    for (let n = 1; n <= 20; n++) await share(`more ${n}`, n === 20 ? { content: 'x'.repeat(10_001) } : {});
    const again = RunId.next();
    await database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) values ($1, $2, $3, $4, 1, 2, 'queued', 1)`, [theirs.teamId, again, mine, theirs.memberId]);
    const { notes, shared } = (await new RunStore(database.as('fleet')).claim(theirs.teamId, again, 'a test'))!;
    expect([notes, shared.length]).toEqual([['Shorter'], 22]);
    expect([shared[0]!.name, shared[1]]).toEqual(['mine', { name: 'more 20', version: 1, text: 'x'.repeat(10_000), characters: 10_001 }]);
    expect(shared.slice(-2)).toEqual([{ name: 'more 1', version: 1, text: '', characters: 10 }, { name: 'kind', version: 1, text: '', characters: 8 }]);
  });

  // reference §2C.5, by grant and by rule; that Genesis oversees without the words is ADR 0045
  const SERVICES_OF = { manager: 'manager-agent', member: 'fleet', 'customer governor': 'gateway', 'platform governor': 'gateway', genesis: 'gateway', helpdesk: 'helpdesk-agent', gate: 'spawn-gate' } as const;
  for (const [role, reads, writes, rule] of [
    ['manager', true, true, 'not_permitted'], // its grant writes what it has its members know; at the door of people it has no say
    ['member', true, true, 'not_permitted'], // the fleet reads for it what it is to know, and writes only what people share
    ['customer governor', true, false, 'ok'],
    ['platform governor', true, false, 'not_permitted'],
    ['genesis', true, false, 'not_permitted'],
    ['helpdesk', false, false, 'not_permitted'],
    ['gate', false, false, 'not_permitted'],
  ] as const) {
    it(`${role}: ${reads ? 'reads' : 'reads nothing'}, ${writes ? 'writes' : 'writes nothing'} in its own team by grant; at the door of people: ${rule}; in another team nothing`, async () => {
      const others = await seedTeam(database);
      const theirs = uuidv7();
      await store.write({ ...wish(theirs, 'Theirs.'), teamId: others.teamId, by: { personId: others.personId, customerId: others.customerId, roles: ['customer_governor'] } });
      const as = database.as(SERVICES_OF[role]);
      const read = (teamId: TeamId) => as.withTeam(teamId, (tx) => tx.read<{ id: string }>(sql`select c.id from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id`)).catch((error: unknown) => error);
      const seen = await read(team.teamId);
      if (reads) expect(seen).not.toContainEqual({ id: theirs });
      else expect(seen).toBeInstanceOf(DatabaseError);
      const write = (teamId: string) => as.withTeam(team.teamId, (tx) => {
        tx.ledgerOnly();
        tx.write(sql`insert into app.context (team_id, id, name, visibility, version, sha256, size) values (${teamId}, ${uuidv7()}, 'x', 'team', 1, sha256('x'), 1)`);
        return Promise.resolve();
      }).then(() => 'done', (error: unknown) => error as DatabaseError);
      const own = await write(team.teamId);
      // with the grant it is the entry that is missing, never the right
      expect([(own as DatabaseError).code === 'not_permitted', await write(others.teamId)]).toMatchObject([!writes, expect.any(DatabaseError)]);
      const roles = [role.replace(' ', '_')];
      expect((await store.write(wish(uuidv7(), `by ${role}`, { by: by({ roles }) }))).code).toBe(rule);
      expect((await store.write(wish(uuidv7(), `by ${role}`, { by: by({ roles, customerId: others.customerId }) }))).code).toBe('not_found');
    });
  }
});
