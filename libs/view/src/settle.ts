import type { Me } from '@countersign/contracts';

/** The gateway and the executor decide; this only keeps buttons from people who would be refused. Whose team it is, is settled by what they can see. */
export const maySettle = ({ roles, customer }: Pick<Me, 'roles' | 'customer'>): boolean => roles.includes(customer === null ? 'platform_governor' : 'customer_governor');

/** What the screens say about an outcome that a person has to settle. */
export const settleWords = {
  others: 'A governor of the customer, or the platform governor, can settle this.',
  lead: 'Your word goes on the record as yours. Look at the target first.',
  label: 'How do you know?',
  look: 'Look again',
  executed: 'It happened',
  failed: 'It did not happen',
  silent: 'The other side still gives no answer.',
} as const;
