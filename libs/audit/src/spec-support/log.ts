import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';

import { signCheckpoint } from '../checkpoint.js';
import { checkpointLine, entryLine, headerLine, type ExportEntry } from '../export.js';
import { canonicalJson } from '../json.js';
import { originOf } from '../origin.js';
import { entryHash, GENESIS_HASH, sha256 } from '../leaf.js';
import { noteSigner, privateKeyOfSeed, vkeyOf } from '../note.js';
import { append, EMPTY_FRONTIER, rootOf } from '../tree.js';

export const TEAM = '0190a000-0000-7000-8000-000000000001';
export const OTHER_TEAM = '0190a000-0000-7000-8000-000000000002';
export const KEY: KeyObject = createPrivateKey(privateKeyOfSeed(Buffer.alloc(32, 7)).export({ format: 'pem', type: 'pkcs8' }));
export const THIEFS_KEY: KeyObject = privateKeyOfSeed(Buffer.alloc(32, 8));

/** Numbers that follow from a seed, so that a failing log can be made again. */
export function random(seed: number): (below: number) => number {
  let state = createHash('sha256').update(String(seed)).digest();
  return (below) => {
    state = createHash('sha256').update(state).digest();
    return state.readUInt32BE(0) % below;
  };
}

const payloadOf = (seq: number, words: string): Buffer => canonicalJson({ v: 1, seq, action: 'TEAM-STATUS-UPDATE', service: seq % 2 === 0 ? 'manager-agent' : 'fleet', words });

/** An entry that continues `previous`, or opens the chain. */
export function entryAfter(previous: ExportEntry | undefined, payload: Buffer, teamId = TEAM, atMs?: number): ExportEntry {
  const seq = (previous?.seq ?? -1) + 1;
  const parts = { teamId, seq, atMs: atMs ?? 1_700_000_000_000 + seq * 10, prevHash: previous?.entryHash ?? GENESIS_HASH, payloadHash: sha256(payload) };
  return { ...parts, entryHash: entryHash(parts), payload };
}

export function chain(length: number, teamId = TEAM, words = 'as it was'): ExportEntry[] {
  const entries: ExportEntry[] = [];
  for (let seq = 0; seq < length; seq += 1) entries.push(entryAfter(entries.at(-1), payloadOf(seq, words), teamId));
  return entries;
}

/** The same payloads and times chained anew from the start: what someone with full control of the database would write. */
export function rechained(entries: readonly ExportEntry[], teamId = TEAM): ExportEntry[] {
  const again: ExportEntry[] = [];
  for (const entry of entries) again.push(entryAfter(again.at(-1), entry.payload!, teamId, entry.atMs));
  return again;
}

export const headOf = (entries: readonly ExportEntry[]) => ({ size: entries.length, root: rootOf(append(EMPTY_FRONTIER, entries.map((entry) => entry.entryHash))) });

export const checkpoint = (entries: readonly ExportEntry[], size: number, teamId = TEAM, key = KEY): string =>
  signCheckpoint(headOf(entries.slice(0, size)), noteSigner(originOf('test', teamId), key));

export const vkey = (teamId = TEAM, key = KEY): string => vkeyOf(noteSigner(originOf('test', teamId), key));

/** The lines of an export of these entries, without line ends. */
export const lines = (entries: readonly ExportEntry[], notes: readonly string[], teamId = TEAM): string[] =>
  [headerLine({ team: teamId, origin: originOf('test', teamId), vkey: vkey(teamId) }), ...entries.map(entryLine), ...notes.map(checkpointLine)].map((line) => line.trimEnd());

export const otherPayload = (entry: ExportEntry): Buffer => payloadOf(entry.seq, 'as someone wants it');
