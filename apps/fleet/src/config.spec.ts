import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readFleetConfig } from './config.js';

describe('the environment of the fleet', () => {
  it('asks for the strict sandbox unless it says otherwise', () => {
    expect(readFleetConfig('/home', {}).sandbox).toBe('strict');
    expect(readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'none' }).sandbox).toBe('none');
    expect(() => readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'loose' })).toThrow('not one of strict, process, none');
  });

  it('cannot switch the sandbox off in production', () => {
    expect(() => readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'none', NODE_ENV: 'production' })).toThrow('not for production');
    expect(readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'process', NODE_ENV: 'production' }).sandbox).toBe('process');
  });
});
