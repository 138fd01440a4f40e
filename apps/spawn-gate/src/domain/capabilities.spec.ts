import { describe, it } from 'node:test';
import type { Capabilities } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { globCovers, hostAllowed, hostCovers, narrow, pathCovers, toolAllowed } from './capabilities.js';

const none: Capabilities = {
  tool_allowlist: [],
  tool_denylist: [],
  fs_scopes: { read: [], write: [] },
  net_scopes: { enabled: false, allow_hosts: [] },
  secrets_scopes: [],
  git_caps: { read: false, commit: false, push: false, push_requires_approval: false },
};

const tool = fc.stringMatching(/^[ab.]{1,5}$/);
const glob = fc.stringMatching(/^[ab.*]{1,5}$/);
const path = fc.array(fc.constantFrom('src', 'lib', 'a', '.', 'x.ts'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const host = fc.constantFrom('*', 'example.com', 'api.example.com', 'a.api.example.com', 'badexample.com', 'example.org');
const lists = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 });
const capabilities: fc.Arbitrary<Capabilities> = fc.record({
  tool_allowlist: lists(glob),
  tool_denylist: lists(glob),
  fs_scopes: fc.record({ read: lists(path), write: lists(path) }),
  net_scopes: fc.record({ enabled: fc.boolean(), allow_hosts: lists(host) }),
  secrets_scopes: lists(fc.constantFrom('npm', 'github', 'aws')),
  git_caps: fc.record({ read: fc.boolean(), commit: fc.boolean(), push: fc.boolean(), push_requires_approval: fc.boolean() }),
});
const mayRead = ({ fs_scopes }: Capabilities, file: string): boolean => fs_scopes.read.some((scope) => pathCovers(scope, file));
const mayWrite = ({ fs_scopes }: Capabilities, file: string): boolean => fs_scopes.write.some((scope) => pathCovers(scope, file));

describe('what a child may touch', () => {
  it('is inside its parent and inside its template, for every tool, file, host, secret and git verb', () => {
    fc.assert(fc.property(capabilities, capabilities, tool, path, host.filter((name) => name !== '*'), (parent, template, name, file, where) => {
      const child = narrow(parent, template);
      for (const above of [parent, template]) {
        if (toolAllowed(child, name)) expect(toolAllowed(above, name)).toBe(true);
        if (mayRead(child, file)) expect(mayRead(above, file)).toBe(true);
        if (mayWrite(child, file)) expect(mayWrite(above, file)).toBe(true);
        if (hostAllowed(child, where)) expect(hostAllowed(above, where)).toBe(true);
        expect(child.secrets_scopes.every((alias) => above.secrets_scopes.includes(alias))).toBe(true);
        for (const verb of ['read', 'commit', 'push'] as const) expect(child.git_caps[verb] && !above.git_caps[verb]).toBe(false);
        if (above.git_caps.push_requires_approval) expect(child.git_caps.push_requires_approval).toBe(true);
      }
    }), { numRuns: 1500 });
  });

  it('loses nothing that both clearly allow', () => {
    const wide: Capabilities = { ...none, tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: ['.'] }, net_scopes: { enabled: true, allow_hosts: ['*'] }, secrets_scopes: ['npm'], git_caps: { ...none.git_caps, read: true } };
    const small: Capabilities = { ...none, tool_allowlist: ['docs.*', 'checks.run'], fs_scopes: { read: ['src'], write: ['src/a'] }, net_scopes: { enabled: true, allow_hosts: ['example.com'] }, secrets_scopes: ['npm'], git_caps: { ...none.git_caps, read: true } };
    expect(narrow(wide, small)).toEqual(small);
    expect(narrow(small, wide)).toEqual(small);
    expect(narrow(small, none)).toEqual(none);
  });

  it('inherits every denial', () => {
    const child = narrow({ ...none, tool_allowlist: ['*'], tool_denylist: ['bash'] }, { ...none, tool_allowlist: ['*'] });
    expect([toolAllowed(child, 'bash'), toolAllowed(child, 'read')]).toEqual([false, true]);
  });

  it('is nothing where the list is empty: an empty allowlist is not "everything"', () => {
    expect(toolAllowed(none, 'bash')).toBe(false);
    expect(hostAllowed({ ...none, net_scopes: { enabled: true, allow_hosts: [] } }, 'example.com')).toBe(false);
  });
});

describe('patterns', () => {
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
});
