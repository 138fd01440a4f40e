import { expect } from 'expect';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projects } from '../../../scripts/lib/build.mjs';
import { isNewEnough } from '../../../scripts/lib/node.mjs';
import { quietly, trackCommands } from '../../../scripts/lib/run.mjs';
import { CLONE } from './stack/home.js';

describe('the set-up', () => {
  it('compiles every workspace: none can be forgotten in the root project', () => {
    const { references } = JSON.parse(readFileSync(join(CLONE, 'tsconfig.json'), 'utf8')) as { references: { path: string }[] };
    const own = projects(CLONE).filter((folder) => folder !== 'apps/web'); // built by Vite
    expect(references.map(({ path }) => path).sort()).toEqual(own.sort());
  });

  it('takes the Node versions that all pinned packages take, and no other', () => {
    expect(['22.17.0', '24.11.1', '24.21.0', '26.0.0'].filter((version) => !isNewEnough(version))).toEqual([]);
    expect(['20.20.2', '22.16.0', '23.11.0', '24.10.0'].filter((version) => isNewEnough(version))).toEqual([]);
  });

  it('pins every version: what was tried is what is installed', () => {
    const files = ['package.json', ...projects(CLONE).map((folder) => join(folder, 'package.json')), 'apps/web/package.json'];
    const loose = [...new Set(files)].flatMap((file) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(CLONE, file), 'utf8')) as Record<string, Record<string, string>>;
      return Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+[\w.-]*$/.test(version));
    });
    expect(loose).toEqual([]);
  });

  it('has the two commands and what the machine of a committer runs', () => {
    for (const file of ['.ci/run', 'bin/countersign']) expect(statSync(join(CLONE, file)).mode & 0o111).not.toBe(0);
    const { scripts } = JSON.parse(readFileSync(join(CLONE, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test', 'bench', 'dev', 'test:long']));
  });

  it('is not kept from starting by a note that was cut off when the disk was full', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-setup-'));
    const note = join(folder, 'setup.child');
    writeFileSync(note, '');
    const untrack = await trackCommands(note);
    await quietly(process.execPath, ['--version']);
    expect(readdirSync(folder)).toEqual(['setup.child']);
    expect(JSON.parse(readFileSync(note, 'utf8'))).toMatchObject({ pid: expect.any(Number) });
    untrack();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('refuses a word it does not know and names those it knows', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(CLONE, 'scripts', 'bootstrap.mjs'), 'dance'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/unknown word "dance"[\s\S]*demo/) });
  });

  it('is behind the command line, whatever folder it is called from', () => {
    const env = { ...process.env, COUNTERSIGN_BUILT: '1' };
    const run = (...args: string[]): unknown => spawnSync(join(CLONE, 'bin', 'countersign'), args, { cwd: '/', encoding: 'utf8', env }).status;
    expect([run('token', '--help'), run('token')]).toEqual([0, 2]);
  });
});
