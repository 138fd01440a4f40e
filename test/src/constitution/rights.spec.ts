import { SERVICES } from '@countersign/contracts';
import { parseRights, roleOf, SERVICE_ROLES, TABLES } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';

const WRITES = ['insert', 'update', 'delete'] as const;
const VERBS = ['select', ...WRITES] as const;

describe('P2, P8 every service writes only what the table of rights says', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
  });
  after(() => database.close());

  it('gives each role exactly the rights of the table', async () => {
    const rows = await database.admin<{ role: string; name: string; verb: string }>(`
      select r.rolname as role, n.nspname || '.' || c.relname as name, v.verb
      from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join pg_roles r cross join unnest($2::text[]) v(verb)
      where n.nspname in ('app', 'audit') and c.relkind = 'r' and r.rolname = any ($1)
        and case when v.verb = 'delete' then has_table_privilege(r.oid, c.oid, v.verb) else has_any_column_privilege(r.oid, c.oid, v.verb) end
      order by 1, 2, 3`, [SERVICE_ROLES, VERBS]);
    const expected = TABLES.flatMap((table) =>
      SERVICES.flatMap((service) =>
        parseRights(table.grants[service] ?? '').map(({ verb }) => ({ role: roleOf(service), name: table.name, verb })),
      ),
    );
    const text = (list: typeof rows): string[] => list.map((row) => `${row.role} ${row.verb} ${row.name}`).sort();
    expect(text(rows)).toEqual(text(expected));
  });

  it('gives them on exactly the columns that the table names', async () => {
    const rows = await database.admin<{ role: string; name: string; verb: string; columns: string }>(`
      select r.rolname as role, n.nspname || '.' || c.relname as name, v.verb, string_agg(a.attname, ',' order by a.attname) as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped cross join pg_roles r cross join unnest(array['select', 'insert', 'update']) v(verb)
      where n.nspname in ('app', 'audit') and c.relkind = 'r' and r.rolname = any ($1) and not has_table_privilege(r.oid, c.oid, v.verb) and has_column_privilege(r.oid, c.oid, a.attnum, v.verb)
      group by 1, 2, 3`, [SERVICE_ROLES]);
    const limited = TABLES.flatMap(({ name, grants }) =>
      SERVICES.flatMap((service) => parseRights(grants[service] ?? '').flatMap(({ verb, columns }) => (columns === undefined ? [] : [`${roleOf(service)} ${verb} ${name} ${columns.split(',').sort().join(',')}`]))),
    );
    expect(rows.map(({ role, name, verb, columns }) => `${role} ${verb} ${name} ${columns}`).sort()).toEqual(limited.sort());
    expect(limited.length).toBeGreaterThan(4);
  });

  it('refuses, as each role, every write the table does not list', async () => {
    const refused: string[] = [];
    const columns = await database.admin<{ name: string; attname: string }>(`
      select n.nspname || '.' || c.relname as name, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = 1 where n.nspname in ('app', 'audit') and c.relkind = 'r'`);
    const firstColumn = new Map(columns.map(({ name, attname }) => [name, attname]));
    for (const service of SERVICES) {
      const mayNot = TABLES.flatMap((table) => {
        const has = new Set(parseRights(table.grants[service] ?? '').map(({ verb }) => verb));
        return WRITES.filter((verb) => !has.has(verb)).map((verb) => ({ table: table.name, verb }));
      });
      for (const { table, verb } of mayNot) {
        await expect(database.rawAs(service, attempt(table, firstColumn.get(table)!, verb))).rejects.toMatchObject({ code: '42501' });
        refused.push(`${service} ${verb} ${table}`);
      }
    }
    expect(refused.length).toBeGreaterThan(600);
  });

  it('lets nobody disable, own or go round a table', async () => {
    const holes = await database.admin(`
      select r.rolname from pg_roles r where r.rolname like 'svc\\_%'
        and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or exists (select from pg_auth_members m where m.member = r.oid))`);
    expect(holes).toEqual([]);
  });
});

/** A statement that needs the right and nothing else: the privilege is checked before any row or default. */
const attempt = (table: string, column: string, verb: (typeof WRITES)[number]): string =>
  ({ insert: `insert into ${table} default values`, update: `update ${table} set ${column} = ${column}`, delete: `delete from ${table}` })[verb];
