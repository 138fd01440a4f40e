import { CAPABILITY_DENY_CODES, WORKER_TOOL_NAMES } from '@countersign/contracts';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/tools.md'), 'utf8');
/** First column of the table that begins with this heading. */
const column = (heading: string): string[] => [...PAGE.split(`| ${heading} |`)[1]!.split('\n\n')[0]!.matchAll(/^\| `([^`]+)`/gm)].map(([, word]) => word!);

describe('the page about tools', () => {
  it('names every tool there is, in the order of the contract, and no other', () => {
    expect(column('Tool')).toEqual(WORKER_TOOL_NAMES);
  });

  it('names every tool for other programs, in the order in which it is served, and no other', () => {
    const served = readFileSync(resolve(import.meta.dirname, '../../../apps/cli/src/mcp/tools.ts'), 'utf8');
    const names = [...served.matchAll(/^ {2}tool\(\s*'([a-z_]+)'/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(8);
    expect(column('Program’s tool')).toEqual(names);
  });

  it('explains every code of a refusal, in the words of the contract', () => {
    expect(column('Code')).toEqual(Object.keys(CAPABILITY_DENY_CODES));
    for (const [code, meaning] of Object.entries(CAPABILITY_DENY_CODES)) expect(PAGE).toContain(`| \`${code}\` | ${meaning} |`);
  });
});
