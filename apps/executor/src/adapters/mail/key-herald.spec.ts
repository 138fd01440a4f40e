import { readLetter } from '@countersign/testing/doubles';
import { MailServerDouble, seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { uuidv7 } from '@countersign/contracts';
import { readSmtpUrl } from '@countersign/service';
import { expect } from 'expect';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { aKey } from '../../testing/approver.js';
import { aKeyring } from '../../testing/runner.js';
import { enrol } from '../../testing/scene.js';
import { KeyHerald } from './key-herald.js';

const HOLD_MS = 3_600_000;

describe('a key that the gateway enrols, in whatever hands that is', { concurrency: 1 }, () => {
  let database: TestDatabase;
  let mail: MailServerDouble;
  let home: string;
  let team: SeededTeam;
  let now: number;
  const untold: number[] = [];
  before(async () => {
    [database, mail] = await Promise.all([testDatabase(), MailServerDouble.start()]);
    home = mkdtempSync(join(tmpdir(), 'herald-'));
  });
  after(async () => {
    rmSync(home, { recursive: true, force: true });
    await Promise.all([database.close(), mail[Symbol.asyncDispose]()]);
  });
  beforeEach(async () => {
    mail.taken.length = mail.faults.length = 0;
    mail.always = undefined;
    mail.unknown.clear();
    mail.deferred.clear();
    now = Date.now();
    untold.length = 0;
    await database.admin('delete from app.approver_key'); // of the others' customers, of whom a look at all would tell as well
    team = await seedTeam(database);
    await enrol(database, team, aKey());
  });

  /** An executor of a home of its own. */
  const keyring = (server = true, firstKeys: readonly string[] = ['*']) => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const own = mkdtempSync(join(home, 'x-'));
    const herald = new KeyHerald({ database: database.as('executor'), server: server ? readSmtpUrl(mail.url) : undefined, from: undefined, log, limitMs: 60_000, againMs: 1_000, now: () => now });
    return aKeyring(database.as('executor'), { home: own }, { holdMs: HOLD_MS, firstKeys, log, tell: (key, countsFrom, newcomer) => herald.tell(key, countsFrom, newcomer), untold: (keys) => void untold.push(keys) });
  };
  const prefer = (email: string) => database.admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, jsonb_build_object('email', $3::text), 1) on conflict (customer_id, person_id) do update set doc = excluded.doc`, [team.customerId, team.personId, email]);
  const told = () => mail.taken.map(({ to }) => to[0]).sort();

  it('is told of by the executor itself, to the old address too, before it is pinned to count after its hold', async () => {
    await prefer('asha@chai.example');
    const ring = keyring();
    expect((await ring.learn(team.customerId)).length).toBe(1);
    expect(told()).toEqual([]); // the first of a customer: there is nobody whom it could surprise
    await prefer('mallory@evil.example'); // whoever enrols quietly changes that first
    const passkey = aKey('passkey');
    await enrol(database, team, passkey);
    const keys = await ring.learn(team.customerId);
    expect(told()).toEqual(['asha@chai.example', 'mallory@evil.example']);
    expect(keys.map(({ effectiveFrom }) => effectiveFrom > Date.now() + HOLD_MS - 60_000)).toEqual([false, true]);
    const letter = readLetter(mail.taken[0]!.message);
    expect(letter.subject).toBe('A key to approve with was added to your account');
    expect(letter.text).toMatch(/A passkey .* it counts no sooner than .*GMT.*Its keys end at once/s);
    expect(letter.text).not.toMatch(/https?:/);
    await enrol(database, team, { ...passkey, credentialId: 'renamed' });
    expect((await Promise.all([ring.learn(team.customerId), ring.learn(null)]))[0]).toHaveLength(2);
    expect(told()).toHaveLength(2); // once, by whatever name
  });

  it('of somebody who had none is told to everybody of the customer: whoever enters a person quietly enters them for all', async () => {
    await prefer('asha@chai.example');
    const ring = keyring();
    await ring.learn(team.customerId);
    const stranger = uuidv7();
    await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2::uuid, $2::uuid::text, 'Asha', '{customer_governor}')`, [team.customerId, stranger]);
    await database.admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, '{"email": "mallory@evil.example"}', 1)`, [team.customerId, stranger]);
    await enrol(database, { ...team, personId: stranger as SeededTeam['personId'] }, aKey());
    expect((await ring.learn(team.customerId)).length).toBe(2);
    const letters = Object.fromEntries(mail.taken.map(({ to, message }) => [to[0], readLetter(message).subject]));
    expect(letters).toEqual({ 'asha@chai.example': 'Somebody else can approve for your company', 'mallory@evil.example': 'A key to approve with was added to your account' });
    mail.taken.length = 0;
    await enrol(database, team, aKey()); // another of one who had one is theirs alone
    await ring.learn(team.customerId);
    expect(told()).toEqual(['asha@chai.example']);
  });

  it('waits and is told of as well when it is the first of a customer whom the operator did not name', async () => {
    await prefer('asha@chai.example');
    mail.always = 'later';
    const ring = keyring(true, []);
    expect(await ring.learn(team.customerId)).toEqual([]);
    mail.always = undefined;
    mail.taken.length = 0;
    now += 1_000;
    expect((await ring.learn(team.customerId)).map(({ effectiveFrom }) => effectiveFrom > Date.now() + HOLD_MS - 60_000)).toEqual([true]);
    expect(told()).toEqual(['asha@chai.example']);
    expect((await keyring(true, [team.customerId]).learn(team.customerId)).map(({ effectiveFrom }) => effectiveFrom <= Date.now())).toEqual([true]); // another executor, told of the customer
  });

  it('never counts while its owner cannot be told, and holds up no approval meanwhile', async () => {
    await prefer('asha@chai.example');
    const ring = keyring();
    await ring.learn(team.customerId);
    const quiet = aKey();
    await enrol(database, team, quiet);
    mail.always = 'later';
    expect((await ring.learn(team.customerId)).length).toBe(1);
    const seen = mail.taken.length;
    const { key } = await ring.witness({ id: 'a', customerId: team.customerId });
    expect([key(team.customerId, quiet.credentialId), mail.taken.length]).toEqual([undefined, seen]);
    now += 48 * 3_600_000; // nobody was told: however long that is
    expect((await ring.learn(team.customerId)).length).toBe(1);
    mail.always = undefined;
    now += 1_000;
    expect((await ring.learn(team.customerId)).length).toBe(2);
    expect(told()).toEqual(['asha@chai.example']);
  });

  it('is told once to whoever takes the letter, and counts after a day where another address only puts it off', async () => {
    await prefer('once@chai.example');
    const ring = keyring();
    await ring.learn(team.customerId);
    await prefer('full@chai.example');
    mail.deferred.add('full@chai.example');
    await enrol(database, team, aKey());
    for (let n = 0; n < 3; n++, now += 8 * 3_600_000 - 1_000) {
      expect((await ring.learn(team.customerId)).length).toBe(1);
      expect(told()).toEqual(['once@chai.example']);
    }
    await ring.learn(null);
    expect(untold).toEqual([1]);
    now += 3_000;
    await ring.learn(null);
    expect([untold, (await ring.learn(team.customerId)).length]).toEqual([[1, 0], 2]);
    expect(told().filter((to) => to === 'once@chai.example')).toHaveLength(1);
  });

  it('counts after its hold where the address takes no letters, where there is none, and where no mail server is set up', async () => {
    for (const [email, server] of [['gone@chai.example', true], [undefined, true], ['asha@chai.example', false]] as const) {
      team = await seedTeam(database);
      await enrol(database, team, aKey());
      if (email !== undefined) await prefer(email);
      mail.unknown.add('gone@chai.example');
      const ring = keyring(server);
      await ring.learn(team.customerId);
      await enrol(database, team, aKey());
      expect([email, (await ring.learn(team.customerId)).length, told()]).toEqual([email, 2, []]);
    }
  });
});
