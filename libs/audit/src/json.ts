import { UnfitPayloadError } from './errors.js';

/** The largest payload the chain takes, in bytes (design §5). */
export const MAX_PAYLOAD_BYTES = 16_384;
const MAX_DEPTH = 32;

/** What may be written: integers become decimal strings, so no reader's number type can change a value. */
export type Json = string | boolean | null | number | bigint | readonly Json[] | { readonly [name: string]: Json | undefined };

/** What is read back: the same without numbers. */
export type StoredJson = string | boolean | null | StoredJson[] | { [name: string]: StoredJson };

/**
 * The RFC 8785 bytes of a value, with every integer as a decimal string.
 *
 * Throws `UnfitPayloadError` on fractions, unsafe integers, lone surrogates, `undefined` inside arrays, class instances,
 * more than 32 levels, or more than 16 KiB (unless the caller's bytes are no audit payload and may be longer).
 * A member that is `undefined` is left out.
 */
export function canonicalJson(value: Json, maxBytes = MAX_PAYLOAD_BYTES): Buffer {
  const bytes = Buffer.from(canonicalText(value, '', 0), 'utf8');
  if (bytes.length > maxBytes) throw new UnfitPayloadError('', `at most ${maxBytes} bytes`);
  return bytes;
}

/**
 * Reads a payload back, refusing every byte string `canonicalJson` would not have written.
 *
 * Writing it again and comparing settles duplicate keys, numbers, white space, order and escapes at once.
 */
export function parsePayload(bytes: Uint8Array): StoredJson {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value = JSON.parse(text) as StoredJson;
  if (!canonicalJson(value).equals(bytes)) throw new UnfitPayloadError('', 'not in canonical form');
  return value;
}

function canonicalText(value: unknown, pointer: string, depth: number): string {
  if (depth > MAX_DEPTH) throw new UnfitPayloadError(pointer, `at most ${MAX_DEPTH} levels`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return stringText(value, pointer);
  if (typeof value === 'bigint' || typeof value === 'number') return integerText(value, pointer);
  if (Array.isArray(value)) return `[${value.map((item, index) => canonicalText(item, `${pointer}/${index}`, depth + 1)).join(',')}]`;
  if (isPlainObject(value)) return objectText(value, pointer, depth);
  throw new UnfitPayloadError(pointer, 'only JSON values');
}

/** ECMAScript's own escaping is the one RFC 8785 §3.2.2.2 prescribes, for well-formed strings. */
function stringText(text: string, pointer: string): string {
  if (!text.isWellFormed()) throw new UnfitPayloadError(pointer, 'no lone surrogates');
  return JSON.stringify(text);
}

function integerText(value: number | bigint, pointer: string): string {
  if (typeof value === 'number' && (!Number.isSafeInteger(value) || Object.is(value, -0))) throw new UnfitPayloadError(pointer, 'only integers, exactly representable');
  return `"${value}"`;
}

/** Members in the order of their UTF-16 code units (RFC 8785 §3.2.3), which is JavaScript's own string order. */
function objectText(value: Record<string, unknown>, pointer: string, depth: number): string {
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => {
      const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return `${stringText(name, at)}:${canonicalText(value[name], at, depth + 1)}`;
    });
  return `{${members.join(',')}}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
