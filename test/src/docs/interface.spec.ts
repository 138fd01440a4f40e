import { allRoutes } from '@countersign/contracts';
import { expect } from 'expect';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../../..');
const text = readFileSync(join(ROOT, 'docs/interface.md'), 'utf8');
const section = (number: number): string => text.split(/^## (?=\d)/m).find((part) => part.startsWith(`${number}.`)) ?? '';
const firstCells = (number: number): string[] => [...section(number).matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);

describe('docs/interface.md', () => {
  it('lists exactly the routes that the gateway serves below /v1', () => {
    const served = allRoutes().map(([, { method, path }]) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(firstCells(3).sort()).toEqual(served.sort());
  });

  it('lists exactly the commands of the command line', () => {
    const { stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), 'help'], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
    const known = [...stderr.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map(([, name = '']) => name);
    expect(known.length).toBeGreaterThan(20);
    expect(firstCells(2).sort()).toEqual(known.sort());
  });

  it('names scripts of package.json and variables that some program reads', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    for (const [, name = ''] of section(1).matchAll(/`npm (?:run )?([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(name);
    const readers = ['apps/gateway/src/config.ts', 'apps/fleet/src/config.ts', 'apps/executor/src/config.ts', 'apps/cli/src/stack', 'libs/models/src/from-env.ts', 'apps/helpdesk-agent/src/adapters/model/understanding.ts', 'libs/service/src/config.ts']
      .flatMap((path) => (path.endsWith('.ts') ? [path] : ['database.ts', 'find-tools.ts', 'home.ts', 'nats.ts', 'services.ts'].map((name) => `${path}/${name}`)))
      .map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
    const variables = [...section(4).matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name));
    expect(variables.length).toBeGreaterThan(15);
    expect(variables.filter((name) => !readers.includes(name))).toEqual([]);
  });

  it('links to files that are there', () => {
    for (const page of ['docs/interface.md', 'docs/aliases.md', 'README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md']) {
      const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target);
      expect([page, links.filter((target) => !existsSync(resolve(ROOT, page, '..', target)))]).toEqual([page, []]);
    }
  });
});
