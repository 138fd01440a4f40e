import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { expect } from 'expect';

import { signCheckpoint } from './checkpoint.js';
import { entryLine, type ExportEntry } from './export.js';
import { describeFinding } from './finding.js';
import { canonicalJson } from './json.js';
import { sha256 } from './leaf.js';
import { noteSigner } from './note.js';
import { originOf } from './origin.js';
import { chain, checkpoint, entryAfter, headOf, lines, OTHER_TEAM, otherPayload, random, rechained, TEAM, THIEFS_KEY, vkey } from './spec-support/log.js';
import { secondVerifierSource, verdict, VERIFY_MJS } from './spec-support/second-opinion.js';
import { verifyExport, verifyExportFile } from './verify-export.js';

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

const made = new Map<number, { entries: ExportEntry[]; notes: string[] }>();

/** A log of 8 to 47 entries, a place in its middle, and signed heads right before, right after that place and at the end. Signed once, handed out as copies. */
function logOf(seed: number) {
  const pick = random(seed);
  const length = 8 + pick(40);
  const at = 4 + pick(length - 6);
  const log = made.get(seed) ?? signedLog(length, at);
  made.set(seed, log);
  return { entries: [...log.entries], notes: [...log.notes], at, pick };
}

function signedLog(length: number, at: number) {
  const entries = chain(length);
  return { entries, notes: [at, at + 1, length].map((size) => checkpoint(entries, size)) };
}

const renumbered = (entries: readonly ExportEntry[]): ExportEntry[] => entries.map((entry, seq) => ({ ...entry, seq }));

describe('an export as it was written', () => {
  it('is found in order by both verifiers, at every size, with the key pinned or not', async () => {
    for (const size of [1, 2, 3, 7, 8, 9, 64, 65]) {
      const entries = chain(size);
      expect(await verdict(lines(entries, [checkpoint(entries, size)]), { vkey: vkey() })).toMatchObject({ code: 'ok' });
      expect(await verdict(lines(entries, [checkpoint(entries, 1), checkpoint(entries, size)]))).toMatchObject({ code: 'ok' });
    }
  });

  it('says how much is covered, what was pruned, who wrote the rest, and whether the key was pinned', async () => {
    const entries = chain(6).map((entry) => (entry.seq < 2 ? { ...entry, payload: null } : entry));
    const report = await verifyExport(lines(entries, [checkpoint(entries, 4)]));
    expect(report).toMatchObject({ ok: true, team: TEAM, entries: 6, checkpoints: 1, coveredSize: 4, prunedPayloads: 2, services: { fleet: 2, 'manager-agent': 2 }, keyPinned: false, findings: [] });
  });

  it('shows payloads that name no service as such', async () => {
    const entries = chain(1);
    for (const payload of ['{"service":7}', '{}', '[]', 'no json']) entries.push(entryAfter(entries.at(-1), Buffer.from(payload)));
    const written = lines(entries, [checkpoint(entries, 5)]);
    expect(await verdict(written)).toMatchObject({ code: 'ok' });
    expect((await verifyExport(written)).services).toEqual({ '?': 4, 'manager-agent': 1 });
  });

  it('carries payloads that are not UTF-8 byte for byte', async () => {
    const entries = chain(1);
    entries.push(entryAfter(entries[0], Buffer.from([0x80, 0xff])));
    const written = lines(entries, [checkpoint(entries, 2)]);
    expect(written[2]).toContain('payload_base64');
    expect(await verdict(written)).toMatchObject({ code: 'ok' });
  });

  it('is not verified when nothing signed covers it', async () => {
    expect(await verdict(lines(chain(3), []))).toMatchObject({ code: 'no_checkpoint' });
    expect(await verdict(lines([], []))).toMatchObject({ code: 'no_checkpoint' });
  });
});

