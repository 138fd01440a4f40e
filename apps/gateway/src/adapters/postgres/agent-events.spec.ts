import { after, before, describe, it } from 'node:test';
import { sql, type Tx } from '@countersign/database';
import type { TeamId } from '@countersign/contracts';
import { seedTeam, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { until } from '../../testing/until.js';
import { AgentEvents, EVERYBODYS } from './agent-events.js';

describe('the events of all teams', { concurrency: 1 }, () => {
  let database: TestDatabase;
  let events: AgentEvents;
  let one: TeamId;
  let other: TeamId;
  before(async () => {
    database = await testDatabase();
    events = new AgentEvents(database.as('gateway'));
    [one, other] = (await Promise.all([seedTeam(database), seedTeam(database)])).map(({ teamId }) => teamId) as [TeamId, TeamId];
  });
  after(() => database.close());

  const emit = (tx: Tx, type: string): Promise<unknown> => {
    tx.ledgerOnly();
    return tx.read(sql`select sec.emit(array[${type}]::text[], array['{}'::jsonb])`);
  };
  const say = (teamId: TeamId, type: string): Promise<unknown> => database.as('spawn-gate').withTeam(teamId, (tx) => emit(tx, type));
  /** Does something while a transaction that has done `first` is open; then that one does `last` and commits. */
  const beside = async (teamId: TeamId, first: (tx: Tx) => Promise<unknown>, last: (tx: Tx) => Promise<unknown>, meanwhile: () => Promise<void>): Promise<void> => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const done = database.as('spawn-gate').withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      await first(tx);
      begun.resolve();
      await go.promise;
      await last(tx);
    });
    await begun.promise;
    try {
      await meanwhile();
    } finally {
      go.resolve();
      await done;
    }
  };
  const typesAfter = async (cursor: Awaited<ReturnType<AgentEvents['horizon']>>): Promise<string[]> => (await events.after(cursor, EVERYBODYS)).map(({ type }) => type);

  it('are shown only when none can still appear before them: a slow transaction loses nobody its event', async () => {
    const begin = await events.horizon();
    await beside(one, (tx) => emit(tx, 'slow'), () => Promise.resolve(), async () => {
      await say(other, 'quick');
      expect(await typesAfter(begin)).toEqual([]);
    });
    const both = await until(async () => ((await typesAfter(begin)).length === 2 ? events.after(begin, EVERYBODYS) : undefined), 'both events');
    expect(both.map(({ type }) => type)).toEqual(['slow', 'quick']);
    expect(await typesAfter(both[0]!)).toEqual(['quick']);
    expect(await typesAfter(both[1]!)).toEqual([]);
  });

  it('keep the order of their team, also when the older transaction writes last', async () => {
    const begin = await events.horizon();
    await beside(one, (tx) => tx.read(sql`select pg_current_xact_id()`), (tx) => emit(tx, 'of the older'), () => say(one, 'of the younger').then(() => undefined));
    await until(async () => (await typesAfter(begin)).length === 2 || undefined, 'both events');
    const [first, second] = await events.after(begin, EVERYBODYS);
    expect([first!.type, second!.type]).toEqual(['of the younger', 'of the older']);
    expect([first!.seq + 1, second!.pos >= first!.pos]).toEqual([second!.seq, true]);
    expect(await typesAfter(first!)).toEqual(['of the older']);
  });

  it('can be read for one customer or one team alone', async () => {
    const begin = await events.horizon();
    await say(one, 'hers');
    await say(other, 'his');
    await until(async () => (await typesAfter(begin)).length === 2 || undefined, 'both events');
    const [hers] = await events.after(begin, EVERYBODYS);
    expect((await events.after(begin, { customerId: hers!.customerId, teamId: null })).map(({ type }) => type)).toEqual(['hers']);
    expect((await events.after(begin, { customerId: null, teamId: other })).map(({ type }) => type)).toEqual(['his']);
    expect(await events.after(begin, { customerId: hers!.customerId, teamId: other })).toEqual([]);
  });
});
