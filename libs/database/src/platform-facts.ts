import { messages, SERVICES, type PlatformFacts, type Service, type TableRight } from '@countersign/contracts';
import { parseRights } from './grants.js';
import { ACTIONS_OF, TABLES, type Table } from './tables.js';

const rightsTo = ({ grants }: Table, service: Service): TableRight[] => {
  const verbs = parseRights(grants[service] ?? '').map(({ verb }) => verb);
  return [...(verbs.includes('select') ? ['reads' as const] : []), ...(verbs.some((verb) => verb !== 'select') ? ['writes' as const] : [])];
};

/** What the platform enforces, for whoever has to show it: the tables that grants, policies and the writers of entries are made from, and the messages that allow-lists are made from. */
export function platformFacts(tables: readonly Table[] = TABLES, actions: Readonly<Record<Service, readonly string[]>> = ACTIONS_OF): PlatformFacts {
  const perService = <T>(of: (service: Service) => T): Record<Service, T> => Object.fromEntries(SERVICES.map((service) => [service, of(service)])) as Record<Service, T>;
  return {
    rights: perService((service) => Object.fromEntries(tables.map((table) => [table.name, rightsTo(table, service)]))),
    scopes: Object.fromEntries(tables.map(({ name, scope }) => [name, scope])),
    records: perService((service) => actions[service]),
    messages: messages().map(({ name, subject, author, consumers }) => ({ name, subject, author, consumers })),
  };
}
