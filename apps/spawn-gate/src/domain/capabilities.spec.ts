import { describe, it } from 'node:test';
import { hostAllowed, pathCovers, toolAllowed, type Capabilities } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { narrow, withinMission } from './capabilities.js';

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
const host = fc.constantFrom('*', '*:8080', 'example.com', 'example.com:8080', 'api.example.com', 'api.example.com:8080', 'a.api.example.com', 'badexample.com', '0.0.1', '127.0.0.1');
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

describe('what a mission lets its agents call', () => {
  it('is inside what they may call anyway and inside its own list; no list says nothing', () => {
    fc.assert(fc.property(capabilities, lists(glob), tool, (own, tools, name) => {
      const inside = withinMission(own, tools);
      if (toolAllowed(inside, name)) expect([toolAllowed(own, name), tools.length === 0 || toolAllowed({ ...own, tool_allowlist: tools }, name)]).toEqual([true, true]);
      expect({ ...inside, tool_allowlist: own.tool_allowlist }).toEqual(own);
      if (tools.length === 0) expect(inside).toEqual(own);
    }), { numRuns: 1500 });
  });

  it('keeps what both name, and is nothing where they have nothing in common', () => {
    const own = { ...none, tool_allowlist: ['docs.*', 'read'] };
    expect(withinMission(own, ['docs.read', 'read', 'bash']).tool_allowlist.toSorted()).toEqual(['docs.read', 'read']);
    expect(withinMission(own, ['bash']).tool_allowlist).toEqual([]);
  });
});

describe('what a child may touch', () => {
  it('is inside its parent and inside its template, for every tool, file, host, secret and git verb', () => {
    fc.assert(fc.property(capabilities, capabilities, tool, path, host.filter((name) => !name.startsWith('*')), (parent, template, name, file, where) => {
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
