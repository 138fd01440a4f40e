import { describe, it } from 'node:test';
import { expect } from 'expect';
import { mayNotEnter } from './enter-person.js';

const staff = { issuer: 'https://id.example.test/realms/one', roles: ['operator'] } as const;
const governor = { ...staff, roles: ['customer_governor'], customerId: 'c' } as const;
const codeOf = (wish: object): string | undefined => mayNotEnter({ ...staff, ...wish } as never)?.code;

describe('entering a person', () => {
  it('takes staff of no customer, and a governor of a known or of a new one', () => {
    for (const wish of [staff, { ...staff, roles: ['platform_governor', 'genesis'] }, governor, { ...governor, customerId: undefined, newCustomer: 'Chai' }, { ...staff, issuer: 'http://127.0.0.1:8080' }]) expect(codeOf(wish)).toBeUndefined();
  });

  it('has one refusal per wrong input', () => {
    for (const issuer of ['id.example.test', 'http://id.example.test', 'https://me:secret@id.example.test', 'https://id.example.test/?a', 'https://id.example.test/#a', 'javascript:alert(1)', 'https://id.example.test/ x', '']) expect([issuer, codeOf({ issuer })]).toEqual([issuer, 'issuer_invalid']);
    expect(codeOf({ ...governor, roles: ['customer_governor', 'platform_governor'] })).toBe('roles_mixed');
    expect(codeOf({ ...governor, customerId: undefined })).toBe('customer_missing');
    expect(codeOf({ ...governor, newCustomer: 'Chai' })).toBe('customer_twice');
    for (const named of [{ customerId: 'c' }, { newCustomer: 'Chai' }]) expect(codeOf(named)).toBe('customer_not_wanted');
  });
});
