import { describe, it } from 'node:test';
import { readdirSync, readFileSync } from 'node:fs';
import { checklistOfWay, delegationSeeds, lacksOf, precedentSeedSchema, readYaml, wayOfWorkingSchema } from '@countersign/contracts';
import { expect } from 'expect';
import { platformFacts } from './platform-facts.js';
import { TABLES, type Table } from './tables.js';

const policies = new URL('../../../policies/', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, policies), 'utf8');
const ways = readdirSync(new URL('ways/', policies)).map((name) => readYaml(wayOfWorkingSchema, name, textOf(`ways/${name}`)));
const seed = readYaml(precedentSeedSchema, 'GEN-002', textOf('precedents/GEN-002.yaml'));
/** The table of rights with one right more. */
const with_ = (name: string, grants: Table['grants']): Table[] => TABLES.map((table) => (table.name === name ? { ...table, grants: { ...table.grants, ...grants } } : table));

describe('what the platform enforces, as facts', () => {
  it('bears out every claim of the ways of working that ship', () => {
    expect(ways.map(({ id }) => id)).toEqual(['helpdesk', 'manager']);
    expect(ways.flatMap((way) => lacksOf(checklistOfWay(way, platformFacts())))).toEqual([]);
  });

  it('takes a heading’s evidence away with one right more', () => {
    const broken = (tables: Table[]): string[] => ways.flatMap((way) => lacksOf(checklistOfWay(way, platformFacts(tables)))).map(({ subject, heading }) => `${subject} ${heading}`);
    expect(broken(with_('app.approval_decision', { 'manager-agent': 'SI' }))).toEqual(['manager scope']);
    expect(broken(with_('app.draft', { 'helpdesk-agent': 'S' }))).toEqual(['helpdesk interfaces']);
    expect(broken(with_('app.instance', { 'manager-agent': 'SU(state)' }))).toEqual(['manager containment']);
    expect(broken(TABLES.filter(({ name }) => name !== 'app.effect'))).toEqual(['helpdesk scope', 'manager scope']);
  });

  it('takes the precedent for delegation away from a platform where another could decide or perform', () => {
    expect(delegationSeeds([seed], platformFacts())).toEqual([seed]);
    expect(delegationSeeds([seed], platformFacts(with_('app.approval_decision', { 'manager-agent': 'SI' })))).toEqual([]);
    expect(delegationSeeds([seed], platformFacts(with_('app.effect', { fleet: 'SI' })))).toEqual([]);
  });
});
