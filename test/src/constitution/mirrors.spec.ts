import { SERVICES, type Service } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { seedMirror, seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';

/** They ask for a mirror in a team's name; the fleet is also the one that notes whose a mirror is. */
const ASKING: readonly Service[] = ['gateway', 'manager-agent', 'fleet', 'executor'];

describe("P7 a customer's mirrors are theirs", () => {
  let database: TestDatabase;
  let asha: SeededTeam;
  let ben: SeededTeam;
  before(async () => {
    database = await testDatabase();
    [asha, ben] = [await seedTeam(database), await seedTeam(database)];
    await seedMirror(database, asha, { name: 'ashas', remote: '/srv/asha.git' });
    await seedMirror(database, ben, { name: 'bens', remote: '/srv/ben.git' });
  });
  after(() => database.close());

  const remoteOf = (service: Service, team: SeededTeam, name: string) => database.as(service).withTeam(team.teamId, (tx) => tx.one(sql`select ops.adopted_remote(${name}) as remote`));

  it('no role but the fleet reads the table at all', async () => {
    for (const service of SERVICES.filter((each) => each !== 'fleet')) await expect(database.rawAs(service, 'select * from app.mirror')).rejects.toMatchObject({ code: '42501' });
  });

  it("the fleet sees one customer's rows in that customer's context, and none in any other", async () => {
    const fleet = database.as('fleet');
    const names = await fleet.withCustomer(ben.customerId, (tx) => tx.read(sql`select name from app.mirror`));
    expect(names).toEqual([{ name: 'bens' }]);
    await expect(database.rawAs('fleet', 'select * from app.mirror')).rejects.toMatchObject({ code: '42501' });
    await expect(fleet.withTeam(ben.teamId, (tx) => tx.read(sql`select * from app.mirror`))).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(fleet.withPlatform((tx) => tx.read(sql`select * from app.mirror`))).rejects.toMatchObject({ code: 'not_permitted' });
  });

  it("the fleet notes none for another customer, changes none, and forgets its customer's only with an entry", async () => {
    const attack = (statement: ReturnType<typeof sql>) => database.as('fleet').withCustomer(ben.customerId, (tx) => tx.read(statement));
    const insert = (customer: string) => sql`insert into app.mirror (customer_id, name, remote, adopted_by) values (${customer}, 'ashas', '/srv/ben.git', ${ben.personId})`;
    for (const statement of [insert(asha.customerId), sql`update app.mirror set remote = '/srv/evil.git'`]) await expect(attack(statement)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(attack(sql`insert into app.mirror (customer_id, name, remote, adopted_by) values (${ben.customerId}, 'new', '/srv/x.git', ${asha.personId})`)).rejects.toMatchObject({ sqlState: '23503' });
    expect(await attack(sql`delete from app.mirror where name = 'ashas' returning name`)).toEqual([]);
    await expect(attack(sql`delete from app.mirror`)).rejects.toMatchObject({ code: 'missing_audit_entry' });
  });

  it("a team's services learn of its customer's mirrors, and of another's nothing: as if there were none", async () => {
    for (const service of ASKING) {
      expect([service, await remoteOf(service, asha, 'ashas'), await remoteOf(service, ben, 'ashas'), await remoteOf(service, ben, 'nobodys')]).toEqual([service, { remote: '/srv/asha.git' }, { remote: null }, { remote: null }]);
      await expect(database.rawAs(service, `select ops.adopted_remote('ashas')`)).rejects.toMatchObject({ code: '42501' });
    }
    for (const service of SERVICES.filter((each) => !ASKING.includes(each))) await expect(remoteOf(service, asha, 'ashas')).rejects.toMatchObject({ code: 'not_permitted' });
  });
});
