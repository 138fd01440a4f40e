import { auditor, serviceKey } from '@countersign/audit';
import { GoalId, uuidv7, type CustomerId } from '@countersign/contracts';
import { seedCustomer, seedMirror, seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Mirrors } from './adapters/git/mirrors.js';
import { MirrorStore } from './adapters/postgres/mirror-store.js';
import { MirrorKeeper } from './mirror-keeper.js';

const KEPT_HOURS = 720;
const LONG_AGO = '31 days';
const LATELY = '29 days';

describe('mirrors of goals that are over', () => {
  let database: TestDatabase;
  let folder: string;
  let team: SeededTeam;
  before(async () => {
    database = await testDatabase();
  });
  after(() => database.close());
  beforeEach(async (t) => {
    folder = mkdtempSync(join(tmpdir(), 'mirrors-'));
    (t as { after(work: () => void): void }).after(() => rmSync(folder, { recursive: true, force: true }));
    team = await seedTeam(database);
  });

  const aged = (path: string, ago: string): void => {
    const at = new Date(Date.now() - Number.parseInt(ago, 10) * 86_400_000);
    utimesSync(path, at, at);
  };
  /** A repository with dependencies beside it, as the launcher leaves them. */
  const put = (name: string, { of = team.customerId, ago = LONG_AGO }: { of?: CustomerId; ago?: string } = {}): void => {
    for (const ending of ['git', 'deps']) {
      const path = join(folder, of, `${name}.${ending}`);
      mkdirSync(join(path, 'inside'), { recursive: true });
      writeFileSync(join(path, 'inside', 'file'), 'x');
      aged(path, ago);
    }
  };
  const adopted = async (name: string, options: { of?: SeededTeam; ago?: string } = {}): Promise<void> => {
    const { of = team, ago = LONG_AGO } = options;
    put(name, { of: of.customerId, ago });
    await seedMirror(database, of, { name });
    await database.admin(`update app.mirror set adopted_at = now() - $3::interval where customer_id = $1 and name = $2`, [of.customerId, name, ago]);
  };
  const goal = async (name: string, finished: string | null, of = team): Promise<GoalId> => {
    const id = GoalId.next();
    await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository, finished_at) values ($1, $2, 'x', $3, $4, $5, now() - $6::interval)`, [of.teamId, id, finished === null ? 'blocked' : 'done', of.personId, JSON.stringify({ mirror: name }), finished]);
    return id;
  };
  const effect = (goalId: GoalId, state: string): Promise<unknown> =>
    database.admin(`set session_replication_role = replica; insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values ('${team.teamId}', '${uuidv7()}', '${uuidv7()}', '${goalId}', 'git.push', '${state}', 'k'); reset session_replication_role`);
  const keeper = (): MirrorKeeper => {
    const store = new MirrorStore(database.as('fleet'), auditor({ service: 'fleet', key: serviceKey(Buffer.alloc(32, 0x42)) }));
    return new MirrorKeeper(new Mirrors(folder), store, KEPT_HOURS, { info: () => undefined });
  };
  const there = (name: string, of = team.customerId): boolean => {
    const [repository, dependencies] = ['git', 'deps'].map((ending) => existsSync(join(folder, of, `${name}.${ending}`)));
    expect(dependencies).toBe(repository);
    return repository!;
  };
  const isAdopted = async (name: string): Promise<boolean> => (await database.admin(`select 1 from app.mirror where customer_id = $1 and name = $2`, [team.customerId, name])).length > 0;
  const forgotten = async (): Promise<unknown[]> => (await database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = '00000000-0000-0000-0000-000000000000' order by seq`)).map(({ payload }) => JSON.parse(payload.toString('utf8')) as { action: string; body: { customer_id: string; mirror: string } }).filter(({ action, body }) => action === 'MIRROR-FORGOTTEN' && body.customer_id === team.customerId).map(({ body }) => body.mirror);

  it('are forgotten on the record, and a round later their files and copied dependencies go', async () => {
    await adopted('over');
    for (const ago of [LONG_AGO, LONG_AGO]) await goal('over', ago);
    await keeper().round();
    expect([await isAdopted('over'), there('over'), await forgotten()]).toEqual([false, true, ['over']]);
    await Promise.all([keeper().round(), keeper().round()]);
    expect([there('over'), await forgotten()]).toEqual([false, ['over']]);
  });

  it('stay while any goal on them is open, ended lately, or has an effect whose outcome nobody knows', async () => {
    for (const name of ['open', 'lately', 'started', 'unknown', 'settled']) await adopted(name);
    await goal('open', LONG_AGO);
    await goal('open', null);
    await goal('lately', LATELY);
    for (const state of ['started', 'unknown']) await effect(await goal(state, LONG_AGO), state);
    await effect(await goal('settled', LONG_AGO), 'executed');
    for (let round = 0; round < 2; round += 1) await keeper().round();
    const stay = ['open', 'lately', 'started', 'unknown', 'settled'];
    expect(await Promise.all(stay.map(isAdopted))).toEqual([true, true, true, true, false]);
    expect(stay.map((name) => there(name))).toEqual([true, true, true, true, false]);
  });

  it('stay where a goal came in the moment they were forgotten', async () => {
    await adopted('raced');
    await goal('raced', LONG_AGO);
    await keeper().round();
    await goal('raced', null); // its row was read before
    await keeper().round();
    expect([await isAdopted('raced'), there('raced')]).toEqual([false, true]);
  });

  it('of one customer say nothing about those of another', async () => {
    const other = await seedTeam(database, { of: await seedCustomer(database) });
    await adopted('same');
    await adopted('same', { of: other });
    await goal('same', LONG_AGO);
    await goal('same', null, other);
    for (let round = 0; round < 2; round += 1) await keeper().round();
    expect([there('same'), there('same', other.customerId)]).toEqual([false, true]);
  });

  it('that are just made or adopted stay, and what is no mirror is not touched', async () => {
    put('fresh', { ago: LATELY });
    put('stray');
    await adopted('young', { ago: LATELY });
    writeFileSync(join(folder, team.customerId, 'note.txt'), 'x');
    mkdirSync(join(folder, team.customerId, 'folder'));
    mkdirSync(join(folder, team.customerId, '..git'));
    for (const name of ['folder', '..git']) aged(join(folder, team.customerId, name), LONG_AGO);
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    aged(outside, LONG_AGO);
    symlinkSync(outside, join(folder, team.customerId, 'linked.git'));
    for (let round = 0; round < 2; round += 1) await keeper().round();
    expect([there('fresh'), there('stray'), there('young')]).toEqual([true, false, true]);
    for (const name of ['note.txt', 'folder', '..git', 'linked.git']) expect([name, existsSync(join(folder, team.customerId, name))]).toEqual([name, true]);
    expect(existsSync(outside)).toBe(true);
    rmSync(outside, { recursive: true });
  });
});
