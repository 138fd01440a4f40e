import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readFleetConfig } from './config.js';

describe('the environment of the fleet', () => {
  it('asks for the strict sandbox unless it says otherwise', () => {
    expect(readFleetConfig('/home', {}).sandbox).toBe('strict');
    expect(readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'none' }).sandbox).toBe('none');
    expect(() => readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'loose' })).toThrow('not one of strict, process, none');
  });

  it('keeps mirrors for a month unless it says otherwise, and never for no time', () => {
    expect([undefined, '', '1', '9000'].map((hours) => readFleetConfig('/home', { COUNTERSIGN_MIRRORS_KEPT_HOURS: hours }).mirrorsKeptHours)).toEqual([720, 720, 1, 9000]);
    for (const hours of ['0', '-1', '1.5', 'x', '1e3']) expect(() => readFleetConfig('/home', { COUNTERSIGN_MIRRORS_KEPT_HOURS: hours })).toThrow('COUNTERSIGN_MIRRORS_KEPT_HOURS');
  });

  it('cannot switch the sandbox off in production', () => {
    expect(() => readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'none', NODE_ENV: 'production' })).toThrow('not for production');
    expect(readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'process', NODE_ENV: 'production' }).sandbox).toBe('process');
  });
});
