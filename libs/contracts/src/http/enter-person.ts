import type { AddPersonBody } from './people.js';

export interface PersonRefusal {
  readonly code: 'issuer_invalid' | 'roles_mixed' | 'customer_missing' | 'customer_twice' | 'customer_not_wanted';
  readonly message: string;
}

const refused = (code: PersonRefusal['code'], message: string): PersonRefusal => ({ code, message });
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What stands against entering this person; undefined: nothing. Staff belong to no customer, and nobody is both: a customer's person with a role of the platform would see every other customer. */
export function mayNotEnter({ issuer, roles, customerId, newCustomer }: Pick<AddPersonBody, 'issuer' | 'roles' | 'customerId' | 'newCustomer'>): PersonRefusal | undefined {
  if (!isIssuer(issuer)) return refused('issuer_invalid', 'an issuer is the https address its tokens name as `iss`, without user, query or fragment');
  const ofCustomer = roles.includes('customer_governor');
  const named = customerId !== undefined || newCustomer !== undefined;
  if (ofCustomer && roles.some((role) => role !== 'customer_governor')) return refused('roles_mixed', 'nobody is of a customer and of the platform');
  if (ofCustomer && !named) return refused('customer_missing', 'say whose person that is: customerId, or newCustomer with its name');
  if (customerId !== undefined && newCustomer !== undefined) return refused('customer_twice', 'a customer that is known, or a new one');
  return !ofCustomer && named ? refused('customer_not_wanted', 'platform staff belong to no customer') : undefined;
}

/** OpenID Connect Discovery 1.0 §2: https, and neither query nor fragment. Plain http is for an issuer on this machine. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || /[?#\s]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))) && username === '' && password === '';
}
