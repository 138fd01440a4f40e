import { openCheckpoint, parseCheckpoint, teamOfOrigin, type Checkpoint } from './checkpoint.js';
import { MalformedReceiptError } from './errors.js';
import { parseExportLine, parseObject } from './export-line.js';
import { entryLine, type ExportEntry } from './export.js';
import type { Finding, FindingCode } from './finding.js';
import { findingCodeOf } from './heads.js';
import { entryHash, sha256 } from './leaf.js';
import { parseVkey } from './note.js';
import { verifyInclusion } from './tree.js';

export const RECEIPT_FORMAT = 'c2sp.org/tlog-proof@v1';
/** The file name ending that the format asks for. */
export const RECEIPT_EXTENSION = '.tlog-proof';

const MAX_PATH = 63;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

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
  [RECEIPT_FORMAT, `extra ${Buffer.from(line.trimEnd(), 'utf8').toString('base64')}`, `index ${index}`, ...path.map((hash) => Buffer.from(hash).toString('base64')), '', note].join('\n');

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
  readonly payload: Record<string, unknown> | null | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Checks a receipt with the log's key and nothing else: form, signature, the entry's hashes, and the path from the entry to the signed root.
 *
 * Resolves with a report in every case, as `verifyExport` does: what is wrong is a finding, and then nothing of the entry is told.
 * Only a mistyped key throws.
 */
export function verifyReceipt(text: string, vkey: string): ReceiptReport {
  const key = parseVkey(vkey);
  try {
    const receipt = parseReceipt(text);
    const { origin } = claimedCheckpoint(receipt.note);
    if (origin !== key.name) return refused({ code: 'foreign_team', message: `a receipt of the log ${origin}, not of ${key.name}` }, origin);
    return judge(receipt, openCheckpoint(receipt.note, key));
  } catch (cause) {
    if (cause instanceof MalformedReceiptError) return refused({ code: 'malformed_line', line: cause.line, message: cause.message });
    return refused({ code: findingCodeOf(cause), message: (cause as Error).message });
  }
}

function judge({ extra, index, path }: ParsedReceipt, { origin, size, root }: Checkpoint): ReceiptReport {
  const team = teamOfOrigin(origin);
  const parsed = team === undefined ? undefined : parseExportLine(extra, team);
  if (parsed?.type !== 'entry' || entryLine(parsed.entry).trimEnd() !== extra) return refused({ code: 'malformed_line', line: 2, message: 'the entry is not written as an export writes one' }, origin);
  const { entry } = parsed;
  const own = entryHash(entry);
  const wrong = ((): [FindingCode, string] | undefined => {
    if (entry.payload !== null && !sha256(entry.payload).equals(entry.payloadHash)) return ['payload_edited', 'the payload does not hash to its payload hash'];
    if (!own.equals(entry.entryHash)) return ['entry_edited', 'its fields do not give its hash in the chain of this team'];
    if (entry.seq !== index) return ['not_included', `the proof is for the place ${index}`];
    return verifyInclusion({ leaf: own, index, size, root, path }) ? undefined : ['not_included', `the path does not lead to the root of the signed head of size ${size}`];
  })();
  if (wrong !== undefined) return refused({ code: wrong[0], seq: entry.seq, message: wrong[1] }, origin);
  return { ok: true, team, origin, seq: entry.seq, size, atMs: entry.atMs, payload: payloadOf(entry), findings: [] };
}

const refused = (finding: Finding, origin?: string): ReceiptReport => ({ ok: false, team: origin === undefined ? undefined : teamOfOrigin(origin), origin, seq: undefined, size: undefined, atMs: undefined, payload: undefined, findings: [finding] });

const payloadOf = ({ payload }: ExportEntry): Record<string, unknown> | null => (payload === null ? null : (parseObject(payload.toString('utf8')) ?? {}));

/** What the note says of itself, before its signature is looked at: only to name a log that is not the key's. */
const claimedCheckpoint = (note: string): Checkpoint => parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1));

interface ParsedReceipt {
  readonly extra: string;
  readonly index: number;
  readonly path: readonly Buffer[];
  readonly note: string;
}

function parseReceipt(text: string): ParsedReceipt {
  const end = text.indexOf('\n\n');
  const [format, extra, index, ...path] = text.slice(0, Math.max(end, 0)).split('\n');
  if (format !== RECEIPT_FORMAT) throw new MalformedReceiptError(1, isReceipt(text) && end >= 0 ? `not a receipt of the form ${RECEIPT_FORMAT}` : 'not a receipt');
  if (extra?.startsWith('extra ') !== true) throw new MalformedReceiptError(2, 'the entry is missing: a receipt of this log carries it as extra data');
  const line = decoded(extra.slice('extra '.length), 2).toString('utf8');
  const number = /^index (0|[1-9]\d{0,15})$/.exec(index ?? '')?.[1];
  if (number === undefined) throw new MalformedReceiptError(3, 'not the index of an entry');
  if (path.length > MAX_PATH) throw new MalformedReceiptError(4 + MAX_PATH, 'a path this long leads nowhere');
  return {
    extra: line,
    index: Number(number),
    path: path.map((base64, at) => {
      const hash = decoded(base64, 4 + at);
      if (hash.length !== 32) throw new MalformedReceiptError(4 + at, 'not a hash');
      return hash;
    }),
    note: text.slice(end + 2),
  };
}

function decoded(base64: string, line: number): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (!BASE64.test(base64) || bytes.toString('base64') !== base64) throw new MalformedReceiptError(line, 'not base64');
  return bytes;
}