describe('the eight attacks of someone who can write anything into the database, on fifty random logs', () => {
  const attack = (title: string, tamper: (log: ReturnType<typeof logOf>) => { lines: string[]; heads?: string[]; code: string; seq: number }) => {
    void it(title, async () => {
      for (const seed of SEEDS) {
        const { lines: tampered, heads, code, seq } = tamper(logOf(seed));
        const found = await verdict(tampered, { vkey: vkey(), ...(heads === undefined ? {} : { heads }) });
        expect({ seed, code: found.code, seq: found.seq }).toEqual({ seed, code, seq });
      }
    });
  };

  attack('an edited payload is named', ({ entries, notes, at }) => {
    entries[at] = { ...entries[at]!, payload: otherPayload(entries[at]!) };
    return { lines: lines(entries, notes), code: 'payload_edited', seq: at };
  });

  attack('an edited payload with everything after it hashed again does not fit the signed heads', ({ entries, notes, at }) => {
    entries[at] = { ...entries[at]!, payload: otherPayload(entries[at]!) };
    return { lines: lines(rechained(entries), notes), code: 'history_rewritten', seq: at };
  });

  attack('a deleted entry with the rest renumbered and hashed again does not fit the signed heads', ({ entries, notes, at }) => {
    entries.splice(at, 1);
    return { lines: lines(rechained(entries), notes), code: 'history_rewritten', seq: at };
  });

  attack('two entries exchanged and hashed again do not fit the signed heads', ({ entries, notes, at }) => {
    [entries[at], entries[at + 1]] = [entries[at + 1]!, entries[at]!];
    const inTime = rechained(entries.map((entry, seq) => ({ ...entry, atMs: 1_700_000_000_000 + seq * 10 })));
    return { lines: lines(inTime, notes), code: 'history_rewritten', seq: at };
  });

  attack('a back-dated entry put in, with the rest hashed again, does not fit the signed heads', ({ entries, notes, at }) => {
    entries.splice(at, 0, entryAfter(entries[at - 1], otherPayload(entries[at]!)));
    const later = entries.map((entry, seq) => ({ ...entry, atMs: 1_700_000_000_000 + seq * 10 }));
    return { lines: lines(rechained(later), notes), code: 'history_rewritten', seq: at };
  });

  attack('a tail cut off while its signed head stays is named', ({ entries, notes, at }) => ({ lines: lines(entries.slice(0, at), notes), code: 'tail_cut', seq: at }));

  attack('a tail cut off together with its heads is named by a head seen earlier', ({ entries, notes, at }) => {
    const seen = notes.at(-1)!;
    return { lines: lines(entries.slice(0, at), notes.slice(0, 1)), heads: [seen], code: 'tail_cut', seq: at };
  });

  attack('a history rewritten, grown and signed anew with the stolen key is named by a head seen earlier', ({ entries, notes, at }) => {
    const seen = notes.at(-1)!;
    const forged = chain(entries.length + 3).map((entry) => (entry.seq < at ? entry : { ...entry, payload: otherPayload(entry) }));
    const again = rechained(forged);
    const heads = [entries.length - 1, again.length].map((size) => checkpoint(again, size));
    return { lines: lines(again, heads), heads: [seen], code: 'history_rewritten', seq: entries.length - 1 };
  });
});

