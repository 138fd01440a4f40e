import { expect } from 'expect';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LocalRemotes } from './local-remotes.js';

describe('remotes on this machine', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'remotes-'));
    for (const folder of ['stack/executor', 'stack/fleet/mirrors/asha/till', 'stack/demo/till.git', 'mirrors/asha', 'srv/till.git']) mkdirSync(join(root, folder), { recursive: true });
    symlinkSync(join(root, 'stack/fleet'), join(root, 'srv/link'));
    symlinkSync(join(root, 'mirrors/asha'), join(root, 'srv/hidden.git'));
    symlinkSync(join(root, 'stack/pg'), join(root, 'stack/demo/leads-out'));
    mkdirSync(join(root, 'stack/pg'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));
  const bars = (path: string, production = false): Promise<boolean> => new LocalRemotes(join(root, 'stack/executor'), join(root, 'mirrors'), production).bars(path.startsWith('/') ? `${root}${path}` : path);

  for (const path of ['/stack', '/stack/executor/work', '/stack/fleet/mirrors/asha/till', '/stack/secrets.json', '/mirrors/asha', '/mirrors/new.git', '/srv/link/mirrors', '/srv/hidden', '/srv/till.git/../link/x', '/stack/demo/leads-out', '/stack/demo/../pg']) {
    it(`${path} is the stack’s own`, async () => expect(await bars(path)).toBe(true));
  }
  for (const path of ['/srv/till.git', '/srv/new.git', '/stack/demo/till.git', 'https://git.example/x.git', 'git@git.example:x.git']) {
    it(`${path} may be pushed to`, async () => expect(await bars(path)).toBe(false));
  }
  it('are not taken for harmless when they cannot be asked about', async () => {
    await expect(bars('/srv/till\0.git')).rejects.toThrow();
  });
  it('are none in production, where a remote is a host', async () => {
    expect([await bars('/srv/till.git', true), await bars(`file://${root}/srv/till.git`, true), await bars('ssh://git.example/x.git', true)]).toEqual([true, true, false]);
  });
});
