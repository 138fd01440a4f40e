import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { globCovers, hostCovers, pathCovers } from './index.js';

const glob = fc.stringMatching(/^[ab.*]{1,5}$/);

describe('the words of a grant', () => {
  const matches = (pattern: string, text: string): boolean => new RegExp(`^${pattern.split('*').map((part) => part.replaceAll('.', '\\.')).join('.*')}$`).test(text);

  it('a glob covers another only if it matches everything the other matches', () => {
    fc.assert(fc.property(glob, glob, fc.array(fc.stringMatching(/^[ab.]{0,3}$/), { minLength: 5, maxLength: 5 }), (wide, small, fills) => {
      let n = 0;
      const text = small.replaceAll('*', () => fills[n++ % fills.length]!);
      if (globCovers(wide, small)) expect([wide, small, text, matches(wide, text)]).toEqual([wide, small, text, true]);
      expect(globCovers(wide, text.replaceAll('*', ''))).toBe(matches(wide, text.replaceAll('*', '')));
    }), { numRuns: 2000 });
  });

  it('a folder covers what is below it and never what climbs out', () => {
    expect(['src', 'src/a', './src/b/c', 'lib', 'srcx', 'src/../lib', '..'].map((file) => pathCovers('src', file))).toEqual([true, true, true, false, false, false, false]);
    expect(['.', 'src', '../x'].map((file) => pathCovers('.', file))).toEqual([true, true, false]);
  });

  it('a host covers its subdomains and no lookalike', () => {
    expect(['example.com', 'api.example.com', 'badexample.com', 'example.com.evil.org', '*'].map((name) => hostCovers('example.com', name))).toEqual([true, true, false, false, false]);
  });

  it('a host stands for the ordinary ports, and with a port for that one alone', () => {
    expect([hostCovers('example.com', 'example.com:8443'), hostCovers('*', 'example.com:8443'), hostCovers('example.com:8443', 'example.com')]).toEqual([false, false, false]);
    expect([hostCovers('example.com:8443', 'api.example.com:8443'), hostCovers('*:8443', 'example.com:8443')]).toEqual([true, true]);
  });

  it('an address is covered by itself only', () => {
    expect([hostCovers('127.0.0.1', '127.0.0.1'), hostCovers('*', '127.0.0.1'), hostCovers('0.0.1', '127.0.0.1'), hostCovers('*', '0x7f.1'), hostCovers('*', '2130706433')]).toEqual([true, false, false, false, false]);
  });
});
