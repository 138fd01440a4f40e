import { after, before, describe, it } from 'node:test';

import { auditor, serviceKey } from '@countersign/audit';
import { PLATFORM_CHAIN } from '@countersign/contracts';
import { seedTeam, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';

import { ChainStore } from './chain-store.js';

const audit = auditor({ service: 'spawn-gate', key: serviceKey(Buffer.alloc(32, 3)) });
let database: TestDatabase;
let chains: ChainStore;

before(async () => {
  database = await testDatabase();
  chains = new ChainStore(database.as('notary'));
});
after(() => database.close());

describe('what the notary sees and writes of the database', () => {
  it('is the leaves of every chain, without a payload, in the order asked for', async () => {
    const { teamId } = await seedTeam(database);
    const gate = database.as('spawn-gate');
    await gate.withTeam(teamId, async (tx) => {
      for (const status of ['a', 'b', 'c', 'd']) await audit(tx, 'CAPABILITY-DENIED', { instance_id: teamId, code: status, what: 'test' });
    });
    await gate.withPlatform((tx) => audit(tx, 'POLICY-CHANGED', { policy: 'p', version: '1', sha256: 'a'.repeat(64) }));
    expect(await chains.chains()).toEqual(new Map([[teamId, { size: 4, signedSize: 0 }], [PLATFORM_CHAIN, { size: 1, signedSize: 0 }]]));
    expect(await chains.chains(teamId)).toEqual(new Map([[teamId, { size: 4, signedSize: 0 }]])); // or of one alone
    const entries = await chains.entries(teamId, 1, 4, 2);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(Object.keys(entries[0]!).sort()).toEqual(['atMs', 'entryHash', 'payloadHash', 'prevHash', 'seq', 'teamId']);
    expect((await chains.entries(PLATFORM_CHAIN, 0, 1, 9)).map(({ teamId: of }) => of)).toEqual([PLATFORM_CHAIN]);
  });

  it('is one signed head per size: the same again changes nothing, another one is told apart', async () => {
    const { teamId } = await seedTeam(database);
    const head = { size: 3, root: Buffer.alloc(32, 1), note: 'ours' };
    expect(await chains.publish(teamId, head)).toBe(true);
    expect(await chains.publish(teamId, head)).toBe(true);
    expect(await chains.publish(teamId, { ...head, note: 'theirs' })).toBe(false);
    expect(await database.admin(`select note from audit.checkpoint where team_id = $1`, [teamId])).toEqual([{ note: 'ours' }]);
    expect((await chains.chains()).get(teamId)).toBeUndefined();
  });

  it('is nothing else: no entry, no key of a person, no row of the work', async () => {
    const { teamId } = await seedTeam(database);
    for (const statement of [
      `insert into audit.head values ('${teamId}', 1, sha256(''), 0)`,
      `insert into audit.personal values ('${teamId}', '${teamId}', 'f', '${teamId}', '')`,
      `update audit.checkpoint set note = ''`,
      `delete from audit.checkpoint`,
      `select * from audit.personal`,
      `select * from audit.subject_key`,
      `select * from app.task`,
      `update app.team set state = 'suspended'`,
    ])
      await expect(database.rawAs('notary', statement)).rejects.toMatchObject({ code: '42501' });
  });
});
