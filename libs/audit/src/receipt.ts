import { ofHex, ofText, ofU64, ofUuid } from '@countersign/contracts/assertions';

import { findingCodeOf } from './errors.js';
import type { Finding, FindingCode } from './finding.js';
import { teamOfOrigin } from './origin.js';
import { parseObject } from './parse-object.js';
import { followLater, inclusionSteps } from './proof.js';
import { fromBase64, toBase64, toHex, webSha256 } from './web-bytes.js';
import { claimedHead, openWebCheckpoint, readWebKey, type ClaimedHead } from './web-head.js';

export const RECEIPT_FORMAT = 'c2sp.org/tlog-proof@v1';
/** The file name ending that the format asks for. */
export const RECEIPT_EXTENSION = '.tlog-proof';

const MAX_PATH = 63;

/** What is written into a receipt. */
export interface ReceiptParts {
  /** The entry, as an export writes it. */
  readonly line: string;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint, as the notary wrote it. */
  readonly note: string;
}

/**
 * One entry with the proof that it stands under a signed checkpoint, for somebody who has nothing else but the log's key.
 *
 * The form is `c2sp.org/tlog-proof@v1` (https://c2sp.org/tlog-proof): `extra` and base64, `index`, the RFC 6962 inclusion path from the
 * leaf's sibling up, an empty line, and the checkpoint with its signatures, verbatim. The format leaves the record out and
 * `extra` to the application; here it is the entry's line, so that the receipt also says what was done. Nothing in it is
 * believed for that: its hash has to be the leaf.
 */
export const receiptText = ({ line, index, path, note }: ReceiptParts): string =>
  [RECEIPT_FORMAT, `extra ${toBase64(ofText(line.trimEnd()))}`, `index ${index}`, ...path.map(toBase64), '', note].join('\n');

/** True when a text says of itself that it is a receipt, sound or not. */
export const isReceipt = (text: string): boolean => text.startsWith('c2sp.org/tlog-proof@');

