import { ConfigError } from '@countersign/service';
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
    expect([undefined, '24'].map((hours) => readFleetConfig('/home', { COUNTERSIGN_LOGS_KEPT_HOURS: hours }).tracesKeptHours)).toEqual([720, 24]);
    for (const hours of ['0', '23', 'x']) expect(() => readFleetConfig('/home', { COUNTERSIGN_LOGS_KEPT_HOURS: hours })).toThrow('COUNTERSIGN_LOGS_KEPT_HOURS');
    for (const hours of ['0', '-1', '1.5', 'x', '1e3']) expect(() => readFleetConfig('/home', { COUNTERSIGN_MIRRORS_KEPT_HOURS: hours })).toThrow('COUNTERSIGN_MIRRORS_KEPT_HOURS');
  });

  it('runs two workers at once unless it says how many, and takes no word for a number or a search service', () => {
    expect([undefined, '', '1', '16'].map((workers) => readFleetConfig('/home', { COUNTERSIGN_WORKERS: workers }).concurrency)).toEqual([2, 2, 1, 16]);
    for (const workers of ['0', '-1', '1.5', 'many', '1000']) expect(() => readFleetConfig('/home', { COUNTERSIGN_WORKERS: workers })).toThrow(ConfigError);
    for (const url of ['no address', 'ftp://x/{query}', 'https://search.example/']) expect(() => readFleetConfig('/home', { COUNTERSIGN_SEARCH_URL: url })).toThrow(ConfigError);
  });

  it('cannot switch the sandbox off in production', () => {
    expect(() => readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'none', NODE_ENV: 'production' })).toThrow('not for production');
    expect(readFleetConfig('/home', { COUNTERSIGN_SANDBOX: 'process', NODE_ENV: 'production' }).sandbox).toBe('process');
  });
});