describe('clumsier tampering, with hashes left as they were', () => {
  const caught = async (entries: readonly ExportEntry[], notes: readonly string[], code: string, seq: number) => expect(await verdict(lines(entries, notes))).toMatchObject({ code, seq });

  it('names an edited row, whichever of its fields was edited', async () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { entries, notes, at } = logOf(seed);
      const entry = entries[at]!;
      const other = otherPayload(entry);
      for (const edit of [{ atMs: entry.atMs + 1 }, { payload: other, payloadHash: sha256(other) }, { prevHash: sha256(other) }, { entryHash: sha256(other) }])
        await caught(entries.with(at, { ...entry, ...edit }), notes, 'entry_edited', at);
    }
  });

  it('names a deleted entry, with or without the rest renumbered', async () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { entries, notes, at, pick } = logOf(seed);
      entries.splice(at, 1 + pick(2));
      await caught(entries, notes, 'deleted', at);
      await caught(renumbered(entries), notes, 'deleted', at);
    }
    const { entries, notes } = logOf(0);
    await caught(entries.slice(2), notes, 'deleted', 0);
  });

  it('names entries in the wrong order, near each other or far apart, as lines or as numbers', async () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { entries, notes, at, pick } = logOf(seed);
      const with_ = at + 1 + pick(entries.length - at - 1);
      [entries[at], entries[with_]] = [entries[with_]!, entries[at]!];
      await caught(entries, notes, 'reordered', at);
      await caught(renumbered(entries), notes, 'reordered', at);
    }
  });

  it('names an entry put in: well linked, badly linked, or a copy', async () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { entries, notes, at } = logOf(seed);
      const linked = entryAfter(entries[at - 1], otherPayload(entries[at]!));
      const unlinked = { ...linked, prevHash: sha256(Buffer.from('nowhere')) };
      for (const extra of [linked, unlinked, { ...linked, entryHash: sha256(Buffer.from('no hash')) }]) {
        await caught(entries.toSpliced(at, 0, extra), notes, 'inserted', at);
        await caught(renumbered(entries.toSpliced(at, 0, extra)), notes, 'inserted', at);
      }
      await caught(entries.toSpliced(at + 1, 0, entries[at]!), notes, 'inserted', at);
    }
  });

  it('names an entry copied from another team, and a chain shown as another team’s', async () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const { entries, notes, at } = logOf(seed);
      const foreign = rechained(chain(at + 1, OTHER_TEAM), OTHER_TEAM)[at]!;
      const named = entryAfter(chain(at, OTHER_TEAM).at(-1), Buffer.from(`{"team_id":"${OTHER_TEAM}"}`), OTHER_TEAM);
      await caught(entries.with(at, named), notes, 'foreign_team', at);
      expect((await verdict(lines(entries.with(at, foreign), notes))).code).not.toBe('ok');
      expect(await verdict(lines(entries, notes, OTHER_TEAM))).toMatchObject({ code: 'foreign_team', seq: 0 });
    }
  });

  it('names an entry that is older than the one before it', async () => {
    const entries = chain(5);
    entries[3] = { ...entries[3]!, atMs: entries[2]!.atMs - 1 };
    const again = rechained(entries);
    await caught(again, [checkpoint(again, 5)], 'time_backwards', 3);
  });

  it('names every payload that was edited, not only the first', async () => {
    const entries = chain(9).map((entry) => (entry.seq % 3 === 0 ? { ...entry, payload: otherPayload(entry) } : entry));
    const report = await verifyExport(lines(entries, [checkpoint(chain(9), 9)]));
    expect(report.findings.map(describeFinding)).toEqual([0, 3, 6].map((seq) => `seq ${seq}: payload_edited: the payload does not hash to its payload hash`));
  });
});

