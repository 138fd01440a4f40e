import { append, consistencyRanges, decisionReceiptText, EMPTY_FRONTIER, entryHash, entryLine, GENESIS_HASH, inclusionProof, noteSigner, originOf, plainHead, privateKeyOfSeed, rangeRoot, receiptText, rootOf, sha256, signCheckpoint, vkeyOf, type ExportEntry, type LeafRange } from '@countersign/audit';
import { expect } from 'expect';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { StandInGateway, type StandInAnswer, type StandInWord } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

const TEAM = '0190a000-0000-7000-8000-000000000001';
const OTHER = '0190a000-0000-7000-8000-000000000002';
const [KEY, THIEFS] = [privateKeyOfSeed(Buffer.alloc(32, 7)), privateKeyOfSeed(Buffer.alloc(32, 8))];
const SIZE = 12;

const signer = (team = TEAM, key = KEY) => noteSigner(originOf('test', team), key);
const VKEY = vkeyOf(signer());

/** A history: as it was, or with another word from `from` on. */
function chain(team = TEAM, from = SIZE): ExportEntry[] {
  const entries: ExportEntry[] = [];
  for (let seq = 0; seq < SIZE; seq += 1) {
    const payload = Buffer.from(`{"action":"GOAL-SUBMITTED","seq":"${seq}","service":"gateway","words":"${seq < from ? 'as it was' : 'as someone wants it'}"}`);
    const parts = { teamId: team, seq, atMs: 1_700_000_000_000 + seq, prevHash: entries.at(-1)?.entryHash ?? GENESIS_HASH, payloadHash: sha256(payload) };
    entries.push({ ...parts, entryHash: entryHash(parts), payload });
  }
  return entries;
}
const headOf = (entries: readonly ExportEntry[]) => ({ size: entries.length, root: rootOf(append(EMPTY_FRONTIER, entries.map((entry) => entry.entryHash))) });
const leavesOf = (entries: readonly ExportEntry[]) => ({ from, to }: LeafRange) => (to - from === 1 ? entries[from]!.entryHash : undefined);
const noteOf = (entries: readonly ExportEntry[], by = signer()) => signCheckpoint(headOf(entries), by);
const receiptOf = (entries: readonly ExportEntry[], index: number, note = noteOf(entries)) => receiptText({ line: entryLine(entries[index]!), index, path: inclusionProof(leavesOf(entries), index, entries.length), note });

let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'audit-'))));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** The command line as a person types it: exit code, what stdout got and what was said beside it. */
async function audit(...words: string[]): Promise<{ code: number; out: string; said: string }> {
  const [log, error] = [mock.method(console, 'log', () => undefined), mock.method(process.stderr, 'write', () => true)];
  try {
    const code = await runCommand(['audit', ...words]);
    return { code, out: log.mock.calls.map(({ arguments: [line] }) => `${String(line)}\n`).join(''), said: error.mock.calls.map(({ arguments: [chunk] }) => String(chunk)).join('') };
  } finally {
    log.mock.restore();
    error.mock.restore();
  }
}

