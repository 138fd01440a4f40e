import type { Service } from '@countersign/contracts';
import { words } from './list.js';
import { ACTIONS_OF, SERVICE_ROLES, TABLES, roleOf, type Rights, type Scope, type Table } from './tables.js';

const VERBS = { S: 'select', I: 'insert', U: 'update', D: 'delete' } as const;

/** The one policy template: what a context may see of a table (design §4). */
const EXPRESSION: Record<Scope, string> = {
  team: 'team_id = (select sec.team())',
  customer: 'customer_id = (select sec.customer())',
  platform: '(select sec.platform())',
  chain: 'team_id = (select sec.chain())',
};

export interface Right {
  readonly verb: (typeof VERBS)[keyof typeof VERBS];
  readonly columns?: string;
}

/** Reads `SIU(a,b)` as select, insert, update of a and b. */
export function parseRights(rights: Rights): Right[] {
  return [...rights.matchAll(/([SIUD])(?:\(([^)]*)\))?/g)].map(([, letter, columns]) => ({
    verb: VERBS[letter as keyof typeof VERBS],
    ...(columns ? { columns } : {}),
  }));
}

const grantees = (table: Table): [Service | 'own_ops', Rights][] => Object.entries(table.grants) as [Service | 'own_ops', Rights][];

function policies(table: Table): string {
  const services = grantees(table).filter(([who]) => who !== 'own_ops').map(([who]) => roleOf(who));
  const scoped = [...services, ownerOf(table)].join(', ');
  const expression = [EXPRESSION[table.scope], ...(table.own === undefined ? [] : [table.own])].join(' and ');
  const crossTeam = table.grants.own_ops
    ? `create policy ops on ${table.name} as permissive for all to own_ops using (true) with check (true);`
    : '';
  return `
alter table ${table.name} enable row level security; alter table ${table.name} force row level security;
drop policy if exists scope on ${table.name}; drop policy if exists use on ${table.name}; drop policy if exists ops on ${table.name};
create policy scope on ${table.name} as restrictive for all to ${scoped} using (${expression}) with check (${expression});
create policy use on ${table.name} as permissive for all to ${scoped} using (true) with check (true);
${crossTeam}`;
}

export const ownerOf = (table: Table): string => (table.name.startsWith('audit.') ? 'own_audit' : 'own_app');

function grants(table: Table): string {
  const everyone = grantees(table).map(([who]) => roleOf(who)).join(', ');
  const lines = grantees(table).flatMap(([who, rights]) =>
    parseRights(rights).map(({ verb, columns }) => `grant ${verb}${columns ? ` (${columns})` : ''} on ${table.name} to ${roleOf(who)};`),
  );
  return `alter table ${table.name} owner to ${ownerOf(table)};\nrevoke all on ${table.name} from public, ${everyone};\n${lines.join('\n')}`;
}

const WRITERS = (Object.entries(ACTIONS_OF) as [Service, readonly string[]][]).filter(([, actions]) => actions.length > 0);

/** `audit.writer`: the service behind a role, where that role may append this action. Made anew at each start, as the grants are: a new action needs no migration. */
const writers = (): string => `
create or replace function audit.writer(role name, action text) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $f$
begin return case
${WRITERS.map(([service, actions]) => `  when role = '${roleOf(service)}' and action in (${words(actions)}) then '${service}'`).join('\n')}
end; end $f$;
alter function audit.writer(name, text) owner to own_audit;
revoke all on function audit.writer(name, text) from public;
revoke all on function audit.append(uuid[], bytea[]) from public, ${SERVICE_ROLES.join(', ')};
grant execute on function audit.append(uuid[], bytea[]) to ${WRITERS.map(([service]) => roleOf(service)).join(', ')};`;

/** SQL that makes the running database's owners, grants, policies and writers of entries equal to the tables of rights; safe to run again. */
export const grantsSql = (): string => TABLES.map((table) => grants(table) + policies(table)).join('\n') + writers();
