import { PLATFORM_CHAIN, TeamId } from '@countersign/contracts';
import { signContext, sql } from '@countersign/database';
import { seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { entryOf } from './taken-over.js';

describe('P7 a team is an island: the signed context', () => {
  let database: TestDatabase;
  let ours: SeededTeam;
  let theirs: SeededTeam;

  before(async () => {
    database = await testDatabase();
    [ours, theirs] = [await seedTeam(database), await seedTeam(database)];
  });
  after(() => database.close());

  /** Raw SQL with the manager's own credential: what an injection in that service could send. */
  async function attack<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: database.urlFor('manager-agent') });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const contextFor = (team: string, nowMs?: number): string => signContext(database.contextKeyFor('manager-agent'), 'team', team, 'service', nowMs);
  const enter = async (client: pg.Client, context: string): Promise<void> => {
    await client.query('begin');
    await client.query('select sec.enter($1)', [context]);
  };
  const teamsSeen = async (client: pg.Client): Promise<string[]> =>
    (await client.query<{ team_id: string }>('select team_id from app.team')).rows.map((row) => row.team_id);

  it('shows a team its own rows and nothing of another', async () => {
    const seen = await database.as('manager-agent').withTeam(ours.teamId, (tx) => tx.read<{ team_id: string }>(sql`select team_id from app.team`));
    expect(seen).toEqual([{ team_id: ours.teamId }]);
  });

  it('refuses every read without a context', () =>
    attack((client) => expect(teamsSeen(client)).rejects.toThrow('context missing')));

  it('refuses a context whose team was edited', () =>
    attack(async (client) => {
      await enter(client, contextFor(ours.teamId));
      await client.query(`select set_config('app.context', replace(current_setting('app.context'), $1, $2), true)`, [ours.teamId, theirs.teamId]);
      await expect(teamsSeen(client)).rejects.toThrow('context forged');
    }));

  it('refuses a context copied to the session and used in the next transaction', () =>
    attack(async (client) => {
      await enter(client, contextFor(ours.teamId));
      await client.query(`select set_config('app.context', current_setting('app.context'), false)`);
      await client.query('commit');
      await client.query('begin');
      await expect(teamsSeen(client)).rejects.toThrow('context stale');
    }));

  it('refuses a context copied to another connection', () =>
    attack(async (client) => {
      await enter(client, contextFor(ours.teamId));
      const { rows } = await client.query<{ context: string }>(`select current_setting('app.context') as context`);
      await attack(async (thief) => {
        await thief.query('begin');
        await thief.query(`select set_config('app.context', $1, true)`, [rows[0]!.context]);
        await expect(teamsSeen(thief)).rejects.toThrow('context stale');
      });
    }));

  it('refuses a context that has expired', () =>
    attack((client) => expect(enter(client, contextFor(ours.teamId, Date.now() - 60_000))).rejects.toThrow('context refused')));

  it("refuses a context signed with another service's key", () =>
    attack((client) =>
      expect(enter(client, signContext(database.contextKeyFor('gateway'), 'team', ours.teamId, 'service'))).rejects.toThrow('context refused'),
    ));

  it('refuses a context with one character of its signature changed', () =>
    attack((client) => {
      const context = contextFor(ours.teamId);
      const forged = context.slice(0, -1) + (context.endsWith('0') ? '1' : '0');
      return expect(enter(client, forged)).rejects.toThrow('context refused');
    }));

  it('refuses customer rows in a team context and team rows in the platform context', async () => {
    const gateway = database.as('gateway');
    await expect(gateway.withTeam(ours.teamId, (tx) => tx.read(sql`select * from app.person`))).rejects.toThrow('not a customer context');
    await expect(gateway.withPlatform((tx) => tx.read(sql`select * from app.team`))).rejects.toThrow('not a team context');
  });

  it('refuses a row written for another team, and a key that points into one', async () => {
    const manager = database.as('manager-agent');
    const goalOf = (team: string) => sql`insert into app.goal (team_id, id, text, state, submitted_by, repository)
      values (${team}, ${TeamId.next()}, 'goal', 'planned', ${ours.personId}, '{}')`;
    const write = (team: string) =>
      manager.withTeam(ours.teamId, async (tx) => {
        tx.write(goalOf(team));
        tx.auditLast(([entry]) => entry!, entryOf('manager-agent'));
      });
    await write(ours.teamId);
    await expect(write(theirs.teamId)).rejects.toThrow('row-level security');
    await expect(write(PLATFORM_CHAIN)).rejects.toThrow('row-level security');
  });

  it('never reads a wrong team through a small pool under 200 concurrent, partly failing, units of work', async () => {
    const manager = database.as('manager-agent');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => {
        const team = index % 2 ? ours : theirs;
        return manager.withTeam(team.teamId, async (tx) => {
          const rows = await tx.read<{ team_id: string }>(sql`select team_id from app.team`);
          if (index % 7 === 0) throw new Error('aborted on purpose');
          return rows.every((row) => row.team_id === team.teamId) && rows.length === 1;
        });
      }),
    );
    const kept = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(kept.every((outcome) => outcome.value)).toBe(true);
    expect(outcomes.length - kept.length).toBe(29);
  });
});
