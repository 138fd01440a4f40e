import { RefusedError, type CommandReply, type CustomerId, type PersonId, type Requester } from '@countersign/contracts';
import type { Session } from './operation.js';

/** The person behind a command, from the session and from nothing else. */
export const requester = (by: Session): Requester => ({ personId: by.personId as PersonId, customerId: by.customerId as CustomerId, roles: [...by.roles] });

/** A service that said no said why: its code and words are the answer. */
export function orRefused<R extends CommandReply>(reply: R): R {
  if (!reply.ok) throw new RefusedError(reply.code, reply.message);
  return reply;
}
