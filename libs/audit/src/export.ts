import type { LeafParts } from './leaf.js';
import { parseVkey } from './note.js';

export const EXPORT_FORMAT = 'countersign-audit-export';
export const EXPORT_VERSION = 1;

/** First line of an export: whose chain it is, and the key that signs its heads (a reader pins the key by other means). */
export interface ExportHeader {
  readonly team: string;
  readonly origin: string;
  readonly vkey: string;
}

/** The header for a team's chain whose heads this key signs: the key's name is the log's name. */
export const exportHeader = (team: string, vkey: string): ExportHeader => ({ team, origin: parseVkey(vkey).name, vkey });

/** One stored entry. `payload` is exactly what was hashed, or null where retention has pruned it. */
export interface ExportEntry extends LeafParts {
  readonly entryHash: Buffer;
  readonly payload: Buffer | null;
}

/** `{"type":"header", …}` */
export const headerLine = ({ team, origin, vkey }: ExportHeader): string => line({ type: 'header', format: EXPORT_FORMAT, version: EXPORT_VERSION, team, origin, vkey });

/** `{"type":"entry","seq":…}`: hashes in hex, the payload as text, or as base64 when its bytes are not UTF-8. */
export const entryLine = (entry: ExportEntry): string =>
  line({
    type: 'entry',
    seq: entry.seq,
    at_ms: entry.atMs,
    prev_hash: entry.prevHash.toString('hex'),
    payload_hash: entry.payloadHash.toString('hex'),
    entry_hash: entry.entryHash.toString('hex'),
    ...payloadMember(entry.payload),
  });

/** `{"type":"checkpoint","note":…}`: a signed note as the notary wrote it. */
export const checkpointLine = (note: string): string => line({ type: 'checkpoint', note });

/** A whole export as NDJSON, line by line: header, entries in order of seq, checkpoints in order of size. */
export async function* exportLines(header: ExportHeader, entries: AsyncIterable<ExportEntry> | Iterable<ExportEntry>, notes: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  yield headerLine(header);
  for await (const entry of entries) yield entryLine(entry);
  for await (const note of notes) yield checkpointLine(note);
}

// Some line readers, Node's among them, also end a line at U+2028 and U+2029, which JSON leaves unescaped.
const line = (value: object): string => `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;

function payloadMember(payload: Buffer | null): { payload: string | null } | { payload_base64: string } {
  if (payload === null) return { payload: null };
  const text = payload.toString('utf8');
  return Buffer.from(text, 'utf8').equals(payload) ? { payload: text } : { payload_base64: payload.toString('base64') };
}
