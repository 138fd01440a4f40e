import { ROLES, type Role } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { maySettle } from './settle.js';

describe('an unknown outcome', () => {
  const allowed = (customer: { id: string; name: string } | null): Role[] => ROLES.filter((role) => maySettle({ roles: [role], customer }));
  it('is settled by a governor of the customer', () => expect(allowed({ id: 'c', name: 'Chai & Co' })).toEqual(['customer_governor']));
  it('is settled by the governor of the platform', () => expect(allowed(null)).toEqual(['platform_governor']));
});
