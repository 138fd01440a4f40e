import { TABLES } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';

/** Columns that lead a key by design elsewhere; each with its reason. */
const SCOPE_COLUMN = { team: 'team_id', customer: 'customer_id', chain: 'team_id' } as const;
/**
 * Read across teams through a definer function: relays by their service, what is due by its time (so is what an inbox may forget),
 * what is named by its id alone, or as a browser by where it is rung, to find out whose it is. Who signs in is such a one: an issuer's name for a person stands for one
 * person among all customers, so its uniqueness cannot be a customer's; nor can that of a person's id, by which what is theirs is
 * found and forgotten.
 */
const CROSS_TEAM_INDEXES = ['outbox_unpublished', 'outbox_published', 'inbox_applied', 'approval_waiting', 'approval_held', 'notification_waiting', 'account_notice_waiting', 'device_by_endpoint', 'ladder_waiting', 'trial_running', 'escalation_by_id', 'ring_by_person', 'ring_held', 'approval_by_id', 'approval_lately', 'approval_decision_lately', 'approval_decision_reported', 'approval_decision_yes', 'alert_lately', 'alert_by_customer', 'goal_by_id', 'instance_by_id', 'gate_approval_by_id', 'agent_event_by_pos', 'spawn_decision_by_id', 'spawn_decision_by_time', 'person_by_id', 'person_by_login', 'person_issuer_subject_key'];

describe('the catalogue keeps the shape of the house', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
  });
  after(() => database.close());
  const names = (rows: { name: string }[]): string[] => rows.map(({ name }) => name).sort();
  const IN_HOUSE = `n.nspname in ('app', 'audit', 'sec', 'ops')`;

  it('lists every table of the database in the table of rights', async () => {
    const rows = await database.admin<{ name: string }>(`select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${IN_HOUSE} and c.relkind in ('r', 'p')`);
    expect(names(rows)).toEqual([...TABLES.map(({ name }) => name), 'sec.ctx_key'].sort());
  });

  it('enables and forces row-level security on every table that a service can reach', async () => {
    const rows = await database.admin<{ name: string }>(`select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('app', 'audit') and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)`);
    expect(names(rows)).toEqual([]);
  });

  it('has one restrictive policy from the template on every table, for every grantee', async () => {
    const rows = await database.admin<{ name: string; using: string; check: string; missing: string[] | null }>(`
      select n.nspname || '.' || c.relname as name, pg_get_expr(p.polqual, c.oid) as using, pg_get_expr(p.polwithcheck, c.oid) as check,
        (select array_agg(distinct g.grantee::text) from information_schema.role_table_grants g
          where g.table_schema = n.nspname and g.table_name = c.relname and g.grantee like 'svc%' and not (g.grantee::regrole::oid = any (p.polroles))) as missing
      from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_policy p on p.polrelid = c.oid and not p.polpermissive
      where n.nspname in ('app', 'audit') and c.relkind = 'r'`);
    const template = { team: /\(team_id = \( SELECT sec\.team\(\) AS team\)\)/, customer: /\(customer_id = \( SELECT sec\.customer\(\) AS customer\)\)/, platform: /^\( SELECT sec\.platform\(\) AS platform\)$/, chain: /\(team_id = \( SELECT sec\.chain\(\) AS chain\)\)/ };
    for (const row of rows) {
      const expression = template[TABLES.find(({ name }) => name === row.name)!.scope];
      expect({ name: row.name, missing: row.missing }).toEqual({ name: row.name, missing: null });
      expect(row.using).toMatch(expression);
      expect(row.check).toMatch(expression);
    }
  });

  it('leads every key, foreign key and index with the scope column', async () => {
    const rows = await database.admin<{ table: string; index: string; first: string }>(`
      select n.nspname || '.' || c.relname as table, i.relname as index, a.attname as first from pg_index x join pg_class i on i.oid = x.indexrelid
      join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
      where n.nspname in ('app', 'audit')
      union all
      select n.nspname || '.' || c.relname, k.conname, a.attname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1] where k.contype = 'f' and n.nspname in ('app', 'audit')`);
    const strays = rows.filter(({ table, index, first }) => {
      const scope = TABLES.find(({ name }) => name === table)!.scope;
      return scope !== 'platform' && first !== SCOPE_COLUMN[scope] && !CROSS_TEAM_INDEXES.includes(index);
    });
    expect(strays).toEqual([]);
  });

  it('keeps definer functions in sec, ops and audit, owned by roles that cannot log in, with a fixed search path, closed to the public', async () => {
    const rows = await database.admin<{ name: string }>(`
      select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner
      where ${IN_HOUSE} and ((p.prosecdef and n.nspname = 'app') or r.rolcanlogin or r.rolsuper or has_function_privilege('public', p.oid, 'execute')
        or not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp'])`);
    expect(names(rows)).toEqual([]);
  });

  it('has no views, no enums in indexes, no truncate, references or trigger rights for services', async () => {
    const rows = await database.admin<{ name: string }>(`
      select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${IN_HOUSE} and c.relkind in ('v', 'm', 'f')
      union all select t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${IN_HOUSE} and t.typtype = 'e'
      union all select grantee || ' ' || privilege_type || ' ' || table_name from information_schema.role_table_grants where grantee like 'svc%' and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')`);
    expect(names(rows)).toEqual([]);
  });
});
