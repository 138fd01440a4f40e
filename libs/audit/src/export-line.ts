import { EXPORT_FORMAT, EXPORT_VERSION, type ExportEntry, type ExportHeader } from './export.js';
import { parseObject } from './parse-object.js';

/** One line of an export, read back; `undefined` where it does not follow the format. */
export type ExportLine = { readonly type: 'entry'; readonly entry: ExportEntry } | { readonly type: 'checkpoint'; readonly note: string };

/** Reads the first line; nothing when it is not the header of an export this version knows. */
export function parseHeader(line: string): ExportHeader | undefined {
  const value = parseObject(line);
  if (value?.['type'] !== 'header' || value['format'] !== EXPORT_FORMAT || value['version'] !== EXPORT_VERSION) return undefined;
  const { team, origin, vkey } = value;
  if (typeof team !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(team)) return undefined;
  return typeof origin === 'string' && typeof vkey === 'string' ? { team, origin, vkey } : undefined;
}

/** Reads any later line; the team is the header's, as an entry line does not name one. */
export function parseExportLine(line: string, teamId: string): ExportLine | undefined {
  const value = parseObject(line);
  if (value?.['type'] === 'checkpoint') return typeof value['note'] === 'string' ? { type: 'checkpoint', note: value['note'] } : undefined;
  if (value?.['type'] !== 'entry') return undefined;
  const [prevHash, payloadHash, entryHash] = [value['prev_hash'], value['payload_hash'], value['entry_hash']].map(hashOf);
  const { seq, at_ms: atMs } = value;
  const payload = payloadOf(value);
  if (!isCounter(seq) || !isCounter(atMs) || prevHash === undefined || payloadHash === undefined || entryHash === undefined || payload === undefined) return undefined;
  return { type: 'entry', entry: { teamId, seq, atMs, prevHash, payloadHash, entryHash, payload } };
}

const isCounter = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const hashOf = (value: unknown): Buffer | undefined => (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? Buffer.from(value, 'hex') : undefined);

function payloadOf({ payload, payload_base64: base64 }: Record<string, unknown>): Buffer | null | undefined {
  if (base64 === undefined) return payload === null ? null : typeof payload === 'string' ? Buffer.from(payload, 'utf8') : undefined;
  if (typeof base64 !== 'string' || payload !== undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}
