import { expect } from 'expect';
import { describe, it } from 'node:test';
import { DEVICE_HOLD_MS, readExecutorConfig } from './config.js';

describe('the executor’s configuration', () => {
  it('holds new keys back for a day unless told otherwise, and takes keys in files outside production', () => {
    expect(readExecutorConfig('/home', {})).toMatchObject({ pinsDir: '/home/pins', deviceHoldMs: 86_400_000, softwareKeys: true });
    expect(readExecutorConfig('/home', { COUNTERSIGN_DEVICE_HOLD_MS: '0' })).toMatchObject({ deviceHoldMs: 0 });
  });

  it('lets the first keys of nobody count at once but of the customers whom the operator names, of all only outside production', () => {
    const CUSTOMER = '01890000-0000-7000-8000-0000000C4A10';
    const read = (COUNTERSIGN_FIRST_KEYS: string | undefined, env = {}) => readExecutorConfig('/home', { ...env, COUNTERSIGN_FIRST_KEYS }).firstKeys;
    expect([read(undefined), read(''), read('*'), read(` ${CUSTOMER}, `, { NODE_ENV: 'production' })]).toEqual([[], [], ['*'], [CUSTOMER.toLowerCase()]]);
    for (const many of ['*', `${CUSTOMER},*`]) expect(() => read(many, { NODE_ENV: 'production' })).toThrow('not for production');
    expect(() => read('chai')).toThrow('neither a list');
  });

  it('takes neither a shorter hold nor keys in files in production, nor a hold that is no number', () => {
    expect(readExecutorConfig('/home', { NODE_ENV: 'production' })).toMatchObject({ deviceHoldMs: DEVICE_HOLD_MS, softwareKeys: false });
    for (const hold of ['0', String(DEVICE_HOLD_MS - 1)]) expect(() => readExecutorConfig('/home', { NODE_ENV: 'production', COUNTERSIGN_DEVICE_HOLD_MS: hold })).toThrow('not for production');
    for (const hold of ['-1', '1e3', 'never']) expect(() => readExecutorConfig('/home', { COUNTERSIGN_DEVICE_HOLD_MS: hold })).toThrow('whole number');
  });
});
