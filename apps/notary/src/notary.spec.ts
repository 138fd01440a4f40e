import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it, mock } from 'node:test';

import { auditor, exportChain, openCheckpoint, originOf, parseVkey, serviceKey, verifyExport, type Checkpoint } from '@countersign/audit';
import { PLATFORM_CHAIN, type TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { programOf, seedTeam, testDatabase, until, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';

import { HeadStore } from './adapters/head-store/head-store.js';
import { openSigningKey } from './adapters/key-store/key-store.js';
import { ChainStore } from './adapters/postgres/chain-store.js';
import { NotaryLoop } from './notary-loop.js';
import { Notary, type CheckpointOutcome } from './notary.js';

const directory = mkdtempSync(join(tmpdir(), 'notary-'));
const audit = auditor({ service: 'spawn-gate', key: serviceKey(Buffer.alloc(32, 3)) });
let database: TestDatabase;
let gate: Database;
let homes = 0;

beforeEach(async () => {
  database = await testDatabase();
  gate = database.as('spawn-gate');
});
afterEach(() => database.close());
after(() => rmSync(directory, { recursive: true }));

const newHome = (): string => join(directory, String((homes += 1)));

/** A notary with its own home on the test's database, and what it said about its health. */
async function startNotary(home: string, chains = new ChainStore(database.as('notary'))) {
  const heads = HeadStore.open(join(home, 'heads.sqlite'));
  const key = openSigningKey(join(home, 'signing-key.json'), 'test', heads.all().size === 0);
  const problems = new Map<string, string>();
  const report = (name: string, problem: string | undefined): void => void problems.set(name, problem ?? '');
  const quiet = { info: () => undefined, warn: () => undefined, fatal: () => undefined };
  const notary = new Notary({ chains, heads, key, health: { report }, log: quiet });
  await notary.start();
  return { notary, heads, problems, stop: () => heads.close() };
}

async function write(teamId: TeamId, entries: number): Promise<void> {
  await gate.withTeam(teamId, async (tx) => {
    for (let turn = 0; turn < entries; turn += 1) await audit(tx, 'CAPABILITY-DENIED', { instance_id: teamId, code: `turn-${turn}`, what: 'test' });
  });
}

const notes = (teamId: string) => database.admin<{ size: string; root: Buffer; note: string }>(`select size, root, note from audit.checkpoint where team_id = $1 order by size`, [teamId]);
const sizes = async (teamId: string): Promise<number[]> => (await notes(teamId)).map(({ size }) => Number(size));
/** Superuser's SQL with the guard rails off. */
const forced = (text: string): Promise<unknown> => database.admin(`begin; set local session_replication_role = replica; ${text}; commit`);

function signed(outcome: CheckpointOutcome): { head: Checkpoint; vkey: string; note: string } {
  if (!outcome.ok) throw new Error(outcome.code);
  return { head: openCheckpoint(outcome.note, parseVkey(outcome.vkey)), vkey: outcome.vkey, note: outcome.note };
}

async function verify(teamId: string, vkey: string, heads: readonly string[] = []): Promise<string[]> {
  const report = await verifyExport(exportChain(gate, { team: teamId, origin: originOf('test', teamId), vkey }), { vkey, heads });
  return report.findings.map(({ code }) => code);
}

describe('the notary', () => {
  it('puts every chain under a signed head that verifies offline, the platform’s too', async () => {
    const [one, two] = [await seedTeam(database), await seedTeam(database)];
    await write(one.teamId, 3);
    await write(two.teamId, 5);
    await gate.withPlatform((tx) => audit(tx, 'POLICY-CHANGED', { policy: 'spawn-policy', version: '1', sha256: 'a'.repeat(64) }));
    const { notary, stop } = await startNotary(newHome());
    expect(await notary.round()).toBe(false);
    expect(await sizes(one.teamId)).toEqual([3]);
    expect(await sizes(two.teamId)).toEqual([5]);
    expect(await sizes(PLATFORM_CHAIN)).toEqual([1]);
    const { head, vkey } = signed(await notary.checkpoint(two.teamId));
    expect(head).toMatchObject({ origin: originOf('test', two.teamId), size: 5 });
    expect(await verify(two.teamId, vkey)).toEqual([]);
    stop();
  });

  it('signs nothing where nothing is new, and only the newest head where much is', async () => {
    const { teamId } = await seedTeam(database);
    const { notary, stop } = await startNotary(newHome());
    await write(teamId, 2);
    await notary.round();
    await notary.round();
    expect(await sizes(teamId)).toEqual([2]);
    for (const entries of [1, 1, 7]) await write(teamId, entries);
    await notary.round();
    expect(await sizes(teamId)).toEqual([2, 11]);
    stop();
  });

  it('answers a request with a head over everything committed before it, also while rounds run', async () => {
    const { teamId } = await seedTeam(database);
    const { notary, stop } = await startNotary(newHome());
    expect(await notary.checkpoint(teamId)).toEqual({ ok: false, code: 'no_entries' });
    for (let size = 1; size <= 12; size += 1) {
      await write(teamId, 1);
      const [answer] = await Promise.all([notary.checkpoint(teamId), notary.round(), notary.patrol()]);
      expect(signed(answer).head.size).toBe(size);
    }
    stop();
  });

  it('signs while a long chain is read anew, and says afterwards what it found there', async () => {
    const { teamId } = await seedTeam(database);
    await write(teamId, 3);
    const chains = new ChainStore(database.as('notary'));
    const { notary, problems, stop } = await startNotary(newHome(), chains);
    await notary.round();
    const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const reading = mock.method(chains, 'entries', async (...asked: Parameters<ChainStore['entries']>) => {
      if (asked[1] !== 0) return ChainStore.prototype.entries.call(chains, ...asked);
      begun.resolve();
      await released.promise;
      return ChainStore.prototype.entries.call(chains, ...asked);
    });
    const patrol = notary.patrol();
    await begun.promise;
    await write(teamId, 1);
    expect(signed(await notary.checkpoint(teamId)).head.size).toBe(4);
    await forced(`delete from audit.entry where team_id = '${teamId}' and seq = 1`);
    released.resolve();
    await patrol;
    expect([...problems.keys()]).toEqual([`chain ${teamId}`]);
    reading.mock.restore();
    stop();
  });

  it('says on its health page that it cannot sign, and takes it back when it can', async () => {
    const { teamId } = await seedTeam(database);
    const { notary, heads, problems } = await startNotary(newHome());
    const loop = new NotaryLoop(notary, heads, { report: (name, problem) => void problems.set(name, problem ?? '') }, { warn: () => undefined });
    await loop.onApplicationBootstrap();
    await database.admin('alter table audit.checkpoint rename to checkpoint_elsewhere');
    await write(teamId, 1);
    await until('it is said', () => Promise.resolve(problems.get('rounds') !== undefined && problems.get('rounds') !== ''));
    await database.admin('alter table audit.checkpoint_elsewhere rename to checkpoint');
    await until('it is taken back', () => Promise.resolve(problems.get('rounds') === ''));
    expect(await sizes(teamId)).toEqual([1]);
    await loop.beforeApplicationShutdown();
  });

  it('goes on from its record after a restart, with the same key', async () => {
    const { teamId } = await seedTeam(database);
    const home = newHome();
    await write(teamId, 3);
    const first = await startNotary(home);
    const before = signed(await first.notary.checkpoint(teamId));
    first.stop();
    await write(teamId, 4);
    const second = await startNotary(home);
    const later = signed(await second.notary.checkpoint(teamId));
    expect(later.vkey).toBe(before.vkey);
    expect(await verify(teamId, later.vkey, [before.note])).toEqual([]);
    expect(second.problems.size).toBe(0);
    second.stop();
  });
});

describe('a history that is not the one that was signed', () => {
  const attacked = (title: string, attack: (teamId: TeamId) => string, expected: { reason: string; atStart: boolean; seq: number }) => {
    void it(title, async () => {
      const { teamId } = await seedTeam(database);
      const other = await seedTeam(database);
      const home = newHome();
      await write(teamId, 9);
      const before = await startNotary(home);
      await before.notary.round();
      before.stop();
      await forced(attack(teamId));
      const left = await sizes(teamId);
      const { notary, problems, stop } = await startNotary(home);
      if (!expected.atStart) await write(teamId, 1);
      await write(other.teamId, 2);
      await notary.round();
      expect(await notary.checkpoint(teamId)).toEqual({ ok: false, code: expected.reason, seq: expected.seq });
      expect([...problems.keys()]).toEqual([`chain ${teamId}`]);
      expect(problems.get(`chain ${teamId}`)).toMatch(new RegExp(`^${expected.reason}`));
      expect(await sizes(teamId)).toEqual(left);
      expect(signed(await notary.checkpoint(other.teamId)).head.size).toBe(2);
      stop();
      });
  };
  const rewrittenAt = (seq: number) => ({ reason: 'history_rewritten', atStart: true, seq });
  const last = (teamId: string, seq: number) => `(select entry_hash from audit.entry where team_id = '${teamId}' and seq = ${seq})`;

  attacked('gets no more heads: the database was put back to an older backup', (teamId) => `update audit.head set next_seq = 6, last_hash = ${last(teamId, 5)} where team_id = '${teamId}'; delete from audit.entry where team_id = '${teamId}' and seq >= 6; delete from audit.checkpoint where team_id = '${teamId}'`, rewrittenAt(6));
  attacked('gets no more heads: the whole team is gone', (teamId) => `delete from audit.entry where team_id = '${teamId}'; delete from audit.head where team_id = '${teamId}'; delete from audit.checkpoint where team_id = '${teamId}'`, rewrittenAt(0));
  attacked('gets no more heads: an old entry is missing', (teamId) => `delete from audit.entry where team_id = '${teamId}' and seq = 4`, rewrittenAt(4));
  attacked('gets no more heads: an old backup was written on, past the size that was signed', (teamId) => `delete from audit.entry where team_id = '${teamId}' and seq >= 6;
    update audit.head set next_seq = 6, last_hash = ${last(teamId, 5)} where team_id = '${teamId}'; delete from audit.checkpoint where team_id = '${teamId}';
    insert into audit.entry select team_id, 6 + n, at_ms, gen_random_uuid(), sha256(int4send(n)), payload_hash, sha256(int4send(n + 1)), payload from audit.entry, generate_series(0, 5) n where team_id = '${teamId}' and seq = 5;
    update audit.head set next_seq = 12 where team_id = '${teamId}'`.replace('insert into', 'alter table audit.entry drop constraint if exists entry_check1; insert into'), rewrittenAt(6));
  attacked('gets no more heads: heads are in the database that this notary has not on record', (teamId) => `insert into audit.checkpoint (team_id, size, root, note) select team_id, 10, root, note from audit.checkpoint where team_id = '${teamId}'; insert into audit.checkpoint (team_id, size, root, note) select team_id, 11, root, note from audit.checkpoint where team_id = '${teamId}' and size = 9`, { reason: 'head_store_behind', atStart: false, seq: 9 });

  it('is noticed when a real backup is restored, by the running notary and by one that starts', async () => {
    const { teamId } = await seedTeam(database);
    const home = newHome();
    await using server = await testDatabase();
    const copy = async (from: string, to: string): Promise<void> => {
      await server.admin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`);
      await server.admin(`create database ${to} template ${from}`);
    };
    await write(teamId, 6);
    const running = await startNotary(home);
    await running.notary.round();
    await copy(database.name, `${database.name}_backup`);
    await write(teamId, 4);
    await running.notary.round();
    await server.admin(`drop database ${database.name} with (force)`);
    await copy(`${database.name}_backup`, database.name);
    await running.notary.round();
    expect(running.problems.get(`chain ${teamId}`)).toBe('history_rewritten: shorter at seq 6');
    running.stop();
    const { problems, stop } = await startNotary(home);
    expect(problems.get(`chain ${teamId}`)).toBe('history_rewritten: shorter at seq 6');
    stop();
    await server.admin(`drop database ${database.name}_backup with (force)`);
  });

  it('is noticed while running, when the chain is read anew in its turn', async () => {
    const { teamId } = await seedTeam(database);
    await write(teamId, 5);
    const { notary, problems, stop } = await startNotary(newHome());
    await notary.round();
    await forced(`delete from audit.entry where team_id = '${teamId}' and seq = 2`);
    for (let turn = 0; turn < 12 && problems.size === 0; turn += 1) await notary.patrol();
    expect([...problems.keys()]).toEqual([`chain ${teamId}`]);
    stop();
  });

  it('never gets a second head of one size', async () => {
    const { teamId } = await seedTeam(database);
    await write(teamId, 2);
    await database.admin(`insert into audit.checkpoint (team_id, size, root, note) values ($1, 2, sha256(''), 'not ours')`, [teamId]);
    const { notary, stop } = await startNotary(newHome());
    expect(await notary.checkpoint(teamId)).toEqual({ ok: false, code: 'head_store_behind', seq: 0 });
    expect((await notes(teamId)).map(({ note }) => note)).toEqual(['not ours']);
    stop();
  });
});

describe('a notary killed in the middle of a round', () => {
  const script = programOf(new URL('./spec-support/crash-notary.main.js', import.meta.url));
  const runUntil = async (home: string, step: string): Promise<void> => {
    const child = fork(script, [home, step, database.urlFor('notary'), JSON.stringify({ ...database.contextKeyFor('notary'), key: database.contextKeyFor('notary').key.toString('hex') })], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  };

  it('finishes what it had claimed at the next start, and signs one history only', async () => {
    const home = newHome();
    const { teamId } = await seedTeam(database);
    const seen: string[] = [];
    for (const step of ['claimed', 'signed', 'published', 'claimed', 'claimed']) {
      await write(teamId, 3);
      await runUntil(home, step);
      seen.push(...(await notes(teamId)).map(({ note }) => note).slice(seen.length));
    }
    const { notary, problems, heads, stop } = await startNotary(home);
    await notary.round();
    const all = (await notes(teamId)).map(({ note }) => note);
    expect(all.slice(0, seen.length)).toEqual(seen);
    expect(heads.get(teamId)!.size).toBe(15);
    expect((await sizes(teamId)).at(-1)).toBe(15);
    const { vkey } = signed(await notary.checkpoint(teamId));
    expect(await verify(teamId, vkey, all)).toEqual([]);
    expect(problems.size).toBe(0);
    stop();
  });
});
