import { ACTIONS } from '@countersign/audit';
import { allRoutes, messages } from '@countersign/contracts';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const text = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'docs/aliases.md'), 'utf8');
/** The last cell of each row, which is ours, of the tables below one heading. */
const ours = (heading: string): string[] => (text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '').split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|').at(-2)!);

describe('docs/aliases.md', () => {
  it('names subjects that messages have, and all kinds of them', () => {
    const subjects = messages().map(({ subject }) => subject);
    const heads = new Set(subjects.map((subject) => subject.split('.').slice(0, 3).join('.')));
    const named = ours('Subjects').flatMap((cell) => [...cell.matchAll(/`(team\.\{teamId\}\.[^`]+)`/g)].map(([, name = '']) => name));
    expect(named.filter((name) => (name.endsWith('.*') ? !heads.has(name.slice(0, -2)) : !subjects.includes(name)))).toEqual([]);
    for (const kind of ['draft_review', 'status_update', 'approvals']) {
      const row = ours('Subjects').find((cell) => cell.includes(`${kind}.*`))!;
      expect(subjects.filter((subject) => subject.split('.')[2] === kind && !row.includes(`\`${subject.split('.')[3]}\``))).toEqual([]);
    }
  });

  it('names entries that the record has, as ours alone', () => {
    const known = (name: string): boolean => name in ACTIONS || (name.endsWith('-…') && Object.keys(ACTIONS).some((action) => action.startsWith(name.slice(0, -1))));
    const names = (cell: string): string[] => [...cell.matchAll(/`([A-Z]+(?:-[A-Z]+)*-(?:[A-Z]+|…))`/g)].map(([, name = '']) => name);
    expect([...ours('Subjects'), ...ours('Entries'), ...ours('Words')].flatMap(names).filter((name) => !known(name))).toEqual([]);
    const section = text.split(/^## /m).find((part) => part.startsWith('Entries'))!;
    const others = section.split('\n').filter((line) => line.startsWith('| `')).flatMap((line) => names(line.split('|')[1]!));
    expect([others.length > 10, others.filter((name) => name in ACTIONS)]).toEqual([true, []]);
    expect(names(section.split('\n').find((line) => line.startsWith('`TEAM-CREATED`'))!).filter((name) => !known(name))).toEqual([]);
  });

  it('names routes that are served', () => {
    const served = allRoutes().map(([, { path }]) => path.replaceAll(/:(\w+)/g, '{$1}'));
    const named = [...text.matchAll(/(?:GET )?(\/v1\/[^`)]+)`/g)].map(([, path = '']) => path);
    expect([named.length > 2, named.filter((path) => !served.includes(path))]).toEqual([true, []]);
  });
});