describe('the heads of an export', () => {
  const entries = chain(6);

  it('are refused from another key, with a bent signature, of another team, or unreadable', async () => {
    const stolen = signCheckpoint(headOf(entries), noteSigner(originOf('test', TEAM), THIEFS_KEY));
    expect(await verdict(lines(entries, [stolen]))).toMatchObject({ code: 'unknown_key', line: 8 });
    const good = checkpoint(entries, 6);
    const bent = `${good.slice(0, -30)}${good.at(-30) === 'A' ? 'B' : 'A'}${good.slice(-29)}`;
    expect(await verdict(lines(entries, [bent]))).toMatchObject({ code: 'bad_signature', line: 8 });
    expect(await verdict(lines(entries, [good.replace('\n6\n', '\n5\n')]))).toMatchObject({ code: 'bad_signature', line: 8 });
    expect(await verdict(lines(entries, [checkpoint(entries, 6, OTHER_TEAM)]))).toMatchObject({ code: 'foreign_team', line: 8 });
    expect(await verdict(lines(entries, ['not a note']))).toMatchObject({ code: 'malformed_line', line: 8 });
  });

  it('do not count when the pinned key is another one, even if the export brings its own', async () => {
    const forged = lines(entries, [signCheckpoint(headOf(entries), noteSigner(originOf('test', TEAM), THIEFS_KEY))]);
    forged[0] = forged[0]!.replace(vkey(), vkey(TEAM, THIEFS_KEY));
    expect(await verdict(forged)).toMatchObject({ code: 'ok' });
    expect(await verdict(forged, { vkey: vkey() })).toMatchObject({ code: 'unknown_key' });
    expect(await verdict(forged, { vkey: vkey(OTHER_TEAM) })).toMatchObject({ code: 'unknown_key', line: 1 });
  });

  it('can be given by size and root, and a mistyped one is an error of the reader', async () => {
    const { size, root } = headOf(entries);
    expect(await verdict(lines(entries, []), { heads: [`${size}:${root.toString('base64')}`] })).toMatchObject({ code: 'ok' });
    expect(await verdict(lines(entries.slice(0, 5), []), { heads: [`${size}:${root.toString('base64')}`] })).toMatchObject({ code: 'tail_cut', seq: 5 });
    await expect(verifyExport(lines(entries, []), { heads: ['6'] })).rejects.toThrow(/size:base64root/);
    await expect(verifyExport(lines(entries, []), { vkey: 'no key' })).rejects.toThrow(/vkey/);
  });

  it('of one size with two roots cannot both fit', async () => {
    const other = rechained(entries.map((entry) => ({ ...entry, payload: otherPayload(entry) })));
    expect(await verdict(lines(entries, [checkpoint(entries, 6), checkpoint(other, 6)]), { vkey: vkey() })).toMatchObject({ code: 'history_rewritten' });
  });
});

