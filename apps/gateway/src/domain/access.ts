import type { Role } from '@countersign/contracts';

/** Who is signed in, as the session or token says. */
export interface Caller {
  readonly personId: string;
  /** The nil UUID for platform staff. */
  readonly customerId: string;
  readonly roles: readonly Role[];
}

const STAFF: readonly Role[] = ['platform_governor', 'genesis', 'systems_architect', 'vision_guardian', 'operator'];
const PLATFORM = '00000000-0000-0000-0000-000000000000';

export const isStaff = (caller: Caller): boolean => caller.customerId === PLATFORM && caller.roles.some((role) => STAFF.includes(role));

export const mayCall = (caller: Caller, roles: readonly Role[] | 'signed-in'): boolean => roles === 'signed-in' || roles.some((role) => caller.roles.includes(role));

/** A team is seen by its customer's people and by platform staff; for everybody else it does not exist. */
export const maySeeTeam = (caller: Caller, customerOfTeam: string): boolean => customerOfTeam === caller.customerId || isStaff(caller);

/**
 * Content belongs to the customer: platform staff see that it exists, not what it says. A manifest is content (its paths, its
 * commit message), and so is what agents and checks said about it; whoever may not decide by it has no need of it.
 */
export const mayReadContent = (caller: Caller, customerOfTeam: string): boolean => customerOfTeam === caller.customerId;