describe('audit verify with a receipt, and no stack anywhere', () => {
  const genuine = receiptOf(chain(), 5);

  it('says what was written, when and by which service', async () => {
    const { code, out } = await audit('verify', file('entry.tlog-proof', genuine), '--vkey', VKEY);
    expect(code).toBe(0);
    expect(out).toMatch(/^verified\tyes\n/);
    expect(out).toContain(`team\t${TEAM}\nentry\tseq 5, under a signed head of 12\nwritten\t2023-11-14T22:13:20.005Z\naction\tGOAL-SUBMITTED\nwritten by\tgateway\n`);
    expect(JSON.parse((await audit('verify', file('entry', genuine), '--vkey', VKEY, '--json')).out)).toMatchObject({ ok: true, team: TEAM, seq: 5, size: 12, findings: [] });
  });

  it('refuses an altered one, one of another team and one that another key signed, by code', async () => {
    const cases: [string, string][] = [
      [genuine.replace('index 5', 'index 6'), 'seq 5: not_included'],
      [genuine.replace('@v1', '@v2'), 'line 1: malformed_line'],
      [genuine.slice(0, -10), 'malformed_line'],
      [genuine.replace(/\n\d+\n/, '\n13\n'), 'bad_signature'],
      [receiptOf(chain(OTHER), 5, noteOf(chain(OTHER), signer(OTHER))), 'foreign_team'],
      [receiptOf(chain(), 5, noteOf(chain(), signer(TEAM, THIEFS))), 'unknown_key'],
      [receiptOf(chain(TEAM, 3), 5, noteOf(chain())), 'seq 5: not_included'],
    ];
    for (const [text, finding] of cases) {
      const { code, out } = await audit('verify', file('bad.tlog-proof', text), '--vkey', VKEY);
      expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(`^verified\tNO\n[\\s\\S]*✗ ${finding}`) });
      expect(out).not.toContain('GOAL-SUBMITTED'); // nothing of it is told as if it were true
    }
  });

  it('checks the receipt of a decision by the key in it, and says so, or by one that is named', async () => {
    const decision = decisionReceiptText({ key: VKEY, proof: genuine, signature: null });
    const saved = file('one.receipt.json', decision);
    const own = await audit('verify', saved);
    expect([own.code, own.out]).toEqual([0, expect.stringMatching(/^verified\tyes\n.*\nproven\tGOAL-SUBMITTED was written\..*\nproven\tThat is entry 5 .*\nnot proven\tWhether the key of the record is the right one/)]);
    expect((await audit('verify', saved, '--vkey', VKEY)).out).not.toContain('Whether the key');
    expect(await audit('verify', saved, '--vkey', vkeyOf(signer(TEAM, THIEFS)))).toMatchObject({ code: 1, out: expect.stringMatching(/^verified\tNO\n[^]*\/key: unknown_key/) });
    expect(await audit('verify', file('other.receipt.json', decision.replace('index 5', 'index 6')))).toMatchObject({ code: 1, out: expect.stringMatching(/\/proof: seq 5: not_included/) });
  });

  it('asks for the key, and says what is wrong with one, a head or a file', async () => {
    const receipt = file('entry.tlog-proof', genuine);
    expect(await audit('verify', receipt)).toMatchObject({ code: 2, said: expect.stringMatching(/needs --vkey KEY \(key_missing\)[\s\S]*first line of an export/) });
    expect(await audit('verify', receipt, '--vkey', VKEY.replace('+', '-'))).toMatchObject({ code: 2, said: expect.stringContaining('malformed_key') });
    expect(await audit('verify', receipt, '--vkey', VKEY, '--head', plainHead(headOf(chain())))).toMatchObject({ code: 2, said: expect.stringContaining('--head is for a chain') });
    expect(await audit('verify', '--head', 'nowhere')).toMatchObject({ code: 2, said: expect.stringContaining('malformed_head') });
    expect(await audit('prove', '--seq', '1', '--head', plainHead(headOf(chain())))).toMatchObject({ code: 2, said: expect.stringContaining('one of --seq, --entry, --approval and --head') });
    expect(await audit('prove', '--seq', '-1')).toMatchObject({ code: 2 });
    expect(await audit('prove', '--head', plainHead(headOf(chain())))).toMatchObject({ code: 2, said: expect.stringContaining('key_missing') });
    expect(await audit('prove', '--head', file('head', noteOf(chain(), signer(TEAM, THIEFS))), '--vkey', VKEY)).toMatchObject({ code: 2, said: expect.stringContaining('unknown_key') });
    await expect(audit('verify', folder)).rejects.toThrow('there is no file');
    expect((await audit('verify', file('empty', ''))).code).toBe(1);
  });
});

