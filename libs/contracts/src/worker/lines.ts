/**
 * The framing of the worker protocol: one JSON object per line. Free of dependencies and of I/O; host and worker use the same code.
 *
 * What cannot be read is reported as a value, so that one bad line never ends a connection by accident: the reader decides.
 */

/** Longest accepted line, the newline not counted. An artifact of 10 MiB in base64 fits. */
export const DEFAULT_MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Deepest accepted nesting of objects and arrays; a tower of brackets is an attack on the reader's stack, not a message. */
export const MAX_JSON_DEPTH = 64;
const PREVIEW_BYTES = 80;

export type GarbageCode = 'line_too_long' | 'not_utf8' | 'not_json' | 'too_deep' | 'not_an_object';

/** A line that is no message. `preview` is its beginning, printable ASCII only, for a log. */
export interface Garbage {
  kind: 'garbage';
  code: GarbageCode;
  bytes: number;
  preview: string;
}
export interface Line {
  kind: 'message';
  value: Record<string, unknown>;
}

/** Thrown by `encodeLine` for a value that the other side would have to refuse. Nothing was written. */
export class UnencodableMessageError extends Error {
  readonly code = 'unencodable_message';
  readonly retryable = false;
  override readonly name = 'UnencodableMessageError';
}

export interface LineDecoder {
  /** Takes the next bytes; returns what they completed, in order. Holds at most one unfinished line of `maxLineBytes`. */
  push(chunk: Uint8Array): (Line | Garbage)[];
  /** The stream is over: returns the last line if it had no newline. */
  end(): (Line | Garbage)[];
}

const LF = 0x0a;

/** The codec of one connection. An overlong line is reported once, dropped up to its newline, and reading goes on. */
export function jsonRpcLines(options: { maxLineBytes?: number } = {}): LineDecoder & { encode(message: object): string } {
  const maxLineBytes = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let dropped = 0;

  const take = (bytes: Uint8Array): void => {
    if (dropped > 0) {
      dropped += bytes.length;
      return;
    }
    pendingBytes += bytes.length;
    if (bytes.length > 0) pending.push(Uint8Array.from(bytes.subarray(0, maxLineBytes + 1)));
    if (pendingBytes <= maxLineBytes) return;
    // Too long: the beginning stays for the preview, the rest of the line is only counted.
    const beginning = join(pending).slice(0, PREVIEW_BYTES);
    dropped = pendingBytes - beginning.length;
    pending = [beginning];
  };
  const finish = (): (Line | Garbage)[] => {
    const line = join(pending);
    const lost = dropped;
    pending = [];
    pendingBytes = 0;
    dropped = 0;
    if (lost > 0) return [garbage('line_too_long', line, line.length + lost)];
    return isBlank(line) ? [] : [decodeLine(line)];
  };

  return {
    push(chunk) {
      const out: (Line | Garbage)[] = [];
      let from = 0;
      for (let at = chunk.indexOf(LF, from); at >= 0; at = chunk.indexOf(LF, from)) {
        take(chunk.subarray(from, at));
        out.push(...finish());
        from = at + 1;
      }
      take(chunk.subarray(from));
      return out;
    },
    end: finish,
    encode: (message) => encodeLine(message, maxLineBytes),
  };
}

/** One message as a line with its newline. U+2028 and U+2029 are escaped: some line readers split at them. */
export function encodeLine(message: object, maxLineBytes: number = DEFAULT_MAX_LINE_BYTES): string {
  const json = JSON.stringify(message).replace(/[\u2028\u2029]/g, (c) => (c === '\u2028' ? '\\u2028' : '\\u2029'));
  const bytes = Buffer.byteLength(json);
  if (bytes > maxLineBytes) throw new UnencodableMessageError(`message of ${bytes} bytes is longer than the line limit of ${maxLineBytes}`);
  return `${json}\n`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Escapes of the halves of a character, pairs first: a half that is left over alone is no text. A backslash that stands for itself comes before all. */
const HALVES = /\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g;
const isAlone = (escape: string): boolean => escape.length === 6;

/** Reads one line without its newline. Half a character in a text becomes U+FFFD, as it is read everywhere else in UTF-8: behind this nobody has to ask whether a text can be kept. */
export function decodeLine(line: Uint8Array): Line | Garbage {
  let text: string;
  try {
    text = utf8.decode(line);
  } catch {
    return garbage('not_utf8', line);
  }
  if (depthOf(text) > MAX_JSON_DEPTH) return garbage('too_deep', line);
  let value: unknown;
  try {
    value = JSON.parse(text.replaceAll(HALVES, (escape) => (isAlone(escape) ? '\ufffd' : escape)));
  } catch {
    return garbage('not_json', line);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return garbage('not_an_object', line);
  return { kind: 'message', value: value as Record<string, unknown> };
}

/** Deepest bracket nesting outside strings; exact for JSON, an upper bound for anything else. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

function garbage(code: GarbageCode, line: Uint8Array, bytes = line.length): Garbage {
  const preview = String.fromCharCode(...line.subarray(0, PREVIEW_BYTES)).replace(/[^\x20-\x7e]/g, '.');
  return { kind: 'garbage', code, bytes, preview };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const isBlank = (line: Uint8Array): boolean => line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
