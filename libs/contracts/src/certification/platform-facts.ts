import type { Service } from '../services.js';

/** How a service's rights to one table are told. */
export type TableRight = 'reads' | 'writes';

/** What the platform enforces, as data: read from the table of rights, the list of actions and the messages, never written by hand. */
export interface PlatformFacts {
  /** By service and table. `writes`: inserts, updates or deletes. */
  readonly rights: Readonly<Record<Service, Readonly<Record<string, readonly TableRight[]>>>>;
  /** Whose rows a table holds. */
  readonly scopes: Readonly<Record<string, string>>;
  /** Which actions of the record are whose. */
  readonly records: Readonly<Record<Service, readonly string[]>>;
  readonly messages: readonly { readonly name: string; readonly subject: string; readonly author: Service; readonly consumers: readonly Service[] }[];
}

/** What a way of working may claim of its service; each is looked up, none believed. */
export const CLAIM_KINDS = ['reads', 'never-reads', 'writes', 'never-writes', 'sends', 'never-sends', 'hears', 'records', 'never-records'] as const;
export type ClaimKind = (typeof CLAIM_KINDS)[number];
export interface Claim {
  readonly kind: ClaimKind;
  /** A table, a message or an action. */
  readonly what: string;
}

const WORDS: Readonly<Record<ClaimKind, string>> = {
  reads: 'reads', 'never-reads': 'never reads', writes: 'writes', 'never-writes': 'never writes', sends: 'sends', 'never-sends': 'never sends', hears: 'hears', records: 'puts on record', 'never-records': 'never puts on record',
};
export const claimWords = (service: Service, { kind, what }: Claim): string => `${service} ${WORDS[kind]} ${what}`;

/** Whether the platform makes it so. What it does not know (a table that is gone) is not so, also where the claim is that nothing is done with it. */
export function holds(facts: PlatformFacts, service: Service, { kind, what }: Claim): boolean {
  const right = (verb: TableRight): boolean => facts.rights[service][what]?.includes(verb) ?? false;
  const message = facts.messages.find(({ name }) => name === what);
  const recorded = facts.records[service].includes(what);
  switch (kind) {
    case 'reads':
    case 'writes':
      return right(kind);
    case 'never-reads':
      return what in facts.scopes && !right('reads');
    case 'never-writes':
      return what in facts.scopes && !right('writes');
    case 'sends':
      return message?.author === service;
    case 'never-sends':
      return message !== undefined && message.author !== service;
    case 'hears':
      return message?.consumers.includes(service) ?? false;
    case 'records':
      return recorded;
    case 'never-records':
      return !recorded && Object.values(facts.records).some((actions) => actions.includes(what));
  }
}
