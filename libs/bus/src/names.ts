import { databaseRole, SERVICES, type Message, type Service } from '@countersign/contracts';

/** The one stream: every team's messages, kept 72 h (design §6). */
export const STREAM = 'TEAM';
export const STREAM_SUBJECTS = 'team.>';

/**
 * The service that makes the stream anew when the broker's store was lost; the others wait for it.
 *
 * The gate, because it already grants every authority in the system and talks to no outsider: gateway (the network), fleet
 * (workers) and executor (outside credentials) are the ones an attacker meets first. It may create, never change or delete.
 */
export const STREAM_KEEPER: Service = 'spawn-gate';

/** Not a service: a credential for the person or job that sets up and upgrades the broker. No running process holds it. */
export const PROVISIONER = 'provisioner';
export const USERS = [...SERVICES, PROVISIONER] as const;
export type User = (typeof USERS)[number];

/** Durable consumer of one service for one message; a durable's name is one subject token, so dots become underscores. */
export const durableOf = (service: Service, message: Message): string => `${service}-${message.name.replaceAll('.', '_')}`;

/** The same consumer in the database, where only its own role may write its rows. */
export const consumerOf = (service: Service, message: Message): string => `${databaseRole(service)}:${message.name}`;

/** Replies to a user arrive below this prefix and nobody else may listen there. */
export const inboxOf = (user: User): string => `_INBOX_${user}`;
/** The part of it that one service answers in; no other may speak there, and it nowhere else. */
export const answersOf = (caller: User, service: Service): string => `${inboxOf(caller)}.${service}`;
