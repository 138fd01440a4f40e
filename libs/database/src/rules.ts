import { isTerminal, PLATFORM_CHAIN, type Machine } from '@countersign/contracts';
import { ownerOf } from './grants.js';
import { words } from './list.js';
import { SERVICE_ROLES, TABLES, type Moves, type Table } from './tables.js';

/** Rules are for services: migrations and a person who mends with the administrator's credential are not held by them. */
export const BY_SERVICE = `session_user in (${words(SERVICE_ROLES)})`;
const shortOf = ({ name }: Table): string => name.split('.')[1]!;

/**
 * P1 where no service can go round it: at commit, a changed row demands that the transaction wrote the head of its chain,
 * which only `audit.append` does. Deferred, because entries come last; queued only for rows that need one.
 */
function recorded({ name, scope, recorded: rule }: Table): string {
  const trigger = (title: string, event: string, when: string): string =>
    `create constraint trigger ${title} after ${event} on ${name} deferrable initially deferred for each row when (${when}) execute function sec.recorded('${scope}');`;
  const drop = ['recorded', 'recorded_update'].map((title) => `drop trigger if exists ${title} on ${name};`).join(' ');
  if (rule === 'never') return drop;
  if (rule === undefined) return `${drop}\n${trigger('recorded', 'insert or update or delete', BY_SERVICE)}`;
  return `${drop}\n${trigger('recorded', 'insert or delete', BY_SERVICE)}\n${trigger('recorded_update', 'update', `${BY_SERVICE} and (${rule.updates})`)}`;
}

/** `sec.recorded`: a head row of this transaction carries its number. An entry inside a savepoint does not count. */
const demandEntry = `
create or replace function sec.recorded() returns trigger language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare chain uuid := '${PLATFORM_CHAIN}';
begin
  if tg_argv[0] in ('team', 'chain') then if tg_op = 'DELETE' then chain := old.team_id; else chain := new.team_id; end if; end if;
  if not exists (select from audit.head h where h.team_id = chain and h.xmin = pg_current_xact_id()::xid) then
    raise exception 'missing_audit_entry' using errcode = 'CS001', table = tg_table_name; end if;
  return null;
end $f$;
alter function sec.recorded() owner to own_ops;
revoke all on function sec.recorded() from public;`;

/** P6: a row begins and moves only as the contracts' machine says; a final one stays as it ended, in every column. */
function moves(table: Table, { machine, first, final }: Moves): string {
  const states = Object.keys(machine);
  const ways = states.filter((state) => machine[state]!.length > 0).map((state) => `when '${state}' then new.state in (${words(machine[state]!)})`);
  const ended = states.filter((state) => isTerminal(machine as Machine<string>, state));
  const touched = `old.state is distinct from new.state${final ? ` or old.state in (${words(ended)})` : ''}`;
  const name = `app.${shortOf(table)}_moves`;
  return `
create or replace function ${name}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if tg_op = 'INSERT' then if new.state in (${words(first)}) then return new; end if;
  elsif (case old.state ${ways.join(' ')} else false end) then return new; end if;
  raise exception 'move_refused' using errcode = 'CS001', table = tg_table_name, detail = case when tg_op = 'INSERT' then new.state else old.state || ' to ' || new.state end;
end $f$;
alter function ${name}() owner to ${ownerOf(table)};
revoke all on function ${name}() from public;
create or replace trigger moves_first before insert on ${table.name} for each row when (${BY_SERVICE}) execute function ${name}();
create or replace trigger moves before update on ${table.name} for each row when (${BY_SERVICE} and (${touched})) execute function ${name}();`;
}

/** SQL for what a service's changes must keep besides its rights; safe to run again, and made anew at each start: machines are code. */
export const rulesSql = (): string => [demandEntry, ...TABLES.map((table) => recorded(table) + (table.moves ? moves(table, table.moves) : ''))].join('\n');
