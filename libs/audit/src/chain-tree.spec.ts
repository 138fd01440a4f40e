import { after, before, describe, it } from 'node:test';

import type { TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { seedChain, seedTeam, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';

import { readEntries } from './chain-reader.js';
import { ChainTrees } from './chain-tree.js';
import { ChainBrokenError } from './errors.js';
import { consistencyRanges, inclusionRanges, type LeafRange } from './proof.js';
import { consistencyProof, inclusionProof, rangeRoot } from './tree.js';

const SIZE = 1_337;

let database: TestDatabase;
let gateway: Database;

before(async () => {
  database = await testDatabase();
  gateway = database.as('gateway');
});
after(() => database.close());

async function longTeam(): Promise<TeamId> {
  const { teamId } = await seedTeam(database);
  await seedChain(database, teamId, SIZE);
  return teamId;
}

const rootsOf = async (trees: ChainTrees, teamId: TeamId, ranges: readonly LeafRange[]): Promise<Buffer[]> => {
  const known = await trees.hashes(teamId, ranges);
  return ranges.map((range) => rangeRoot(range, known));
};

/** A database that counts the rows and transactions that go through it. */
function counted(): { database: Pick<Database, 'withTeam'>; reads: () => number } {
  let reads = 0;
  return { database: { withTeam: (teamId, work) => ((reads += 1), gateway.withTeam(teamId, work)) }, reads: () => reads };
}

describe('the tree of a long chain', () => {
  it('gives the same proofs as all its leaves would, at and around the edges of what is kept', async () => {
    const teamId = await longTeam();
    const entries = await gateway.withTeam(teamId, (tx) => readEntries(tx, 0, SIZE, SIZE));
    const leaves = ({ from, to }: LeafRange) => (to - from === 1 ? entries[from]!.entryHash : undefined);
    const trees = new ChainTrees(gateway);
    const edges = [0, 1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 1_023, 1_024, 1_025, 1_335, SIZE - 1];
    const sizes = [1, 2, 255, 256, 257, 300, 512, 513, 768, 1_024, 1_025, 1_280, 1_281, 1_336, SIZE];
    for (const size of sizes) {
      expect(await rootsOf(trees, teamId, [{ from: 0, to: size }])).toEqual([rangeRoot({ from: 0, to: size }, leaves)]);
      for (const index of edges.filter((edge) => edge < size)) expect([index, size, await rootsOf(trees, teamId, inclusionRanges(index, size))]).toEqual([index, size, inclusionProof(leaves, index, size)]);
      for (const from of sizes.filter((smaller) => smaller <= size)) expect([from, size, await rootsOf(trees, teamId, consistencyRanges(from, size))]).toEqual([from, size, consistencyProof(leaves, from, size)]);
    }
  });

  it('is read once, and after that only where it is new and where the proof is', async () => {
    const teamId = await longTeam();
    const { database: watched, reads } = counted();
    const trees = new ChainTrees(watched);
    await Promise.all([0, 400, 900, SIZE - 1].map((index) => trees.hashes(teamId, inclusionRanges(index, SIZE)))); // at once: the chain is read by one of them
    expect(reads()).toBe(5);
    await trees.hashes(teamId, inclusionRanges(700, SIZE));
    expect(reads()).toBe(6);
    await seedChain(database, teamId, SIZE + 300, { from: SIZE });
    await trees.hashes(teamId, inclusionRanges(700, SIZE + 300));
    expect(reads()).toBe(8);
    trees.forget(teamId);
    await trees.hashes(teamId, inclusionRanges(700, SIZE));
    expect(reads()).toBe(10);
  });

  it('keeps teams apart', async () => {
    const [one, other] = [await longTeam(), await longTeam()];
    const trees = new ChainTrees(gateway);
    const whole = [{ from: 0, to: SIZE }];
    expect(await rootsOf(trees, one, whole)).not.toEqual(await rootsOf(trees, other, whole));
    expect(await rootsOf(trees, one, whole)).toEqual(await rootsOf(new ChainTrees(gateway), one, whole));
  });

  it('says where an entry is missing, in a group that is kept and in the rest, and goes on when it is back', async () => {
    const teamId = await longTeam();
    const without = async (seq: number, work: () => Promise<void>) => {
      await database.admin(`create table public.gone as select * from audit.entry where team_id = '${teamId}' and seq = ${seq}`);
      await database.admin(`do $$ begin set local session_replication_role = replica; delete from audit.entry where team_id = '${teamId}' and seq = ${seq}; end $$`);
      await work();
      await database.admin(`insert into audit.entry select * from public.gone`);
      await database.admin(`drop table public.gone`);
    };
    const trees = new ChainTrees(gateway);
    await without(600, async () => {
      const broken = trees.hashes(teamId, inclusionRanges(1, SIZE));
      await expect(broken).rejects.toThrow(ChainBrokenError);
      await expect(broken).rejects.toMatchObject({ seq: 512, toSeq: 767 });
    });
    await without(1_300, () => expect(trees.hashes(teamId, inclusionRanges(1, SIZE))).rejects.toMatchObject({ code: 'chain_broken', seq: 1_300, toSeq: 1_300 }));
    await expect(trees.hashes(teamId, inclusionRanges(1, SIZE + 1))).rejects.toMatchObject({ seq: SIZE, toSeq: SIZE });
    expect(await rootsOf(trees, teamId, [{ from: 0, to: SIZE }])).toEqual(await rootsOf(new ChainTrees(gateway), teamId, [{ from: 0, to: SIZE }]));
  });
});
