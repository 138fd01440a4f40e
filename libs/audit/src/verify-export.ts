import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { ChainWalk } from './chain-walk.js';
import type { TreeHead } from './checkpoint.js';
import { classifyRuns } from './classify.js';
import { parseExportLine, parseHeader } from './export-line.js';
import type { ExportHeader } from './export.js';
import { BREAKS_TREE, type Finding } from './finding.js';
import { Heads } from './heads.js';
import { parseVkey } from './note.js';
import { append, EMPTY_FRONTIER, rootOf, type Frontier } from './tree.js';

export interface VerifyOptions {
  /** The key the reader got by other means. Without it the export's own key is used: that shows damage, not forgery by the key's holder. */
  readonly vkey?: string;
  /** Heads seen earlier, from a phone, a receipt or the notary: signed notes, or `size:base64root` taken as true. */
  readonly heads?: readonly string[];
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly team: string | undefined;
  readonly origin: string | undefined;
  readonly entries: number;
  readonly checkpoints: number;
  /** Entries under a signed (or given) head that fits; those after it stand in the chain but nothing signed covers them yet. */
  readonly coveredSize: number;
  readonly prunedPayloads: number;
  /** How many entries each service wrote, as their payloads say; under a signed head this is as sure as the rest of a payload. */
  readonly services: Readonly<Record<string, number>>;
  readonly keyPinned: boolean;
  readonly findings: readonly Finding[];
}

/** Verifies an export in a file; see `verifyExport`. */
export const verifyExportFile = (path: string, options: VerifyOptions = {}): Promise<VerifyReport> =>
  verifyExport(createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity }), options);

/**
 * Checks an export without network and without trust in its source: payload hashes, entry hashes, links, order,
 * signatures, and the root of every head.
 *
 * Resolves with a report in every case; what is wrong is a finding, not an error. Only a vkey or head that the
 * reader mistyped throws. A chain of which no head is given or signed is not verified (`no_checkpoint`).
 */
export async function verifyExport(lines: AsyncIterable<string> | Iterable<string>, options: VerifyOptions = {}): Promise<VerifyReport> {
  const pinned = options.vkey === undefined ? undefined : parseVkey(options.vkey);
  const file = await readFile(lines);
  const { header } = file;
  if (header === undefined) return { ...emptyReport, keyPinned: pinned !== undefined, findings: file.findings };
  const heads = Heads.of(header, pinned);
  for (const head of options.heads ?? []) heads.given(head);
  for (const { note, line } of file.notes) heads.signed(note, line);
  const broken = classifyRuns(file.walk, heads.otherTeams);
  const local = [...file.findings, ...file.walk.findings, ...broken].sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity));
  const trees = checkTrees(file.walk, heads.heads, local);
  const findings = [...local, ...trees.findings, ...heads.findings];
  if (heads.heads.length === 0 && findings.length === 0) findings.push({ code: 'no_checkpoint', message: 'no signed head covers these entries' });
  return {
    ok: findings.length === 0,
    team: header.team,
    origin: header.origin,
    entries: file.walk.own.length,
    checkpoints: file.notes.length,
    coveredSize: trees.coveredSize,
    prunedPayloads: file.walk.prunedPayloads,
    services: Object.fromEntries([...file.walk.services].sort()),
    keyPinned: pinned !== undefined,
    findings,
  };
}

const emptyReport = { ok: false, team: undefined, origin: undefined, entries: 0, checkpoints: 0, coveredSize: 0, prunedPayloads: 0, services: {} };

interface ReadFile {
  readonly header: ExportHeader | undefined;
  readonly walk: ChainWalk;
  readonly notes: { note: string; line: number }[];
  readonly findings: Finding[];
}

async function readFile(lines: AsyncIterable<string> | Iterable<string>): Promise<ReadFile> {
  const walk = new ChainWalk();
  const notes: ReadFile['notes'] = [];
  const findings: Finding[] = [];
  let header: ExportHeader | undefined;
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (header === undefined) {
      header = parseHeader(line);
      if (header === undefined) return { header, walk, notes, findings: [malformed(number, 'not the header of an audit export')] };
      continue;
    }
    const parsed = parseExportLine(line, header.team);
    if (parsed?.type === 'entry' && notes.length === 0) walk.take(parsed.entry);
    else if (parsed?.type === 'checkpoint') notes.push({ note: parsed.note, line: number });
    else {
      findings.push({ ...malformed(number, 'neither an entry nor a checkpoint'), ...(notes.length === 0 ? { seq: walk.size } : {}) });
      if (notes.length === 0) walk.skip();
    }
  }
  if (header === undefined) findings.push(malformed(1, 'the file is empty'));
  return { header, walk, notes, findings };
}

const malformed = (line: number, message: string): Finding => ({ code: 'malformed_line', line, message });

/** Compares the root over the first `size` entries with each head, smallest first. */
function checkTrees(walk: ChainWalk, heads: readonly TreeHead[], local: readonly Finding[]): { findings: Finding[]; coveredSize: number } {
  const damaged = local.reduce((least, { code, seq }) => (BREAKS_TREE.has(code) ? Math.min(least, seq ?? 0) : least), Infinity);
  const inReach = heads.filter(({ size }) => size <= Math.min(damaged, walk.own.length)).sort((a, b) => a.size - b.size);
  const findings: Finding[] = [];
  let frontier: Frontier = EMPTY_FRONTIER;
  let coveredSize = 0;
  const leaves = walk.own[Symbol.iterator]();
  for (const { size, root } of inReach) {
    frontier = append(frontier, take(leaves, size - frontier.size));
    if (!rootOf(frontier).equals(root)) {
      findings.push({ code: 'history_rewritten', seq: coveredSize, toSeq: Math.max(coveredSize, size - 1), message: `the entries up to seq ${size - 1} are not those of the signed head of size ${size}` });
      break;
    }
    coveredSize = size;
  }
  const largest = heads.reduce((most, { size }) => Math.max(most, size), 0);
  if (damaged === Infinity && largest > walk.own.length) {
    findings.push({ code: 'tail_cut', seq: walk.own.length, toSeq: largest - 1, message: `a signed head covers ${largest} entries, ${walk.own.length} are here` });
  }
  return { findings, coveredSize };
}

function* take<T>(items: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken += 1) yield items.next().value as T;
}
