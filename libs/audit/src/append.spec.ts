import { after, before, describe, it } from 'node:test';

import { PLATFORM_CHAIN } from '@countersign/contracts';
import { sql, type Database, type Tx } from '@countersign/database';
import { seedTeam, testDatabase, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';

import { auditor, eraser, principalOf, type Audit } from './append.js';
import { exportChain } from './chain-reader.js';
import { commitment, openValue, serviceKey, subjectRef, unwrapSubjectKeys } from './commitment.js';
import { UnfitPayloadError } from './errors.js';
import { exportHeader } from './export.js';
import { person, personal } from './fields.js';
import { parsePayload } from './json.js';
import { vkey } from './spec-support/log.js';
import { verifyExport } from './verify-export.js';

const KEY = serviceKey(Buffer.alloc(32, 3));
let database: TestDatabase;
let gate: Database;
let gateway: Database;
let audit: Audit;
let record: Audit;

before(async () => {
  database = await testDatabase();
  gate = database.as('spawn-gate');
  gateway = database.as('gateway');
  audit = auditor({ service: 'spawn-gate', key: KEY });
  record = auditor({ service: 'gateway', key: KEY });
});
after(() => database.close());

const denial = (tx: Tx, code = 'tool_denied') => audit(tx, 'CAPABILITY-DENIED', { instance_id: tx.scopeId, code, what: 'test' });
const entriesOf = (teamId: string) => database.admin<{ seq: string; entry_id: string; payload: Buffer }>(`select seq, entry_id, payload from audit.entry where team_id = $1 order by seq`, [teamId]);
const bodyOf = (payload: Buffer) => parsePayload(payload) as Record<string, unknown> & { actor: object; pii: { field: string; c: string }[] };

async function exported(teamId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportChain(gate, exportHeader(teamId, vkey(teamId)))) lines.push(line.trimEnd());
  return lines;
}

describe('an entry in the unit of work', () => {
  it('commits with the state change, with the place and time the database gives it', async () => {
    const { teamId } = await seedTeam(database);
    const entryId = await gate.withTeam(teamId, async (tx) => {
      tx.writeExpecting(1, 'team_gone', sql`update app.team set state_reason = 'checked' where team_id = ${teamId}`);
      return denial(tx);
    });
    const [entry, ...more] = await entriesOf(teamId);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ seq: '0', entry_id: entryId });
    expect(bodyOf(entry!.payload)).toMatchObject({ entry_id: entryId, actor: { kind: 'service', id: 'spawn-gate' }, service: 'spawn-gate', object: { type: 'instance', id: teamId }, result: 'ok' });
  });

  it('takes the state change with it when it cannot be written', async () => {
    const { teamId } = await seedTeam(database);
    const change = sql`update app.team set state_reason = 'unrecorded' where team_id = ${teamId}`;
    const unfit = gate.withTeam(teamId, async (tx) => {
      tx.write(change);
      await audit(tx, 'CAPABILITY-DENIED', { instance_id: teamId, code: 'x'.repeat(501), what: 'test' });
    });
    await expect(unfit).rejects.toThrow(UnfitPayloadError);
    await database.admin(`create function public.full() returns trigger language plpgsql as $$ begin if new.team_id = '${teamId}' then raise 'no space left' using errcode = '53100'; end if; return new; end $$`);
    await database.admin(`create trigger full_disk before insert on audit.entry for each row execute function public.full()`);
    const full = gate.withTeam(teamId, async (tx) => {
      tx.write(change);
      await denial(tx);
    });
    await expect(full).rejects.toThrow(/no space left/);
    await database.admin(`drop trigger full_disk on audit.entry`);
    expect(await database.admin(`select state_reason from app.team where team_id = $1 and state_reason = 'unrecorded'`, [teamId])).toEqual([]);
    expect(await entriesOf(teamId)).toEqual([]);
  });

  it('disappears with a state change that the database refuses', async () => {
    const { teamId } = await seedTeam(database);
    const refused = gate.withTeam(teamId, async (tx) => {
      tx.writeExpecting(1, 'team_gone', sql`update app.team set state_reason = 'x' where team_id = ${teamId} and false`);
      await denial(tx);
    });
    await expect(refused).rejects.toMatchObject({ code: 'team_gone' });
    expect(await entriesOf(teamId)).toEqual([]);
  });

  it('stands in the order of the calls, several to a transaction', async () => {
    const { teamId } = await seedTeam(database);
    await gate.withTeam(teamId, async (tx) => {
      for (const code of ['one', 'two', 'three']) await denial(tx, code);
    });
    const codes = (await entriesOf(teamId)).map(({ payload }) => (bodyOf(payload)['body'] as { code: string }).code);
    expect(codes).toEqual(['one', 'two', 'three']);
  });

  it('goes to the platform’s chain outside a team', async () => {
    const { customerId, personId } = await seedTeam(database);
    const before = (await entriesOf(PLATFORM_CHAIN)).length;
    await gateway.withCustomer(customerId, (tx) => record(tx, 'DEVICE-REGISTERED', { customer_id: customerId, person_id: person(personId), device_id: personal(personId, 'd'), platform: 'fcm' }));
    await gate.withPlatform((tx) => audit(tx, 'POLICY-CHANGED', { policy: 'spawn-policy', version: '1', sha256: 'a'.repeat(64) }));
    expect((await entriesOf(PLATFORM_CHAIN)).length).toBe(before + 2);
    expect(await entriesOf(customerId)).toEqual([]);
  });

  it('names the actor of the context', async () => {
    const { teamId, personId } = await seedTeam(database);
    await gate.withTeam(teamId, denial, { principal: principalOf({ kind: 'instance', id: 'i-1' }) });
    await gate.withTeam(teamId, denial, { principal: principalOf({ kind: 'person', id: personId }) });
    const [first, second] = (await entriesOf(teamId)).map(({ payload }) => bodyOf(payload));
    expect(first!.actor).toEqual({ kind: 'instance', id: 'i-1' });
    expect(second!.actor).toEqual({ kind: 'person' });
    expect(second!.pii.map(({ field }) => field)).toEqual(['actor.id']);
  });
});

