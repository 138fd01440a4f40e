import type { Route } from '@countersign/contracts';
import { mayCall, type Caller } from '../../domain/access.js';
import { HttpRefusal } from '../../domain/problem.js';

/** Throws `forbidden` unless the caller has one of the route's roles. */
export function demandRole(caller: Caller, { roles }: Pick<Route, 'roles'>): void {
  if (!mayCall(caller, roles)) throw new HttpRefusal('forbidden', `this needs the role ${roles === 'signed-in' ? '' : roles.join(' or ')}`);
}
