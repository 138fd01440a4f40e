import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { expect } from 'expect';

import { signCheckpoint } from './checkpoint.js';
import { MalformedKeyError } from './errors.js';
import { entryLine, type ExportEntry } from './export.js';
import type { FindingCode } from './finding.js';
import { canonicalJson } from './json.js';
import { noteSigner } from './note.js';
import { isReceipt, receiptText, verifyReceipt } from './receipt.js';
import { checkRemembered } from './remembered.js';
import { chain, checkpoint, entryAfter, headOf, KEY, OTHER_TEAM, otherPayload, rechained, TEAM, THIEFS_KEY, vkey } from './spec-support/log.js';
import { receiptVerdict, VERIFY_MJS } from './spec-support/second-opinion.js';
import { consistencyProof, inclusionProof, type KnownHashes } from './tree.js';

const leavesOf = (entries: readonly ExportEntry[]): KnownHashes => ({ from, to }) => (to - from === 1 ? entries[from]!.entryHash : undefined);
const SIZE = 21;
const entries = chain(SIZE);

/** A receipt of the entry at `index` under a head of `size`, as the product writes it; `changed` is what an attacker writes instead. */
const receiptOf = (log: readonly ExportEntry[], index: number, size: number, changed: { line?: string; index?: number; note?: string; path?: Buffer[] } = {}): string =>
  receiptText({ line: entryLine(log[index]!), index, path: inclusionProof(leavesOf(log), index, size), note: checkpoint(log, size), ...changed });

const refusal = async (text: string, key = vkey()): Promise<FindingCode | 'ok'> => (await receiptVerdict(text, key)).code;

describe('a receipt', () => {
  it('is a tlog-proof with the entry as its extra data, and proves that entry to somebody who has the key and nothing else', async () => {
    for (const [index, size] of [[0, 1], [0, 2], [1, 2], [6, 7], [20, 21], [3, 21]] as const) {
      const text = receiptOf(entries, index, size);
      expect(text).toMatch(/^c2sp\.org\/tlog-proof@v1\nextra [A-Za-z0-9+/]+=*\nindex \d+\n([A-Za-z0-9+/]{43}=\n)*\naudit\.countersign\/test\/team\/\S+\n\d+\n[A-Za-z0-9+/]{43}=\n\n— \S+ \S+\n$/);
      expect(await receiptVerdict(text, vkey())).toEqual({ code: 'ok', seq: index, size });
      expect(await verifyReceipt(text, vkey())).toMatchObject({ ok: true, team: TEAM, seq: index, size, atMs: entries[index]!.atMs, payload: { seq: String(index) }, findings: [] });
    }
    expect(isReceipt(receiptOf(entries, 0, 1))).toBe(true);
  });

  it('proves a place whose payload retention has pruned, and payloads that are hard to write', async () => {
    const pruned = entries.map((entry) => ({ ...entry, payload: null }));
    expect(await verifyReceipt(receiptOf(pruned, 4, 9), vkey())).toMatchObject({ ok: true, seq: 4, payload: null });
    const odd = [Buffer.from([0xff, 0x00]), Buffer.from('no json'), canonicalJson({ words: 'a\u2028b "ü" 漢\u0001' })].reduce<ExportEntry[]>((log, payload) => [...log, entryAfter(log.at(-1), payload)], []);
    for (const index of odd.keys()) expect(await refusal(receiptOf(odd, index, 3))).toBe('ok');
  });

  it('is refused by both verifiers with any one byte altered, left out or put in', async () => {
    const genuine = Buffer.from(receiptOf(entries, 13, SIZE));
    for (let at = 0; at < genuine.length; at += 1) {
      const altered = Buffer.from(genuine);
      altered[at]! ^= 1 << (at % 8);
      const changed = [altered, Buffer.concat([genuine.subarray(0, at), genuine.subarray(at + 1)]), Buffer.concat([genuine.subarray(0, at), Buffer.from('A'), genuine.subarray(at)])];
      for (const bytes of changed) {
        if (bytes.equals(genuine)) continue;
        if ((await refusal(bytes.toString('utf8'))) === 'ok') throw new Error(`accepted with a change at byte ${at}: ${JSON.stringify(bytes.toString('utf8').slice(Math.max(0, at - 20), at + 20))}`);
      }
    }
    for (const end of ['\n', ' ', '\n\n', 'x']) expect(await refusal(`${genuine}${end}`)).not.toBe('ok');
    expect(await refusal(genuine.toString().replaceAll('\n', '\r\n'))).not.toBe('ok');
  });

  it('of another team is refused, also when its parts are put together with a head of this one', async () => {
    const others = chain(SIZE, OTHER_TEAM);
    const theirs = receiptOf(others, 3, SIZE, { note: checkpoint(others, SIZE, OTHER_TEAM) });
    expect((await verifyReceipt(theirs, vkey(OTHER_TEAM))).ok).toBe(true);
    expect(await receiptVerdict(theirs, vkey())).toMatchObject({ code: 'foreign_team' });
    expect(await refusal(receiptOf(others, 3, SIZE, { note: checkpoint(entries, SIZE) }))).toBe('entry_edited');
    expect(await refusal(receiptOf(others, 3, SIZE, { note: checkpoint(others, SIZE) }))).toBe('entry_edited'); // a head of this log over their entries: the leaf names its team
  });

  it('whose head another key signed is refused, under its own name or that of the log', async () => {
    const thiefs = checkpoint(entries, SIZE, TEAM, THIEFS_KEY);
    expect(await refusal(receiptOf(entries, 3, SIZE, { note: thiefs }))).toBe('unknown_key');
    const genuine = checkpoint(entries, SIZE);
    const [id, signature] = [genuine, thiefs].map((note) => Buffer.from(note.trimEnd().split(' ').at(-1)!, 'base64'));
    const disguised = genuine.replace(id!.toString('base64'), Buffer.concat([id!.subarray(0, 4), signature!.subarray(4)]).toString('base64'));
    expect(await refusal(receiptOf(entries, 3, SIZE, { note: disguised }))).toBe('bad_signature');
    expect(await refusal(receiptOf(entries, 3, SIZE, { note: signCheckpoint(headOf(entries), noteSigner('audit.countersign/test/team', KEY)) }))).toBe('foreign_team');
  });

  it('of something that was never written, or stands elsewhere, is refused', async () => {
    const edited = { ...entries[5]!, payload: otherPayload(entries[5]!) };
    expect(await refusal(receiptOf(entries, 5, SIZE, { line: entryLine(edited) }))).toBe('payload_edited');
    const [, , , , , forged] = rechained(entries.map((entry) => (entry.seq === 5 ? edited : entry)));
    expect(await refusal(receiptOf(entries, 5, SIZE, { line: entryLine(forged!) }))).toBe('not_included');
    expect(await refusal(receiptOf(entries, 5, SIZE, { line: entryLine(entries[6]!) }))).toBe('not_included');
    expect(await refusal(receiptOf(entries, 5, SIZE, { index: 6 }))).toBe('not_included');
    expect(await refusal(receiptOf(entries, 5, SIZE, { note: checkpoint(entries, SIZE - 1) }))).toBe('not_included');
    expect(await refusal(receiptOf(entries, 20, SIZE, { note: checkpoint(entries, 20) }))).toBe('not_included');
    expect(await refusal(receiptOf(entries, 5, SIZE, { path: [] }))).toBe('not_included');
  });

  it('names the line where it does not follow the form', async () => {
    const genuine = receiptOf(entries, 5, SIZE);
    const line = (text: string) => receiptVerdict(text, vkey());
    expect(await line('')).toMatchObject({ code: 'malformed_line', line: 1 });
    expect(await line('{"type":"header"}\n')).toMatchObject({ code: 'malformed_line', line: 1 });
    expect(await line(genuine.replace('@v1', '@v2'))).toMatchObject({ code: 'malformed_line', line: 1 });
    expect(await line(genuine.replace(/extra .*\n/, ''))).toMatchObject({ code: 'malformed_line', line: 2 });
    expect(await line(genuine.replace('index 5', 'index 05'))).toMatchObject({ code: 'malformed_line', line: 3 });
    expect(await line(genuine.replace(/(index 5\n)/, '$1AAAA\n'))).toMatchObject({ code: 'malformed_line', line: 4 });
    for (const said of ['{ "type"', '{"approved":true,"type"']) expect(await line(receiptOf(entries, 5, SIZE, { line: entryLine(entries[5]!).replace('{"type"', said) }))).toMatchObject({ code: 'malformed_line', line: 2 }); // what no hash covers
    await expect(verifyReceipt(genuine, 'no key')).rejects.toThrow(MalformedKeyError);
  });
});

