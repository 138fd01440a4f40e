const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let place = 0; place <= Math.min(3, bytes.length - at); place++) text += ALPHABET[(bits >> (18 - 6 * place)) & 63];
  }
  return text;
}

/** The bytes, or undefined where the text is not exactly what `toBase64url` writes: padding, other letters and stray bits are refused. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  for (let at = 0, bits = 0, held = 0, done = 0; at < text.length; at++) {
    const value = ALPHABET.indexOf(text[at]!);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) bytes[done++] = (bits >> (held -= 8)) & 0xff;
  }
  return toBase64url(bytes) === text ? bytes : undefined;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);
export const ofText = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Exactly so many bytes of lower-case hex; throws a `RangeError` on anything else. */
export function ofHex(hex: string, length: number): Uint8Array<ArrayBuffer> {
  if (hex.length !== 2 * length || !/^[0-9a-f]*$/.test(hex)) throw new RangeError(`not ${length} bytes of hex`);
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** The sixteen bytes of a UUID. */
export const ofUuid = (id: string): Uint8Array<ArrayBuffer> => ofHex(id.replaceAll('-', ''), 16);

export function ofU64(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
