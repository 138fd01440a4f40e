import { after, before, describe, it } from 'node:test';
import { append, EMPTY_FRONTIER, exportChain, exportHeader, noteSigner, originOf, person, personal, privateKeyOfSeed, rootOf, signCheckpoint, verifyExport, vkeyOf, type Audit } from '@countersign/audit';
import { PLATFORM_CHAIN, PREFERENCE_DEFAULTS, type CustomerId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { expect } from 'expect';
import { approvalOf, customerOf, personOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import { tellOfHaste } from '../postgres/account-notices.js';
import { seedPeople } from '../postgres/personas.js';

const ENTRIES = 1_000;
const ANOTHER = '01890000-0000-7000-8000-0000000000aa';
const MARKS = { mail: 'zora.quill@chai.example', phone: '+919855512345', name: 'Zora Quillfeather', login: 'zora-quill', device: 'Zoras gelbes Telefon', words: 'Zora says no to that' };

describe('a person’s data, erased', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let works: SeededWork[];
  const asha = personOf('asha');
  before(async () => {
    gateway = await startGateway();
    works = [await seedTeamOf(gateway.database, 'asha'), await seedTeamOf(gateway.database, 'asha'), await seedTeamOf(gateway.database, 'ben'), await seedTeamOf(gateway.database, 'asha')];
  });
  after(() => gateway.close());

  const erase = (by: string, id: string): Promise<Answer> => gateway.call(by, 'POST', `/v1/people/${id}/erase`, { body: { reason: 'asked for it in writing' } });
  const chains = (): string[] => [...works.slice(0, 2).map(({ teamId }) => teamId as string), PLATFORM_CHAIN];
  const signer = (chain: string) => noteSigner(originOf('test', chain), privateKeyOfSeed(Buffer.alloc(32, 7)));
  /** What a verifier finds in the whole record, signed as it stands now over whatever was signed before. */
  const verified = async (chain: string): Promise<string[]> => {
    const { database, running } = gateway;
    const hashes = (await database.admin<{ entry_hash: Buffer }>(`select entry_hash from audit.entry where team_id = $1 order by seq`, [chain])).map(({ entry_hash }) => entry_hash);
    const head = { size: hashes.length, root: rootOf(append(EMPTY_FRONTIER, hashes)) };
    await database.admin(`insert into audit.checkpoint (team_id, size, root, note) values ($1, $2, $3, $4)`, [chain, head.size, head.root, signCheckpoint(head, signer(chain))]);
    const lines: string[] = [];
    for await (const line of exportChain(running.app.get(Database), exportHeader(chain, vkeyOf(signer(chain))))) lines.push(line.trimEnd());
    return [String(lines.length > hashes.length), ...(await verifyExport(lines)).findings.map(({ code }) => code)];
  };
  /** Every column that can hold words, of every table: where one of the marks stands. */
  const foundIn = async (mark: string): Promise<string[]> => {
    const columns = await gateway.database.admin<{ place: string; column_name: string; data_type: string }>(`select format('%I.%I', table_schema, table_name) as place, column_name, data_type from information_schema.columns c join pg_class k on k.oid = format('%I.%I', table_schema, table_name)::regclass
      where table_schema in ('app', 'audit', 'ops', 'sec') and k.relkind = 'r' and data_type in ('text', 'json', 'jsonb', 'bytea', 'ARRAY', 'character varying', 'name')`);
    const hits = columns.map(({ place, column_name, data_type }) => `select '${place}.${column_name}' as at from ${place} where ${data_type === 'bytea' ? `position(convert_to($1, 'UTF8') in "${column_name}") > 0` : `position(lower($1) in lower("${column_name}"::text)) > 0`}`);
    return (await gateway.database.admin<{ at: string }>(`select distinct at from (${hits.join(' union all ')}) x`, [mark])).map(({ at }) => at);
  };

  it('is refused to everybody but another governor of the platform, and while questions wait for this person alone', async () => {
    await gateway.device('asha', 'phone-of-zora');
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, works[0]!));
    for (const [by, whom, status, code] of [['asha', asha, 403, 'forbidden'], ['ops', asha, 403, 'forbidden'], ['gov', personOf('gov'), 409, 'erases_self'], ['gov', '01890000-0000-7000-8000-00000000dead', 404, 'not_found'], ['gov', asha, 409, 'decisions_wait']] as const) {
      expect([by, await erase(by, whom)]).toMatchObject([by, { status, body: { code } }]);
    }
    await gateway.database.admin(`update app.approval set state = 'withdrawn' where id = $1`, [id]);
    // what they reported is stopped in their name first
    const { teamId, managerId } = works[0]!;
    await gateway.database.admin(`insert into app.alert (team_id, id, customer_id, kind, stops, approval_id, agent_id, by_person) select $1, gen_random_uuid(), customer_id, 'reported', 'team', $2, $3, $4 from app.team where team_id = $1`, [teamId, id, managerId, asha]);
    expect(await erase('gov', asha)).toMatchObject({ status: 409, body: { code: 'decisions_wait' } });
    await gateway.database.admin(`insert into app.alert_stop (team_id, alert_id) select team_id, id from app.alert`);
    // and what comes to wait for them while it is looked at is seen before anything is gone
    const rows = gateway.running.app.get(Database);
    const { ops } = rows;
    rows.ops = async <R extends object>(name: string, ...args: unknown[]): Promise<R[]> => {
      const found = await ops.call(rows, name, ...args);
      if (name === 'waits_for_person') await gateway.database.admin(`update app.approval set state = 'pending', due_at = now() + interval '1 hour' where id = $1`, [id]);
      return found as R[];
    };
    try {
      expect(await erase('gov', asha)).toMatchObject({ status: 409, body: { code: 'decisions_wait' } });
    } finally {
      rows.ops = ops;
    }
    await gateway.database.admin(`update app.approval set state = 'withdrawn' where id = $1`, [id]);
    expect(await gateway.database.admin(`select 1 from app.person where erased_at is not null`)).toEqual([]);
  });

  it('takes what is theirs in the order in which they do when they save their settings', async () => {
    const save = (version: number): Promise<Answer> => gateway.call('asha', 'PUT', '/v1/notification-preferences', { body: PREFERENCE_DEFAULTS, headers: { 'if-match': `"${version}"` } });
    expect(await save(0)).toMatchObject({ status: 200 });
    let saved: Promise<Answer> | undefined;
    await gateway.database.as('gateway').withCustomer(customerOf('asha') as CustomerId, async (tx) => {
      await tx.read(sql`select from app.preference where person_id = ${asha} for no key update`);
      saved = save(1);
      await until(async () => (await gateway.database.admin(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0, 'a wait for the settings');
      await tx.read(sql`select from app.person where id = ${asha} for update`);
    });
    expect(await saved).toMatchObject({ status: 200 });
  });

  it('stands in no table any more, in the record’s seals neither; every record still verifies, and nobody signs in', async (t) => {
    const { database, running } = gateway;
    await database.admin(`update app.person set display_name = $2, login = $3, email = $4, phone = $5 where id = $1`, [asha, MARKS.name, MARKS.login, MARKS.mail, MARKS.phone]);
    await database.admin(`update app.device set name = $2, address = $3 where person_id = $1`, [asha, MARKS.device, `token of ${MARKS.name}`]);
    const { headers } = await gateway.call('asha', 'GET', '/v1/notification-preferences');
    expect((await gateway.call('asha', 'PUT', '/v1/notification-preferences', { body: { ...PREFERENCE_DEFAULTS, email: MARKS.mail, phone: MARKS.phone }, headers: { 'if-match': headers.get('etag')! } })).status).toBe(200);
    expect((await gateway.call('asha', 'POST', '/v1/devices', { body: { name: MARKS.device, platform: 'fcm', address: 'another-of-zora' } })).status).toBe(201);
    const [audit, rows] = [running.app.get<Audit>(AUDIT), running.app.get(Database)];
    for (let n = 0; n < ENTRIES; n += 100) {
      await rows.withTeam(works[(n / 100) % 2]!.teamId, async (tx) => {
        for (let i = 0; i < 100; i++) await audit(tx, 'MOBILE-APPROVAL-DENIED', { customer_governor_id: person(asha), deliverable_id: 'd', reason: personal(asha, `${MARKS.words} ${n + i}`), approval_id: 'a', digest: 'b'.repeat(64) });
      }, { principal: `person:${asha}` });
    }
    const [{ customer_id: customerId }] = (await database.admin<{ customer_id: CustomerId }>(`select customer_id from app.person where id = $1`, [asha])) as [{ customer_id: CustomerId }];
    await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, 'another', 'Another', '{customer_governor}')`, [customerId, ANOTHER]);
    await database.admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, '{"email": "another@chai.example"}', 1)`, [customerId, ANOTHER]);
    await rows.withCustomer(customerId, async (tx) => void (tx.ledgerOnly(), tx.write(tellOfHaste(tx, asha, MARKS.name)), await Promise.resolve()));
    for (const mark of [MARKS.mail, MARKS.phone, MARKS.name, MARKS.login, MARKS.device]) expect([mark, (await foundIn(mark)).length > 0]).toEqual([mark, true]); // so the search finds what there is
    const sealed = () => database.admin<{ n: number; keys: number }>(`select (select count(*)::int from audit.personal p join audit.subject_key k using (team_id, subject_ref) where k.wrapped_keys is not null) as n, (select count(*)::int from audit.subject_key where wrapped_keys is null) as keys`);
    const [before] = await sealed();
    expect(await Promise.all(chains().map(verified))).toEqual(chains().map(() => ['true']));

    // somebody writes of her in a team whose record had nothing, when the first chain is done; at the second the gateway is in trouble
    const erased: string[] = [];
    const { withTeam } = rows;
    rows.withTeam = async (team, work, options) => {
      if (options?.principal !== `person:${personOf('gov')}`) return withTeam.call(rows, team, work, options) as never;
      if (erased.length === 1) throw new Error('the database is away');
      const done = await withTeam.call(rows, team, work, options);
      erased.push(team);
      await withTeam.call(rows, works[3]!.teamId, (tx) => audit(tx, 'MOBILE-APPROVAL-DENIED', { customer_governor_id: person(asha), deliverable_id: 'd', reason: personal(asha, MARKS.words), approval_id: 'a', digest: 'b'.repeat(64) }));
      return done as never;
    };
    const begun = performance.now();
    expect(await erase('gov', asha)).toMatchObject({ status: 500 });
    rows.withTeam = withTeam;
    const answer = await erase('gov', asha); // what is left
    const tookMs = performance.now() - begun;
    expect(answer).toMatchObject({ status: 200, body: { id: asha, chains: 2, devices: 0 } });

    for (const mark of Object.values(MARKS)) expect([mark, await foundIn(mark)]).toEqual([mark, []]);
    const [now] = await sealed();
    expect([before!.n - now!.n >= 3 * ENTRIES, now!.keys - before!.keys]).toEqual([true, 4]); // actor, governor and words of each
    t.diagnostic(`${before!.n - now!.n} sealed values of ${ENTRIES} entries and more were erased in ${Math.round(tookMs)} ms`);
    expect(await database.admin(`select 1 from audit.personal p join audit.subject_key k using (team_id, subject_ref) where k.wrapped_keys is null`)).toEqual([]);
    expect(await Promise.all(chains().map(verified))).toEqual(chains().map(() => ['true']));
    const told = await database.admin<{ team_id: string; text: string }>(`select team_id, convert_from(payload, 'UTF8') as text from audit.entry where convert_from(payload, 'UTF8') like '%PERSONAL-DATA-ERASED%'`);
    expect(told.map(({ team_id }) => team_id).sort()).toEqual([works[0]!, works[1]!, works[3]!].map(({ teamId }) => teamId as string).concat(PLATFORM_CHAIN).sort());
    for (const { text } of told) expect(text).not.toMatch(/asked for it in writing|zora/i);

    expect((await gateway.call('asha', 'GET', '/v1/me')).status).toBe(401);
    expect(await database.admin(`select 1 from app.oidc_record where payload::text like $1 union all select 1 from app.idempotency where person_id = $2 union all select 1 from app.account_notice where person_id = $2 union all select 1 from app.device where person_id = $2 and removed_at is null`, [`%${asha}%`, asha])).toEqual([]);
    expect((await erase('gov', asha)).status).toBe(404);
    expect(((await gateway.call('gov', 'GET', '/v1/people?limit=100')).body as { items: { id: string }[] }).items.some(({ id }) => id === asha)).toBe(false);
    await seedPeople(rows, audit); // at the next start
    expect(await database.admin(`select display_name, roles from app.person where id = $1`, [asha])).toEqual([{ display_name: 'Erased person', roles: [] }]);
  });

  it('cannot be destroyed by a service without an entry, nor in another chain than the context’s', async () => {
    const ben = personOf('ben');
    const audit = gateway.running.app.get<Audit>(AUDIT);
    const { teamId } = works[2]!;
    await gateway.running.app.get(Database).withTeam(teamId, (tx) => audit(tx, 'MOBILE-APPROVAL-DENIED', { customer_governor_id: person(ben), deliverable_id: 'd', reason: personal(ben, 'no'), approval_id: 'a', digest: 'b'.repeat(64) }));
    const [key] = await gateway.database.admin<{ subject_ref: string }>(`select subject_ref from audit.subject_key where team_id = $1`, [teamId]);
    const quietly = (team: SeededWork['teamId']) => gateway.database.as('gateway').withTeam(team, async (tx) => void (await tx.read(sql`select audit.erase(${key!.subject_ref}::uuid)`), tx.ledgerOnly()));
    await expect(quietly(teamId)).rejects.toMatchObject({ code: 'missing_audit_entry' });
    await quietly(works[0]!.teamId); // finds nothing there
    await expect(gateway.database.as('manager-agent').withTeam(teamId, async (tx) => void (await tx.read(sql`select audit.erase(${key!.subject_ref}::uuid)`), tx.ledgerOnly()))).rejects.toThrow(/permission denied|forbidden/);
    expect(await gateway.database.admin(`select 1 from audit.personal where team_id = $1 and subject_ref = $2`, [teamId, key!.subject_ref])).toHaveLength(2);
  });
});