describe('a file that is not an export, or not one any more', () => {
  const entries = chain(4);
  const sound = lines(entries, [checkpoint(entries, 4)]);

  it('is named by line, and what follows is still checked', async () => {
    for (const garbage of ['', '{', '[]', '"text"', 'null', '{"type":"entry"}', '{"type":"other"}', sound[2]!.replace('"seq":1', '"seq":-1'), sound[2]!.replace('"seq":1', '"seq":"1"'), sound[2]!.slice(0, -9)])
      expect(await verdict(sound.with(2, garbage))).toMatchObject({ code: 'malformed_line', line: 3, seq: 1 });
    expect(await verdict(sound.toSpliced(5, 0, 'garbage'))).toMatchObject({ code: 'malformed_line', line: 6 });
    expect(await verdict([...sound, 'garbage'])).toMatchObject({ code: 'malformed_line', line: 7 });
    expect(await verdict([...sound, entryLine(entries[0]!).trimEnd()])).toMatchObject({ code: 'malformed_line', line: 7 });
  });

  it('without a header it can read is not looked into', async () => {
    for (const first of ['', '{}', sound[1]!, sound[0]!.replace('"version":1', '"version":2'), sound[0]!.replace(TEAM, 'team-1')]) expect(await verdict([first, ...sound.slice(1)])).toMatchObject({ code: 'malformed_line', line: 1 });
    expect(await verdict([])).toMatchObject({ code: 'malformed_line', line: 1 });
    expect(await verdict(sound.with(0, sound[0]!.replace(/"vkey":"[^"]*"/, '"vkey":"none"')))).toMatchObject({ code: 'unknown_key', line: 1 });
  });

  it('never verifies with any one line lost, doubled or exchanged with its neighbour', async () => {
    for (let at = 1; at < sound.length; at += 1) {
      expect((await verdict(sound.toSpliced(at, 1))).code).not.toBe('ok');
      if (at < 5) expect((await verdict(sound.toSpliced(at, 0, sound[at]!))).code).not.toBe('ok');
      if (at < 5) expect((await verdict(sound.with(at, sound[at + 1]!).with(at + 1, sound[at]!))).code).not.toBe('ok');
    }
  });
});

describe('whatever is done to the text of an export', () => {
  it('both verifiers say the same, and neither says that all is well', async () => {
    for (let seed = 0; seed < 400; seed += 1) {
      const { entries, notes } = logOf(seed % SEEDS.length);
      const pick = random(1_000 + seed);
      const written = lines(entries, notes);
      for (let blows = 1 + pick(3); blows > 0; blows -= 1) strike(written, pick);
      const { code } = await verdict(written);
      if (written.join() !== lines(entries, notes).join()) expect({ seed, code }).not.toEqual({ seed, code: 'ok' });
    }
  });

  /** Loses, doubles or moves a line, or alters one character of it. The last heads may be lost or doubled without harm, so they are left alone. */
  function strike(written: string[], pick: (below: number) => number): void {
    const last = written.findIndex((line) => line.includes('"checkpoint"'));
    const at = pick(last - 1) + 1;
    const line = written[at]!;
    const place = pick(line.length);
    const other = 'abcdef0123456789"{}:,'[pick(21)]!;
    const blow = pick(4);
    if (blow === 0) written.splice(at, 1);
    else if (blow === 1) written.splice(at, 0, line);
    else if (blow === 2) written.splice(1 + pick(last - 1), 0, ...written.splice(at, 1));
    else written[at] = line.slice(0, place) + other + line.slice(place + 1);
  }
});

describe('verify.mjs, the file an auditor gets', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'audit-'));
  });
  after(() => rm(directory, { recursive: true }));

  const run = (...args: string[]) =>
    new Promise<{ exitCode: number; stdout: string }>((resolve) => {
      execFile(process.execPath, [VERIFY_MJS, ...args], (error, stdout) => resolve({ exitCode: error === null ? 0 : Number(error.code), stdout }));
    });

  it('depends on nothing but Node and stays short enough to read', () => {
    const imports = [...secondVerifierSource().matchAll(/from '([^']+)'/g)].map(([, name]) => name!);
    expect(imports.filter((name) => !name.startsWith('node:'))).toEqual([]);
    expect(secondVerifierSource().split('\n').length).toBeLessThan(300);
  });

  it('exits 0 on a sound export, 1 on a cut one, 2 on wrong usage', async () => {
    const entries = chain(20);
    const file = join(directory, 'export.ndjson');
    const head = join(directory, 'head.note');
    await writeFile(file, `${lines(entries, [checkpoint(entries, 20)]).join('\n')}\n`);
    await writeFile(head, checkpoint(chain(25), 25));
    expect(await run(file, '--vkey', vkey())).toEqual({ exitCode: 0, stdout: `OK: 20 entries of team ${TEAM}, 20 of them under 1 signed heads that fit\nwritten by: fleet 10, manager-agent 10\n` });
    const cut = await run(file, '--head', head, '--json');
    expect(cut.exitCode).toBe(1);
    expect(JSON.parse(cut.stdout)).toMatchObject({ ok: false, findings: [{ code: 'tail_cut', seq: 20 }] });
    await writeFile(file, lines([...entries, entryAfter(entries.at(-1), canonicalJson('two\u2028lines\u2029here\n'))], [checkpoint(entries, 20)]).join('\n'));
    expect((await run(file, '--vkey', vkey())).exitCode).toBe(0);
    for (const args of [[], ['nowhere.ndjson'], [file, '--vkey', 'x'], [file, '--head', 'nowhere'], [file, '--what']]) expect((await run(...args)).exitCode).toBe(2);
    expect(await verifyExportFile(file, { vkey: vkey() })).toMatchObject({ ok: true, entries: 21, coveredSize: 20, keyPinned: true });
  });
});
