import { expect } from 'expect';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import type { BundleDraftView } from '@countersign/contracts';
import { StandInGateway, type StandInWord } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

const SHIPPED = readFileSync(new URL('../../../../bundles/digital-marketing.yaml', import.meta.url), 'utf8');
const SHA256 = 'a'.repeat(64);
const missing = { status: 404, body: { code: 'not_found', title: 'not found', status: 404 } };

describe('a bundle from one file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'bundle-')), 'digital-marketing.yaml');
  let gateway: StandInGateway;
  let asked: [string, string][];
  let text: string | undefined;
  let refusal: StandInWord | undefined;
  let found: Pick<BundleDraftView, 'faults' | 'changes'>;
  const view = (): object => ({ id: 'digital-marketing', text, sha256: SHA256, replaces: 1, reviewed: false, document: null, rights: [], quote: null, ...found });
  const published = (body: string): object => ({ id: 'digital-marketing', version: (JSON.parse(body) as { version?: number }).version === undefined ? 2 : 3, sha256: SHA256 });

  before(async () => {
    gateway = await StandInGateway.start((method, { pathname }, { body }): StandInWord => {
      const path = pathname.replace('/v1/bundles', '').replace('/digital-marketing', '');
      if (refusal) return refusal;
      if (path === '/draft' && method === 'GET') return text === undefined ? missing : { body: view() };
      asked.push([`${method} ${path}`, body]);
      if (path === '' || path === '/draft') text = (JSON.parse(body) as { text: string }).text;
      return { body: path === '/publish' || path === '/rollback' ? published(body) : view() };
    });
  });
  after(() => gateway.stop());
  beforeEach(() => {
    [asked, text, refusal, found] = [[], undefined, undefined, { faults: [], changes: [{ aspect: 'approvals', weight: 'narrower', words: 'Risk tier 2, 1 before' }] }];
  });

  /** As a person types it: exit code, and what stands on standard output. */
  async function bundle(...words: string[]): Promise<{ code: number; lines: string[] }> {
    const out = mock.method(console, 'log', () => undefined);
    const said = mock.method(process.stderr, 'write', () => true);
    try {
      const code = await runCommand(['bundle', ...words, '--url', gateway.url]);
      return { code, lines: out.mock.calls.map(({ arguments: [line] }) => String(line)) };
    } finally {
      out.mock.restore();
      said.mock.restore();
    }
  }
  const steps = (): string[] => asked.map(([step]) => step);

  const twoFaults = SHIPPED.replace('tier: 1', 'tier: 9').replace('name: Sona', 'name: Kavi');
  const lineOf = (words: string): number => SHIPPED.split('\n').findIndex((each) => each.includes(words)) + 1;
  const ownLines = [expect.stringContaining(`${file}:${lineOf('name: Sona')}:13 unique-name: `), expect.stringContaining(`${file}:${lineOf('  tier: 1')}:9 maximum: `)];

  it('with mistakes of its own is told at their lines together with what the platform says, each once and from the top, and goes no further', async () => {
    writeFileSync(file, twoFaults);
    found = { faults: [{ line: lineOf('  tier: 1'), column: 9, pointer: '/approvals/tier', rule: 'maximum', message: 'is too large' }, { line: 9, column: 10, pointer: '/version', rule: 'next-version', message: 'the next is 2' }], changes: [] };
    expect(await bundle('apply', file, '--publish', 'now')).toEqual({ code: 1, lines: [`${file}:9:10 next-version: the next is 2`, ...ownLines] });
    expect(steps()).toEqual(['POST ']);
    expect(JSON.parse((await bundle('apply', file, '--json')).lines.join('\n')).faults.map(({ rule }: { rule: string }) => rule)).toEqual(['next-version', 'unique-name', 'maximum']);
  });

  it('is told its own mistakes also where the platform does not answer, or cannot be asked of which bundle it is', async () => {
    writeFileSync(file, twoFaults);
    refusal = { status: 403, body: { code: 'forbidden', title: 'forbidden', status: 403 } };
    expect(await bundle('apply', file)).toEqual({ code: 3, lines: ownLines });
    writeFileSync(file, SHIPPED.replace('id: digital-marketing', 'id: Digital Marketing'));
    const { code, lines } = await bundle('apply', file);
    expect([code, lines]).toEqual([1, [expect.stringContaining(`${file}:${lineOf('id: digital-marketing')}:5 pattern: `)]]);
    expect((await bundle('apply', `${file}.gone`)).code).toBe(4);
    expect(steps()).toEqual([]);
  });

  it('that the platform does not allow is a draft, told at its lines, and goes no further', async () => {
    writeFileSync(file, SHIPPED);
    found = { faults: [{ line: 9, column: 10, pointer: '/version', rule: 'next-version', message: 'the next is 2' }], changes: [] };
    expect(await bundle('apply', file, '--publish', 'now')).toEqual({ code: 1, lines: [`${file}:9:10 next-version: the next is 2`] });
    expect(steps()).toEqual(['POST ']);
  });

  it('becomes the draft, and is published only when that was asked for: first reviewed, with the reason', async () => {
    writeFileSync(file, SHIPPED);
    expect(await bundle('apply', file)).toEqual({ code: 0, lines: [expect.stringContaining('approvals\tRisk tier 2, 1 before')] });
    expect(steps()).toEqual(['POST ']);
    writeFileSync(file, `${SHIPPED}# another\n`);
    expect((await bundle('apply', file, '--publish', 'ask for more')).lines.at(-1)).toBe(`digital-marketing\t2\t${SHA256}`);
    expect(steps()).toEqual(['POST ', 'PUT /draft', 'POST /review', 'POST /publish']);
    expect(JSON.parse(asked.at(-1)![1])).toEqual({ comment: 'ask for more' });
  });

  it('is taken back by version, and no step goes without its reason', async () => {
    expect(await bundle('rollback', 'digital-marketing', '--to', '1', '--reason', 'too strict')).toEqual({ code: 0, lines: [`digital-marketing\t3\t${SHA256}`] });
    expect(asked).toEqual([['POST /rollback', JSON.stringify({ version: 1, reason: 'too strict' })]]);
    expect([(await bundle('rollback', 'digital-marketing', '--to', '1')).code, (await bundle('publish', 'digital-marketing')).code]).toEqual([2, 2]);
    expect((await bundle('drop', 'digital-marketing')).code).toBe(4);
  });
});