describe('audit prove against a gateway that may lie', () => {
  let gateway: StandInGateway;
  let answer: (query: URLSearchParams) => StandInAnswer;
  const teams = { body: { items: [{ id: TEAM, name: 'Code care', bundleId: 'code-care', state: 'active' }], nextCursor: null } };
  before(async () => void (gateway = await StandInGateway.start((_, url) => (url.pathname === `/v1/audit/${TEAM}/proof` ? answer(url.searchParams) : teams))));
  after(() => gateway.stop());
  const prove = (...words: string[]) => audit('prove', '--url', gateway.url, ...words);

  const hex = (path: readonly Buffer[]): string[] => path.map((hash) => hash.toString('hex'));
  const entryView = (log: readonly ExportEntry[], index: number) => ({ body: { teamId: TEAM, size: SIZE, root: '', note: noteOf(log), index, entry: entryLine(log[index]!).trimEnd(), path: hex(inclusionProof(leavesOf(log), index, SIZE)) } });
  const headView = (log: readonly ExportEntry[], from: number, note = noteOf(log)) => ({ body: { teamId: TEAM, size: log.length, root: '', note, from, path: from > log.length ? [] : hex(consistencyRanges(from, log.length).map((range) => rangeRoot(range, leavesOf(log)))) } });
  const remembered = (size: number): string => plainHead(headOf(chain().slice(0, size)));

  it('writes a receipt of an entry, by place or id, that verifies', async () => {
    answer = (query) => {
      expect(Object.fromEntries(query)).toEqual(query.has('index') ? { index: '7', size: '12' } : { entryId: TEAM });
      return entryView(chain(), 7);
    };
    const out = join(folder, 'proved.tlog-proof');
    expect(await prove('--seq', '7', '--size', '12', '--out', out)).toMatchObject({ code: 0, said: expect.stringContaining('audit verify') });
    expect(await audit('verify', out, '--vkey', VKEY)).toMatchObject({ code: 0, out: expect.stringContaining('seq 7') });
    expect((await prove('--entry', TEAM)).out).toBe(receiptOf(chain(), 7));
  });

  it('writes none that the pinned key does not vouch for', async () => {
    answer = () => ({ body: { ...entryView(chain(TEAM, 3), 7).body, note: noteOf(chain()) } });
    expect(await prove('--seq', '7', '--vkey', VKEY)).toMatchObject({ code: 1, out: expect.stringMatching(/NO[\s\S]*not_included/) });
    answer = () => entryView(chain(), 8);
    for (const asked of [['--seq', '7'], ['--entry', TEAM]]) expect(await prove(...asked, '--vkey', VKEY)).toMatchObject({ code: 1, out: expect.stringMatching(/NO[\s\S]*not of the one that was asked for/) });
    expect(await prove('--seq', '8', '--vkey', VKEY)).toMatchObject({ code: 0, out: receiptOf(chain(), 8) });
  });

  it('accepts the chain that a remembered head is the beginning of', async () => {
    answer = (query) => headView(chain(), Number(query.get('from')));
    for (const size of [1, 8, SIZE]) expect(await prove('--head', remembered(size), '--vkey', VKEY)).toMatchObject({ code: 0, out: expect.stringMatching(/^verified\tyes\n/) });
    expect(await prove('--head', file('head.note', noteOf(chain().slice(0, 5))), '--vkey', VKEY)).toMatchObject({ code: 0, out: expect.stringContaining('remembered\t5:') });
  });

  it('names what a fork below the remembered head concerns, though its head is signed with the key', async () => {
    answer = () => headView(chain(TEAM, 3), 8);
    expect(await prove('--head', remembered(8), '--vkey', VKEY)).toMatchObject({ code: 1, out: expect.stringMatching(/^verified\tNO\n[\s\S]*✗ seq 0\.\.7: history_rewritten/) });
    const { code, out } = await prove('--head', remembered(8), '--vkey', VKEY, '--json');
    expect({ code, report: JSON.parse(out) as object }).toMatchObject({ code: 1, report: { ok: false, findings: [{ code: 'history_rewritten', seq: 0, toSeq: 7 }] } });
  });

  it('names a cut tail, another team\'s head and a head of another key', async () => {
    answer = () => headView(chain().slice(0, 9), 12);
    expect(await prove('--head', remembered(12), '--vkey', VKEY)).toMatchObject({ code: 1, out: expect.stringContaining('✗ seq 9..11: tail_cut') });
    answer = () => headView(chain(), 8, noteOf(chain(), signer(TEAM, THIEFS)));
    expect(await prove('--head', remembered(8), '--vkey', VKEY)).toMatchObject({ code: 1, out: expect.stringContaining('✗ unknown_key') });
    answer = () => headView(chain(OTHER), 8, noteOf(chain(OTHER), signer(OTHER)));
    expect(await prove('--head', remembered(8), '--vkey', VKEY)).toMatchObject({ code: 1, out: expect.stringContaining('✗ unknown_key') });
  });

  it('tells the gateway\'s refusal with its code', async () => {
    answer = () => ({ status: 409, body: { title: 'Conflict', status: 409, code: 'head_beyond_chain', detail: 'keep yours' } });
    expect(await prove('--head', remembered(8), '--vkey', VKEY)).toMatchObject({ code: 1, said: expect.stringMatching(/keep yours.*head_beyond_chain/) });
  });
});

