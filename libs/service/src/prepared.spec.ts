import { auditor, serviceKey } from '@countersign/audit';
import { GoalId } from '@countersign/contracts';
import { Database, json, sql, type Statement, type Tx } from '@countersign/database';
import { seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';

describe('statements of a unit of work', () => {
  let database: TestDatabase;
  let team: SeededTeam;
  let manager: Database;
  before(async () => {
    database = await testDatabase();
    team = await seedTeam(database);
    // one connection, so that a test knows which one it meets
    manager = new Database({ url: database.urlFor('manager-agent'), contextKey: database.contextKeyFor('manager-agent'), maxConnections: 1 });
  });
  after(async () => {
    await manager.close();
    await database.close();
  });

  const read = <T extends object>(statement: Statement): Promise<T[]> => manager.withTeam(team.teamId, (tx) => tx.read<T>(statement));
  const audit = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 5)) });
  const queue = async (tx: Tx, statements: readonly Statement[]): Promise<void> => {
    tx.write(...statements);
    await audit(tx, 'TEAM-STATUS-UPDATE', { team_id: team.teamId, status: 'written', triggered_by: 'test' });
  };
  const write = (...statements: Statement[]): Promise<void> => manager.withTeam(team.teamId, (tx) => queue(tx, statements));
  const goal = (id: string): Statement => sql`insert into app.goal (team_id, id, text, state, submitted_by, repository) values (${team.teamId}, ${id}, 'goal', 'planned', ${team.personId}, '{}')`;

  it('are parsed once per connection, whatever their values', async () => {
    for (const name of ['Mira', 'Dora', 'Pax', 'Mira']) await read(sql`select id from app.member where team_id = ${team.teamId} and name = ${name}`);
    const known = await read<{ runs: number }>(sql`select (generic_plans + custom_plans)::int as runs from pg_prepared_statements where statement like 'select id from app.member%name =%'`);
    expect(known).toEqual([{ runs: 4 }]);
  });

  it('hold whatever a text may be: of JSON, what the database has no place for is a sign that something was there', async () => {
    const held = async (value: unknown): Promise<unknown> => (await read<{ held: unknown }>(sql`select ${json(value)}::jsonb as held`))[0]!.held;
    const half = '\u{1f375}'.slice(1);
    expect(await held({ [`a${half}`]: [`${half}b\0`, '\u{1f375}', { note: `\\${half}` }] })).toEqual({ 'a\ufffd': ['\ufffdb\ufffd', '\u{1f375}', { note: '\\\ufffd' }] });
    for (const fit of ['\\u0000', '\\\\ud83d', '\u0001\u007f"\\', [], null]) expect(await held(fit)).toEqual(fit);
  });

  it('may come twice in one flush, also on a new connection', async () => {
    const cold = new Database({ url: database.urlFor('manager-agent'), contextKey: database.contextKeyFor('manager-agent'), maxConnections: 1 });
    const ids = [GoalId.next(), GoalId.next(), GoalId.next()];
    await cold.withTeam(team.teamId, (tx) => queue(tx, ids.map(goal)));
    await cold.close();
    expect(await read(sql`select id from app.goal where id = any (${ids}::uuid[]) order by id`)).toEqual([...ids].sort().map((id) => ({ id })));
  });

  it('that fail are named by their own cause, not by what followed in the same flush', async () => {
    const id = GoalId.next();
    await write(goal(id));
    await expect(write(goal(id), goal(GoalId.next()), sql`update app.goal set note = 'never parsed before' where id = ${id}`)).rejects.toMatchObject({ code: 'already_exists' });
    expect(await read(sql`select note from app.goal where id = ${id}`)).toEqual([{ note: '' }]);
    await write(sql`update app.goal set note = 'never parsed before' where id = ${id}`);
    expect(await read(sql`select note from app.goal where id = ${id}`)).toEqual([{ note: 'never parsed before' }]);
  });

  it('go on when a column was added under a connection: once something that may pass, then as before', async () => {
    const all = (): Promise<object[]> => read(sql`select * from app.member where team_id = ${team.teamId}`);
    await all();
    await database.admin('alter table app.member add column motto text');
    await expect(all()).rejects.toMatchObject({ retryable: true });
    expect(await all()).toMatchObject([{ motto: null }, { motto: null }]);
  });
});
