import { uuidv7 } from '@countersign/contracts';
import { json, sql, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { aScene, type Scene } from './scene.js';
import { entryOf, TakenOver } from './taken-over.js';

const GRANTED = 1_000;

describe('P3 no budget is wider than its parent’s, also for the gate’s own role', () => {
  let database: TestDatabase;
  let gate: TakenOver;
  let team: Scene;
  before(async () => {
    database = await testDatabase();
    gate = await TakenOver.open(database, 'spawn-gate');
  });
  after(async () => {
    await gate[Symbol.asyncDispose]();
    await database.close();
  });
  beforeEach(async () => {
    team = await aScene(database);
    await database.admin(`insert into app.budget (team_id, account_id, unit, kind, granted) select $1, $1, unnest(array['tokens', 'steps']), 'team', $2`, [team.teamId, GRANTED]);
  });

  const child = (granted: number, { id = uuidv7(), parent = team.teamId as string, unit = 'tokens', kind = 'mission' } = {}): Statement =>
    sql`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted) values (${team.teamId}, ${id}, ${unit}, ${kind}, ${parent}, ${granted})`;
  const account = (id: string, set: Statement): Statement => sql`update app.budget set ${set} where team_id = ${team.teamId} and account_id = ${id} and unit = 'tokens'`;
  const holds = (amount: number, id: string = team.teamId): Statement => account(id, sql`held = held + ${amount}`);
  const attempt = (...statements: Statement[]): Promise<string> => gate.run({ id: team.teamId }, ...statements, entryOf('spawn-gate'));

  it('lets a parent open a child with what it holds for it, in either order of the rows', async () => {
    expect(await attempt(child(400), holds(400))).toBe('done');
    expect(await attempt(holds(600), child(600))).toBe('done');
  });

  it('refuses a child with more than its parent was ever granted', async () => {
    expect(await attempt(holds(GRANTED), child(GRANTED + 1))).toBe('wider_than_parent');
    expect(await attempt(child(GRANTED + 1), holds(GRANTED + 1))).toMatch(/violates check constraint/);
  });

  it('refuses a child with more than its parent holds for it, and one that its parent holds nothing for', async () => {
    expect(await attempt(child(400), holds(399))).toBe('wider_than_parent');
    expect(await attempt(child(1))).toBe('wider_than_parent');
  });

  it('refuses many small children that are wider together', async () => {
    expect(await attempt(holds(GRANTED), ...Array.from({ length: 10 }, () => child(GRANTED / 10)))).toBe('done');
    expect(await attempt(child(1))).toBe('wider_than_parent');
  });

  it('refuses in each unit by itself: what is held of one pays for no other', async () => {
    expect(await attempt(holds(500), child(500, { unit: 'steps' }))).toBe('wider_than_parent');
  });

  it('refuses a grandchild that is wider than its mission, however much the team has left', async () => {
    const mission = uuidv7();
    expect(await attempt(holds(100), child(100, { id: mission }))).toBe('done');
    expect(await attempt(holds(100, mission), child(101, { parent: mission, kind: 'instance' }))).toBe('wider_than_parent');
    expect(await attempt(holds(100, mission), child(100, { parent: mission, kind: 'instance' }))).toBe('done');
  });

  it('refuses to widen a child afterwards, and to take back from under one what it still has', async () => {
    const mission = uuidv7();
    expect(await attempt(holds(100), child(100, { id: mission }))).toBe('done');
    expect(await attempt(account(mission, sql`granted = 101`))).toBe('wider_than_parent');
    expect(await attempt(holds(-1))).toBe('wider_than_parent');
    expect(await attempt(account(mission, sql`granted = 50`), holds(-50))).toBe('done');
    expect(await attempt(holds(-1))).toBe('wider_than_parent');
  });

  it('refuses an account below nothing, whatever it calls itself, beside the team’s own', async () => {
    for (const kind of ['team', 'mission', 'instance']) {
      expect(await attempt(sql`insert into app.budget (team_id, account_id, unit, kind, granted) values (${team.teamId}, ${uuidv7()}, 'tokens', ${kind}, 1)`)).toBe('wider_than_parent');
    }
  });

  it('refuses to hang an account below one that does not hold it, below nothing, or below itself', async () => {
    const [mission, other] = [uuidv7(), uuidv7()];
    expect(await attempt(holds(110), child(100, { id: mission }), child(10, { id: other }))).toBe('done');
    const hang = (parent: string | null): Statement => account(mission, sql`parent_id = ${parent}`);
    for (const parent of [other, null, mission]) expect(await attempt(hang(parent))).toBe('wider_than_parent');
    expect(await attempt(account(other, sql`granted = 110`), holds(100, other), hang(other))).toBe('done');
  });

  it('refuses accounts in a circle, which would grant each other anything', async () => {
    const [a, b] = [uuidv7(), uuidv7()];
    expect(await attempt(holds(200), child(100, { id: a }), child(100, { id: b }))).toBe('done');
    const below = (id: string, parent: string): Statement => account(id, sql`parent_id = ${parent}, held = 100`);
    expect(await attempt(below(a, b), below(b, a))).toBe('wider_than_parent');
    const [c, d] = [uuidv7(), uuidv7()];
    expect(await attempt(sql`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, held)
      values (${team.teamId}, ${c}, 'tokens', 'mission', ${d}, 1000000, 1000000), (${team.teamId}, ${d}, 'tokens', 'mission', ${c}, 1000000, 1000000)`)).toBe('wider_than_parent');
  });

  it('lets nobody say what an account has lent: it is counted', async () => {
    const mission = uuidv7();
    expect(await attempt(holds(100), sql`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, lent) values (${team.teamId}, ${mission}, 'tokens', 'mission', ${team.teamId}, 100, 1)`)).toBe('wider_than_parent');
    expect(await attempt(holds(100), child(100, { id: mission }))).toBe('done');
    expect(await attempt(account(team.teamId, sql`lent = 0`))).toMatch(/permission denied/);
    expect(await database.admin(`select lent from app.budget where team_id = $1 and account_id = $1 and unit = 'tokens'`, [team.teamId])).toEqual([{ lent: '100' }]);
  });

  it('lets no account change its kind, unit or name: that would go round all of it', async () => {
    const mission = uuidv7();
    expect(await attempt(holds(100), child(100, { id: mission }))).toBe('done');
    for (const set of [sql`kind = 'team'`, sql`unit = 'steps'`, sql`account_id = ${uuidv7()}`]) expect(await attempt(account(mission, set))).toMatch(/permission denied/);
  });

  const instance = (id: string, slice: object): Statement =>
    sql`insert into app.instance (team_id, id, member_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
      values (${team.teamId}, ${id}, ${team.memberId}, 'worker', 'doc-bot', 'running', '{}', ${json(slice)}, '', 1, 3, 1)`;

  it('refuses an instance whose slice is more than its own account was granted, and one without an account', async () => {
    const id = uuidv7();
    const funded = [holds(100), child(100, { id, kind: 'instance' })];
    expect(await attempt(instance(id, { tokens: 1 }))).toBe('instance_not_funded');
    expect(await attempt(...funded, instance(id, { tokens: 101 }))).toBe('instance_not_funded');
    expect(await attempt(...funded, instance(id, { tokens: 100, steps: 1 }))).toBe('instance_not_funded');
    expect(await attempt(holds(100), child(100, { id }), instance(id, { tokens: 100 }))).toBe('instance_not_funded'); // a mission's account is nobody's slice
    expect(await attempt(instance(id, { tokens: 100 }), ...funded)).toBe('done');
  });

  it('cannot be put off: at the commit nothing of it stays', async () => {
    expect(await attempt(sql`set constraints all deferred`, child(GRANTED), holds(1))).toBe('wider_than_parent');
    expect(await database.admin(`select from app.budget where team_id = $1 and parent_id is not null`, [team.teamId])).toEqual([]);
  });
});