describe('audit of a running team', () => {
  const LENGTH = 2_000;
  const team = { body: { items: [{ id: TEAM, name: 'Code care', bundleId: 'code-care', state: 'active' }], nextCursor: null } };
  let gateway: StandInGateway;
  let asked: number[];
  let signs: boolean;
  let exported: StandInWord;
  before(async () => {
    gateway = await StandInGateway.start((_, { pathname, searchParams }) => {
      if (pathname.endsWith('/export')) return exported;
      if (pathname.endsWith('/checkpoint')) return signs ? { body: { size: LENGTH - 1 } } : { status: 409, body: { title: 'no', status: 409, code: 'history_rewritten' } };
      if (!pathname.endsWith('/entries')) return team;
      const after = Number(searchParams.get('after'));
      asked.push(after);
      const count = Math.max(0, Math.min(Number(searchParams.get('limit')), LENGTH - 1 - after));
      return { body: { items: Array.from({ length: count }, (__, n) => ({ seq: after + 1 + n })), nextCursor: null } };
    });
  });
  beforeEach(() => void ([asked, signs] = [[], true]));
  after(() => gateway.stop());
  const tail = async (): Promise<number[]> => (await audit('tail', '--url', gateway.url, '--limit', '3')).out.trim().split('\n').map((line) => (JSON.parse(line) as { seq: number }).seq);

  it('shows the last entries without reading the others', async () => {
    expect(await tail()).toEqual([1997, 1998, 1999]);
    expect(Math.min(...asked)).toBe(LENGTH - 1 - 3 - 1);
  });

  it('shows them also where the notary signs nothing', async () => {
    signs = false;
    expect(await tail()).toEqual([1997, 1998, 1999]);
  });

  it('writes an export as it comes, and says of one that breaks off that it is not whole', async () => {
    const line = `${'x'.repeat(99)}\n`;
    exported = (response) => void response.end(line.repeat(5_000));
    const out = join(folder, 'export.ndjson');
    expect(await audit('export', '--url', gateway.url, '--out', out)).toMatchObject({ code: 0 });
    expect(statSync(out).size).toBe(500_000);
    exported = (response) => void response.writeHead(200).write(line, () => response.destroy());
    expect(await audit('export', '--url', gateway.url, '--out', out)).toMatchObject({ code: 1, said: expect.stringContaining('does not answer') });
    expect(existsSync(out)).toBe(false);
  });
});
