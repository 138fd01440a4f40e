import { PLATFORM_CHAIN, type MissionEvent, type PersonId, type Requester } from '@countersign/contracts';

export interface RightsRefusal {
  readonly code: 'not_found' | 'not_permitted' | 'author_may_not_decide';
  readonly message: string;
}

/** Platform staff have the nil UUID for a customer; these two roles may start and stop work of any team (gate policy). */
const STAFF = ['operator', 'platform_governor'];
const governs = (by: Requester, customerId: string): boolean => by.customerId === customerId && by.roles.includes('customer_governor');
const attends = (by: Requester): boolean => (by.customerId as string) === PLATFORM_CHAIN && by.roles.some((role) => STAFF.includes(role));
const sees = (by: Requester, customerId: string): boolean => by.customerId === customerId || (by.customerId as string) === PLATFORM_CHAIN;

const nobody: RightsRefusal = { code: 'not_found', message: 'There is no such mission.' };

/** Whether this person may pause, resume, cancel or report; undefined: yes. Another customer's mission does not exist for them. */
export function mayGuide(by: Requester, customerId: string): RightsRefusal | undefined {
  if (!sees(by, customerId)) return nobody;
  return governs(by, customerId) || attends(by) ? undefined : { code: 'not_permitted', message: 'Only a governor of the customer or an operator does this.' };
}

/**
 * Whether this person may post this event. An approval is the customer's alone: staff cannot give one, and nobody gives one
 * for work whose runs they reported themselves (P11). `authors`: who reported the work item's runs, where no instance of the
 * mission did them; every round counts, not only the last. Sending one's own work back is no approval.
 */
export function mayPost(by: Requester, customerId: string, event: MissionEvent, authors: readonly PersonId[]): RightsRefusal | undefined {
  if (event.type !== 'approval_granted' && event.type !== 'approval_denied') return mayGuide(by, customerId);
  if (!sees(by, customerId)) return nobody;
  if (!governs(by, customerId)) return { code: 'not_permitted', message: 'Only a governor of the customer decides about a mission’s work.' };
  return event.type === 'approval_granted' && authors.includes(by.personId) ? { code: 'author_may_not_decide', message: 'Whoever reported the work cannot approve it.' } : undefined;
}
