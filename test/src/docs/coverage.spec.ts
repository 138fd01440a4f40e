import { expect } from 'expect';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../../..');
/** How many items each of the five original documents has: the checklist's own totals. */
const TOTALS = { S0: 49, S1: 50, S2: 34, S3: 68, S4: 127 } as const;
const STATES = /^(done|first storey|later \(issue [345]\)|answered: ([BC]-\d+|not product))$/;

const text = readFileSync(join(ROOT, 'docs/coverage.md'), 'utf8');
interface Row {
  readonly id: string;
  readonly state: string;
  readonly where: string;
  readonly tests: string;
}
const rows: Row[] = [...text.matchAll(/^\| (S\d-\d+) \|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)].map(([, id = '', , state = '', where = '', tests = '']) => ({ id, state: state.trim(), where: where.trim(), tests: tests.trim() }));
const pathsIn = (cell: string): string[] => [...cell.matchAll(/`((?:apps|libs|agents|test|docs|policies|bundles|deploy|scripts)\/[^`*]+)`/g)].map(([, path = '']) => path);

describe('docs/coverage.md', () => {
  it('has each of the 328 items once, in order', () => {
    const wanted = Object.entries(TOTALS).flatMap(([section, count]) => Array.from({ length: count }, (_, index) => `${section}-${index + 1}`));
    expect(rows.map(({ id }) => id)).toEqual(wanted);
    expect(wanted).toHaveLength(328);
  });

  it('gives each a state that the page explains', () => {
    expect(rows.filter(({ state }) => !STATES.test(state))).toEqual([]);
    const cited = new Set([...text.matchAll(/\b[BC]-\d+\b/g)].map(([name]) => name));
    expect([...cited].filter((name) => !text.includes(`| ${name} |`))).toEqual([]);
  });

  it('names only files that exist', () => {
    expect(rows.flatMap(({ id, where, tests }) => pathsIn(where + tests).filter((path) => !existsSync(join(ROOT, path))).map((path) => `${id}: ${path}`))).toEqual([]);
  });

  it('calls nothing done, or begun, without a place and a test', () => {
    const begun = rows.filter(({ state }) => state === 'done' || state === 'first storey');
    expect(begun.filter(({ where }) => where === '').map(({ id }) => id)).toEqual([]);
    expect(begun.filter(({ tests }) => !pathsIn(tests).some((path) => path.endsWith('.spec.ts'))).map(({ id }) => id)).toEqual([]);
  });

  it('counts what it lists', () => {
    const kinds = [/^done$/, /^first storey$/, /issue 3/, /issue 4/, /issue 5/, /^answered/];
    const table = Object.fromEntries([...text.matchAll(/^\| (S\d|all) \|((?: \d+ \|){7})$/gm)].map(([, name = '', cells = '']) => [name, cells.split('|').map(Number).slice(0, 7)]));
    for (const name of [...Object.keys(TOTALS), 'all']) {
      const own = rows.filter(({ id }) => name === 'all' || id.startsWith(`${name}-`));
      expect([name, table[name]]).toEqual([name, [...kinds.map((kind) => own.filter(({ state }) => kind.test(state)).length), own.length]]);
    }
  });
});
