import { readFileSync } from 'node:fs';
import { CustomerId, MemberId, PersonId, precedentSeedSchema, readYaml, TeamId } from '@countersign/contracts';
import type { TestDatabase } from './database.js';

export interface SeededCustomer {
  readonly customerId: CustomerId;
  readonly personId: PersonId;
}
export interface SeededTeam extends SeededCustomer {
  readonly teamId: TeamId;
  readonly managerId: MemberId;
  readonly memberId: MemberId;
}

/** A customer with one governor. */
export async function seedCustomer(database: TestDatabase): Promise<SeededCustomer> {
  const customer = { customerId: CustomerId.next(), personId: PersonId.next() };
  await database.admin(`insert into app.customer (customer_id, name) values ($1, 'Chai & Co')`, [customer.customerId]);
  await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, $3, 'Asha', '{customer_governor}')`, [customer.customerId, customer.personId, `asha-${customer.personId}`]);
  return customer;
}

/** A mirror that the customer has adopted. Its files, where a test needs any, are the test's. */
export const seedMirror = (database: TestDatabase, { customerId, personId }: SeededCustomer, { name = 'demo', remote = '/srv/demo.git' } = {}): Promise<unknown> =>
  database.admin(`insert into app.mirror (customer_id, name, remote, adopted_by) values ($1, $2, $3, $4)`, [customerId, name, remote, personId]);

const SEED = new URL('../../../policies/precedents/GEN-002.yaml', import.meta.url);

/** The precedent that managers delegate by, as it ships. */
export const seedPrecedent = (database: TestDatabase): Promise<unknown> =>
  database.admin(`insert into app.policy (kind, id, version, doc, hash, source) values ('precedent-seed', 'GEN-002', 1, $1, sha256('GEN-002'), 'test') on conflict do nothing`, [JSON.stringify(readYaml(precedentSeedSchema, 'GEN-002.yaml', readFileSync(SEED, 'utf8')))]);

/** An active team with a manager and one specialist, of a new customer unless one is named, put in by the superuser: for tests that begin after the hire. */
export async function seedTeam(database: TestDatabase, overrides: { state?: string; epoch?: number; skill?: string; of?: SeededCustomer } = {}): Promise<SeededTeam> {
  const { state = 'active', epoch = 1, skill = 'docs', of } = overrides;
  const team = { ...(of ?? (await seedCustomer(database))), teamId: TeamId.next(), managerId: MemberId.next(), memberId: MemberId.next() };
  await database.admin(`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state, epoch) values ($1, $2, 'Code care', 'code-care', 1, '{}', 'trial', $3, $4)`, [team.teamId, team.customerId, state, epoch]);
  await database.admin(`insert into app.member (team_id, id, kind, skill, agent, name) values ($1, $2, 'manager', 'manager', 'manager-agent', 'Mira'), ($1, $3, 'specialist', $4, 'doc-bot', 'Dora')`, [team.teamId, team.managerId, team.memberId, skill]);
  await seedPrecedent(database);
  return team;
}

/**
 * Entries that are chained as `audit.append()` chains them, written by a superuser in one go, for logs that are too long to be written one by one.
 * Over a chain that is there, from `from` on, this is what a superuser can do to history.
 */
export async function seedChain(database: TestDatabase, teamId: TeamId, size: number, { from = 0, words = 'as it was' }: { from?: number; words?: string } = {}): Promise<void> {
  await database.admin(`do $$
    declare team uuid := '${teamId}'; prev bytea := decode(repeat('00', 32), 'hex'); body bytea; own bytea;
    begin
      set local session_replication_role = replica; -- no triggers: the rows are append-only for everybody else
      delete from audit.entry where team_id = team and seq >= ${from};
      select coalesce((select entry_hash from audit.entry where team_id = team and seq = ${from - 1}), prev) into prev;
      for n in ${from} .. ${size - 1} loop
        body := convert_to(format('{"action":"CAPABILITY-DENIED","result":"ok","seq":"%s","words":"%s"}', n, '${words}'), 'UTF8');
        own := sha256('\\x0001'::bytea || uuid_send(team) || int8send(n) || int8send(1700000000000 + n) || prev || sha256(body));
        insert into audit.entry (team_id, seq, at_ms, entry_id, prev_hash, payload_hash, entry_hash, payload)
          values (team, n, 1700000000000 + n, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || right(team::text, 12))::uuid, prev, sha256(body), own, body);
        prev := own;
      end loop;
      insert into audit.head (team_id, next_seq, last_hash, last_at_ms) values (team, ${size}, prev, 1700000000000 + ${size})
        on conflict (team_id) do update set next_seq = excluded.next_seq, last_hash = excluded.last_hash, last_at_ms = excluded.last_at_ms;
    end $$`);
}