describe('personal data of an entry', () => {
  const deny = (team: SeededTeam, reason: string, of = team.personId) => (tx: Tx) =>
    record(tx, 'MOBILE-APPROVAL-DENIED', { customer_governor_id: person(of), deliverable_id: 'd', reason: personal(of, reason), approval_id: 'a', digest: 'b'.repeat(64) });

  it('lies sealed beside the chain and can be opened again', async () => {
    const team = await seedTeam(database);
    const entryId = await gateway.withTeam(team.teamId, deny(team, 'Far too expensive, says Asha'));
    const [entry] = await entriesOf(team.teamId);
    expect(entry!.payload.includes('expensive')).toBe(false);
    expect(entry!.payload.includes(team.personId)).toBe(false);
    const ref = subjectRef(KEY, team.teamId, team.personId);
    const [stored] = await database.admin<{ wrapped_keys: Buffer }>(`select wrapped_keys from audit.subject_key where team_id = $1 and subject_ref = $2`, [team.teamId, ref]);
    const keys = unwrapSubjectKeys(KEY, team.teamId, ref, stored!.wrapped_keys);
    const sealed = await database.admin<{ field: string; ciphertext: Buffer }>(`select field, ciphertext from audit.personal where team_id = $1 and entry_id = $2`, [team.teamId, entryId]);
    const opened = sealed.map(({ field, ciphertext }) => [field, openValue(keys, { teamId: team.teamId, entryId, field, subjectRef: ref }, ciphertext)]);
    expect(Object.fromEntries(opened)).toEqual({ customer_governor_id: team.personId, reason: 'Far too expensive, says Asha' });
    expect(bodyOf(entry!.payload).pii.find(({ field }) => field === 'reason')!.c).toBe(commitment(keys, 'Far too expensive, says Asha'));
  });

  it('is never sealed under keys that lost a race for the first use', async () => {
    const team = await seedTeam(database);
    const entryIds = await Promise.all(Array.from({ length: 12 }, (_, index) => gateway.withTeam(team.teamId, deny(team, `reason ${index}`))));
    const ref = subjectRef(KEY, team.teamId, team.personId);
    const stored = await database.admin<{ wrapped_keys: Buffer }>(`select wrapped_keys from audit.subject_key where team_id = $1`, [team.teamId]);
    expect(stored).toHaveLength(1);
    const keys = unwrapSubjectKeys(KEY, team.teamId, ref, stored[0]!.wrapped_keys);
    const sealed = await database.admin<{ entry_id: string; ciphertext: Buffer }>(`select entry_id, ciphertext from audit.personal where team_id = $1 and field = 'reason'`, [team.teamId]);
    const reasons = sealed.map(({ entry_id: entryId, ciphertext }) => openValue(keys, { teamId: team.teamId, entryId, field: 'reason', subjectRef: ref }, ciphertext));
    expect(reasons.sort()).toEqual(entryIds.map((_, index) => `reason ${index}`).sort());
  });

  it('is erased with its keys, on record; what is said of the person later leaves no trace of them, and the chain still verifies', async () => {
    const [team, other] = [await seedTeam(database), await seedTeam(database)];
    for (const each of [team, other]) await gateway.withTeam(each.teamId, deny(each, 'forget me', team.personId));
    const left = (teamId: string) => database.admin(`select field from audit.personal where team_id = $1 and subject_ref = $2`, [teamId, subjectRef(KEY, teamId, team.personId)]);
    const { erase } = eraser({ service: 'gateway', key: KEY });
    const by = other.personId;
    await gateway.withTeam(team.teamId, (tx) => erase(tx, team.personId, { by, words: 'wishes so' }), { principal: `person:${by}` });
    expect([(await left(team.teamId)).length, (await left(other.teamId)).length]).toEqual([0, 2]);
    expect(await database.admin(`select wrapped_keys, destroyed_at is not null as destroyed from audit.subject_key where team_id = $1 and subject_ref = $2`, [team.teamId, subjectRef(KEY, team.teamId, team.personId)])).toEqual([{ wrapped_keys: null, destroyed: true }]);
    const before = (await entriesOf(team.teamId)).map(({ payload }) => bodyOf(payload));
    expect(before.at(-1)).toMatchObject({ action: 'PERSONAL-DATA-ERASED', body: { values: '2' } });
    await gateway.withTeam(team.teamId, deny(team, 'once more'));
    expect(await left(team.teamId)).toEqual([]);
    const again = bodyOf((await entriesOf(team.teamId)).at(-1)!.payload);
    expect(again.pii.map(({ c }) => c)).not.toEqual(expect.arrayContaining([before[0]!.pii[0]!.c])); // the same id, under other keys
    expect((await verifyExport(await exported(team.teamId))).findings.map(({ code }) => code)).toEqual(['no_checkpoint']);
  });
});

describe('sixteen writers on four teams', () => {
  it('leave no fork, no gap and no lost entry', async () => {
    const teams = await Promise.all([1, 2, 3, 4].map(() => seedTeam(database)));
    const perWriter = 25;
    const writer = async (index: number): Promise<string[]> => {
      const { teamId } = teams[index % teams.length]!;
      const written: string[] = [];
      for (let turn = 0; turn < perWriter; turn += 1) written.push(await gate.withTeam(teamId, (tx) => denial(tx, `w${index}t${turn}`)));
      return written;
    };
    const written = await Promise.all(Array.from({ length: 16 }, (_, index) => writer(index)));
    for (const [index, { teamId }] of teams.entries()) {
      const entries = await entriesOf(teamId);
      expect(entries.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 4 * perWriter }, (_, seq) => seq));
      expect(new Set(entries.map(({ entry_id: entryId }) => entryId))).toEqual(new Set(written.filter((_, of) => of % teams.length === index).flat()));
      expect((await verifyExport(await exported(teamId))).findings.map(({ code }) => code)).toEqual(['no_checkpoint']);
    }
  });
});
