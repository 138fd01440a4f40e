import type { Role } from '@countersign/contracts';

/** What people call the roles. */
export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  customer_governor: 'Customer governor',
  platform_governor: 'Platform governor',
  genesis: 'Genesis',
  systems_architect: 'Systems architect',
  vision_guardian: 'Vision guardian',
  operator: 'Operator',
};
