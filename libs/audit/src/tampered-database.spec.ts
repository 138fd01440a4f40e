import { after, before, describe, it } from 'node:test';

import type { TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { seedTeam, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';

import { auditor } from './append.js';
import { exportChain, readEntries } from './chain-reader.js';
import { signCheckpoint } from './checkpoint.js';
import { serviceKey } from './commitment.js';
import { noteSigner } from './note.js';
import { originOf } from './origin.js';
import { headOf, KEY, vkey } from './spec-support/log.js';
import { verdict } from './spec-support/second-opinion.js';

const SIZE = 12;

/** What a superuser would write to make an altered chain look whole: every entry from the first on numbered, linked and hashed again. */
const RECHAIN = `create function public.rechain(team uuid) returns void language plpgsql as $$
declare e record; n bigint := 0; prev bytea := decode(repeat('00', 32), 'hex'); ph bytea; eh bytea; begin
  create temp table old on commit drop as select * from audit.entry where team_id = team;
  delete from audit.entry where team_id = team;
  for e in select * from old order by seq loop
    ph := sha256(e.payload);
    eh := sha256('\\x0001'::bytea || uuid_send(team) || int8send(n) || int8send(e.at_ms) || prev || ph);
    insert into audit.entry values (team, n, e.at_ms, e.entry_id, prev, ph, eh, e.payload);
    prev := eh; n := n + 1;
  end loop; end $$`;

let database: TestDatabase;
let gate: Database;

before(async () => {
  database = await testDatabase();
  gate = database.as('spawn-gate');
  await database.admin(`alter table audit.entry disable trigger all`);
  await database.admin(`alter table audit.checkpoint disable trigger all`);
  await database.admin(`do $$ declare c text; begin for c in select conname from pg_constraint where conrelid = 'audit.entry'::regclass and contype in ('c', 'u') loop
    execute format('alter table audit.entry drop constraint %I', c); end loop; end $$`);
  await database.admin(RECHAIN);
});
after(() => database.close());

/** A team with twelve entries, signed heads after the sixth and the twelfth, and the last head as someone outside keeps it. */
async function signedTeam(): Promise<{ teamId: TeamId; seen: string }> {
  const audit = auditor({ service: 'spawn-gate', key: serviceKey(Buffer.alloc(32, 3)) });
  const { teamId } = await seedTeam(database);
  await gate.withTeam(teamId, async (tx) => {
    for (let turn = 0; turn < SIZE; turn += 1) await audit(tx, 'CAPABILITY-DENIED', { instance_id: teamId, code: `turn-${turn}`, what: 'test' });
  });
  const entries = await gate.withTeam(teamId, (tx) => readEntries(tx, 0, SIZE, SIZE));
  const signer = noteSigner(originOf('test', teamId), KEY);
  const notes = [6, SIZE].map((size) => ({ ...headOf(entries.slice(0, size)), note: signCheckpoint(headOf(entries.slice(0, size)), signer) }));
  for (const { size, root, note } of notes) await database.admin(`insert into audit.checkpoint (team_id, size, root, note) values ($1, $2, $3, $4)`, [teamId, size, root, note]);
  return { teamId, seen: notes.at(-1)!.note };
}

async function verify(teamId: TeamId, heads: readonly string[] = []) {
  const lines: string[] = [];
  for await (const line of exportChain(gate, { team: teamId, origin: originOf('test', teamId), vkey: vkey(teamId) })) lines.push(line.trimEnd());
  return verdict(lines, { vkey: vkey(teamId), heads });
}

const EDITED = `convert_to(replace(convert_from(payload, 'UTF8'), 'turn-7', 'turn-x'), 'UTF8')`;

describe('a database superuser who changes the audit table', () => {
  const caught = (title: string, attack: string, code: string, seq: number, outside = false) => {
    void it(title, async () => {
      const { teamId, seen } = await signedTeam();
      expect(await verify(teamId)).toMatchObject({ code: 'ok' });
      const other = attack.includes(':other') ? (await signedTeam()).teamId : teamId;
      await database.admin(`begin; ${attack.replaceAll(':team', `'${teamId}'::uuid`).replaceAll(':other', `'${other}'::uuid`)}; commit`);
      expect(await verify(teamId, outside ? [seen] : [])).toMatchObject({ code, seq });
    });
  };

  caught('and edits a payload is named', `update audit.entry set payload = ${EDITED} where team_id = :team and seq = 7`, 'payload_edited', 7);
  caught('and edits a payload with its hash is named', `update audit.entry set payload = ${EDITED}, payload_hash = sha256(${EDITED}) where team_id = :team and seq = 7`, 'entry_edited', 7);
  caught('and hashes the whole chain again after an edit is caught by the next signed head', `update audit.entry set payload = ${EDITED} where team_id = :team and seq = 7; select public.rechain(:team)`, 'history_rewritten', 6);
  caught('and moves an entry in time is named', `update audit.entry set at_ms = at_ms - 3600000 where team_id = :team and seq = 7`, 'entry_edited', 7);
  caught('and deletes an entry is named', `delete from audit.entry where team_id = :team and seq = 7`, 'deleted', 7);
  caught('and closes the gap is named', `delete from audit.entry where team_id = :team and seq = 7; update audit.entry set seq = -seq where team_id = :team and seq > 7; update audit.entry set seq = -seq - 1 where team_id = :team and seq < 0`, 'deleted', 7);
  caught('and hashes the whole chain again after a deletion is caught by the signed heads', `delete from audit.entry where team_id = :team and seq = 7; select public.rechain(:team)`, 'tail_cut', 11);
  caught('and exchanges two entries is named', `update audit.entry set seq = 10 - seq + 1000 where team_id = :team and seq in (3, 7); update audit.entry set seq = seq - 1000 where team_id = :team and seq > 1000`, 'reordered', 3);
  caught(
    'and hashes the whole chain again after an exchange is caught by the first signed head',
    `update audit.entry set seq = 10 - seq + 1000 where team_id = :team and seq in (3, 7); update audit.entry set seq = seq - 1000 where team_id = :team and seq > 1000;
     update audit.entry set at_ms = (select min(at_ms) from audit.entry where team_id = :team) where team_id = :team; select public.rechain(:team)`,
    'history_rewritten',
    0,
  );
  caught(
    'and puts an entry in between is named',
    `update audit.entry set seq = -seq - 1 where team_id = :team and seq >= 7; update audit.entry set seq = -seq where team_id = :team and seq < 0;
     insert into audit.entry select team_id, 7, at_ms, gen_random_uuid(), entry_hash, sha256(payload),
       sha256('\\x0001'::bytea || uuid_send(team_id) || int8send(7) || int8send(at_ms) || entry_hash || sha256(payload)), payload from audit.entry where team_id = :team and seq = 6`,
    'inserted',
    7,
  );
  caught(
    'and hashes the whole chain again after putting one in is caught by the next signed head',
    `update audit.entry set seq = -seq - 1 where team_id = :team and seq >= 7; update audit.entry set seq = -seq where team_id = :team and seq < 0;
     insert into audit.entry select team_id, 7, at_ms, gen_random_uuid(), prev_hash, payload_hash, entry_hash, payload from audit.entry where team_id = :team and seq = 6; select public.rechain(:team)`,
    'history_rewritten',
    6,
  );
  caught('and cuts off the tail is named', `delete from audit.entry where team_id = :team and seq >= 9`, 'tail_cut', 9);
  caught('and cuts off the tail with its head is named by a head kept outside', `delete from audit.entry where team_id = :team and seq >= 9; delete from audit.checkpoint where team_id = :team and size > 6`, 'tail_cut', 9, true);
  caught('and empties the chain is named', `delete from audit.entry where team_id = :team`, 'tail_cut', 0);
  caught(
    'and copies an entry over from another team is named',
    `insert into audit.entry select :team, -1, at_ms, gen_random_uuid(), prev_hash, payload_hash, entry_hash, payload from audit.entry where team_id = :other and seq = 7;
     delete from audit.entry where team_id = :team and seq = 7; update audit.entry set seq = 7 where team_id = :team and seq = -1`,
    'foreign_team',
    7,
  );
});