export interface ReceiptReport {
  readonly ok: boolean;
  readonly team: string | undefined;
  readonly origin: string | undefined;
  /** The entry's place, and the size of the chain that the checkpoint covers. */
  readonly seq: number | undefined;
  readonly size: number | undefined;
  /** When the entry was written, by the database's clock. */
  readonly atMs: number | undefined;
  /** What was written; null where retention has pruned it. Absent unless everything fits. */
  readonly payload: Readonly<Record<string, unknown>> | null | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Checks a receipt with the log's key and nothing else: form, signature, the entry's hashes, and the path from the entry to the signed root.
 *
 * Resolves with a report in every case, as `verifyExport` does: what is wrong is a finding, and then nothing of the entry is told.
 * Rejects for a mistyped key only. WebCrypto does the hashing, so that a terminal and a page check by the same lines.
 */
export async function verifyReceipt(text: string, vkey: string): Promise<ReceiptReport> {
  const key = await readWebKey(vkey);
  try {
    const receipt = parseReceipt(text);
    if ('code' in receipt) return refused(receipt);
    const { origin } = claimedHead(receipt.note);
    if (origin !== key.name) return refused({ code: 'foreign_team', message: `a receipt of the log ${origin}, not of ${key.name}` }, origin);
    return await judge(receipt, await openWebCheckpoint(receipt.note, key));
  } catch (cause) {
    return refused({ code: findingCodeOf(cause), message: (cause as Error).message });
  }
}

async function judge({ extra, index, path }: ParsedReceipt, { origin, size, root }: ClaimedHead): Promise<ReceiptReport> {
  const team = teamOfOrigin(origin);
  const entry = parseEntry(extra);
  if (team === undefined || entry === undefined) return refused({ code: 'malformed_line', line: 2, message: 'the entry is not written as an export writes one' }, origin);
  const { seq, atMs, payload } = entry;
  const wrong = (code: FindingCode, message: string): ReceiptReport => refused({ code, seq, message }, origin);
  if (payload !== null && toHex(await webSha256(payload)) !== entry.payloadHash) return wrong('payload_edited', 'the payload does not hash to its payload hash');
  const leaf = await webSha256(Uint8Array.of(0x00, 0x01), ofUuid(team), ofU64(seq), ofU64(atMs), ofHex(entry.prevHash, 32), ofHex(entry.payloadHash, 32));
  if (toHex(leaf) !== entry.entryHash) return wrong('entry_edited', 'its fields do not give its hash in the chain of this team');
  if (seq !== index) return wrong('not_included', `the proof is for the place ${index}`);
  if (!(await followLater(inclusionSteps({ leaf, index, size, root, path })))) return wrong('not_included', `the path does not lead to the root of the signed head of size ${size}`);
  return { ok: true, team, origin, seq, size, atMs, payload: payload === null ? null : (parseObject(new TextDecoder().decode(payload)) ?? {}), findings: [] };
}

const refused = (finding: Finding, origin?: string): ReceiptReport => ({ ok: false, team: origin === undefined ? undefined : teamOfOrigin(origin), origin, seq: undefined, size: undefined, atMs: undefined, payload: undefined, findings: [finding] });

interface ParsedEntry {
  readonly seq: number;
  readonly atMs: number;
  /** Hashes in hex. */
  readonly prevHash: string;
  readonly payloadHash: string;
  readonly entryHash: string;
  readonly payload: Uint8Array | null;
}

/** The entry of an export's line; nothing where it is not written in the one way in which `entryLine` writes it. */
function parseEntry(line: string): ParsedEntry | undefined {
  const value = parseObject(line);
  const payload = value && payloadOf(value);
  if (value === undefined || payload === undefined || value['type'] !== 'entry') return undefined;
  const { seq, at_ms: atMs, prev_hash: prevHash, payload_hash: payloadHash, entry_hash: entryHash } = value;
  if (![seq, atMs].every(isCounter) || ![prevHash, payloadHash, entryHash].every(isHash)) return undefined;
  const again = JSON.stringify({ type: 'entry', seq, at_ms: atMs, prev_hash: prevHash, payload_hash: payloadHash, entry_hash: entryHash, ...payload.member });
  if (again.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') !== line) return undefined;
  return { seq, atMs, prevHash, payloadHash, entryHash, payload: payload.bytes } as ParsedEntry;
}

/** The payload's bytes, null where it was pruned, and the member that says so; bytes that are text are written as text. */
function payloadOf({ payload, payload_base64: base64 }: Readonly<Record<string, unknown>>): { readonly bytes: Uint8Array | null; readonly member: object } | undefined {
  if (base64 === undefined) return payload === null || (typeof payload === 'string' && payload.isWellFormed()) ? { bytes: payload === null ? null : ofText(payload), member: { payload } } : undefined;
  const bytes = typeof base64 === 'string' && payload === undefined ? fromBase64(base64) : undefined;
  return bytes && !isText(bytes) ? { bytes, member: { payload_base64: base64 } } : undefined;
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch (cause) {
    if (cause instanceof TypeError) return false;
    throw cause;
  }
}

const isCounter = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

interface ParsedReceipt {
  readonly extra: string;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  readonly note: string;
}

function parseReceipt(text: string): ParsedReceipt | Finding {
  const malformed = (line: number, message: string): Finding => ({ code: 'malformed_line', line, message });
  const end = text.indexOf('\n\n');
  const [format, extra, index, ...hashes] = text.slice(0, Math.max(end, 0)).split('\n');
  if (format !== RECEIPT_FORMAT) return malformed(1, isReceipt(text) && end >= 0 ? `not a receipt of the form ${RECEIPT_FORMAT}` : 'not a receipt');
  if (extra?.startsWith('extra ') !== true) return malformed(2, 'the entry is missing: a receipt of this log carries it as extra data');
  const line = fromBase64(extra.slice('extra '.length));
  if (line === undefined) return malformed(2, 'not base64');
  const number = /^index (0|[1-9]\d{0,15})$/.exec(index ?? '')?.[1];
  if (number === undefined) return malformed(3, 'not the index of an entry');
  if (hashes.length > MAX_PATH) return malformed(4 + MAX_PATH, 'a path this long leads nowhere');
  const path = hashes.map((base64) => fromBase64(base64) ?? new Uint8Array());
  const bad = path.findIndex(({ length }) => length !== 32);
  if (bad >= 0) return malformed(4 + bad, 'not a hash');
  return { extra: new TextDecoder('utf-8', { ignoreBOM: true }).decode(line), index: Number(number), path, note: text.slice(end + 2) };
}