describe('a head that somebody remembers', () => {
  const pathOf = (log: readonly ExportEntry[], from: number, to: number) => consistencyProof(leavesOf(log), from, to);

  it('is the beginning of every later one of its chain', () => {
    for (const from of [1, 8, 13, SIZE]) expect(checkRemembered(headOf(entries.slice(0, from)), headOf(entries), pathOf(entries, from, SIZE))).toBeUndefined();
  });

  it('names what it covers when history was rewritten below it, even by somebody who signs anew', () => {
    const fork = rechained(entries.map((entry) => (entry.seq === 3 ? { ...entry, payload: otherPayload(entry) } : entry)));
    for (const path of [pathOf(fork, 12, SIZE), pathOf(entries, 12, SIZE), []]) {
      expect(checkRemembered(headOf(entries.slice(0, 12)), headOf(fork), path)).toMatchObject({ code: 'history_rewritten', seq: 0, toSeq: 11 });
    }
    expect(checkRemembered(headOf(entries.slice(0, 3)), headOf(fork), pathOf(fork, 3, SIZE))).toBeUndefined(); // what comes before the fork is as it was
  });

  it('names what is missing when the tail was cut', () => {
    expect(checkRemembered(headOf(entries), headOf(entries.slice(0, 9)), [])).toMatchObject({ code: 'tail_cut', seq: 9, toSeq: SIZE - 1 });
  });
});

describe('verify.mjs with a receipt', () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'receipt-'))));
  after(() => rm(folder, { recursive: true }));

  const run = (args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((done) => execFile(process.execPath, [VERIFY_MJS, ...args], (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stdout, stderr })));

  it('says what was written, or what is wrong, and asks for the key', async () => {
    const file = join(folder, 'entry'); // known by what it begins with, not by its name
    await writeFile(file, receiptOf(entries, 5, SIZE));
    expect(await run([file, '--vkey', vkey()])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^OK: entry 5 of team \S+ under the signed head of size 21\n\{.*"seq":"5"/) });
    expect(await run([file, '--vkey', vkey(OTHER_TEAM)])).toMatchObject({ code: 1, stdout: expect.stringContaining('foreign_team') });
    const { stdout } = await run([file, '--vkey', vkey(), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, team: TEAM, seq: 5, size: SIZE, findings: [] });
    expect(await run([file])).toMatchObject({ code: 2, stderr: expect.stringContaining('--vkey') });
  });
});
