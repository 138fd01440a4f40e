import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { checkBinds } from './binds.js';
import { UnsafePathError } from './errors.js';
import { aWorker, finish, testDirectory } from './testing.js';
import type { Bind } from './types.js';

const readOnly = (...binds: Bind[]) => checkBinds({ readOnly: binds, readWrite: [] });

describe('the paths of a spec', () => {
  it('are taken as they are when they are plain, outer ones first', () => {
    using directory = testDirectory();
    const file = directory.write('deep/file', 'x');
    const binds = checkBinds({ readOnly: [{ source: file, target: '/inside/deep/file' }], readWrite: [{ source: `${directory.path}/`, target: '/inside' }] });
    expect(binds.map(({ target, directory: isDirectory, writable }) => ({ target, isDirectory, writable }))).toEqual([
      { target: '/inside', isDirectory: true, writable: true },
      { target: '/inside/deep/file', isDirectory: false, writable: false },
    ]);
  });

  it('are refused when they lead through a symbolic link, are missing, relative, or no file', async (test) => {
    using directory = testDirectory();
    directory.write('real/file', 'x');
    symlinkSync(join(directory.path, 'real'), join(directory.path, 'link'));
    const server = createServer().listen(join(directory.path, 'socket'));
    test.after(() => server.close());
    await once(server, 'listening');
    const refuse = (source: string, why: string): void => expect(() => readOnly({ source, target: '/x' })).toThrow(why);
    refuse(join(directory.path, 'link'), 'symbolic link');
    refuse(join(directory.path, 'link/file'), 'symbolic link');
    refuse(join(directory.path, 'missing'), 'cannot be reached');
    refuse('real/file', 'not absolute');
    refuse(join(directory.path, 'socket'), 'neither file nor directory');
  });

  it('cannot cover what the sandbox itself puts up', () => {
    using directory = testDirectory();
    for (const target of ['/', '/proc', '/proc/self', '/dev/null', '/usr/bin', '/lib64', '/etc', '/tmp', '/tmp/', '/x/../etc', '/.sbx/launcher.mjs', '/.packages/0']) {
      expect(() => readOnly({ source: directory.path, target })).toThrow('belongs to the sandbox');
    }
    expect(() => readOnly({ source: directory.path, target: '/x' }, { source: directory.path, target: '/x' })).toThrow('share the target');
    expect(() => checkBinds({ readOnly: [], readWrite: [{ source: directory.path, target: '/x', scratch: true }] })).toThrow('scratch');
  });

  it('are refused when an earlier run left a link on the way to a target', () => {
    using tree = testDirectory();
    using packages = testDirectory();
    symlinkSync('/etc', join(tree.path, 'node_modules'));
    mkdirSync(join(tree.path, 'fine'));
    const into = (target: string) => checkBinds({ readOnly: [{ source: packages.path, target }], readWrite: [{ source: tree.path, target: '/repo' }] });
    expect(() => into('/repo/node_modules')).toThrow(UnsafePathError);
    expect(() => into('/repo/node_modules/below')).toThrow(UnsafePathError);
    expect(into('/repo/fine').length).toBe(2);
    expect(into('/repo/new').length).toBe(2);
  });

  it('show exactly what was named', async () => {
    using input = testDirectory();
    input.write('shown', 'shown');
    input.write('hidden', 'hidden');
    const script = `const fs = require('node:fs'); console.log(fs.readFileSync('/in/shown', 'utf8'), fs.readdirSync('/in').join())`;
    const { stdout, stderr } = await finish(aWorker(script, { readOnly: [{ source: join(input.path, 'shown'), target: '/in/shown' }] }));
    expect(stderr).toContain('EACCES');
    expect(stdout).toBe('');
    const whole = await finish(aWorker(script, { readOnly: [{ source: input.path, target: '/in' }] }));
    expect(whole.stdout).toBe('shown hidden,shown\n');
  });
});
