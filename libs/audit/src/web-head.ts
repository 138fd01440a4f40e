import { consistencySteps, followLater, type Head } from './proof.js';

const NOTE_SIGNATURE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const ED25519 = 0x01;
const KEY_ID_BYTES = 4;

/**
 * The head in a signed note of the log whose key this is; nothing where it is of another log, not signed with the key, or altered.
 *
 * The rule of `openCheckpoint` with WebCrypto alone, for phones and pages. Rejects in browsers that know no Ed25519: nothing was checked there.
 */
export async function openWebHead(note: string, vkey: string): Promise<Head | undefined> {
  const key = await readKey(vkey);
  const cut = note.lastIndexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const [origin, size = '', base64 = '', ...rest] = text.split('\n');
  const root = fromBase64(base64);
  const sound = cut > 0 && note.endsWith('\n') && text.isWellFormed() && rest.length === 1 && /^(0|[1-9]\d{0,15})$/.test(size) && root?.length === 32;
  if (key === undefined || !sound || origin !== key.name) return undefined;
  let signed = false;
  for (const line of note.slice(cut + 2, -1).split('\n')) {
    const [, name, signature] = NOTE_SIGNATURE.exec(line) ?? [];
    const bytes = fromBase64(signature ?? '');
    if (name === undefined || bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
    if (name !== key.name || toHex(bytes.subarray(0, KEY_ID_BYTES)) !== key.id) continue;
    if (!(await crypto.subtle.verify('Ed25519', key.publicKey, bytes.subarray(KEY_ID_BYTES), new TextEncoder().encode(text)))) return undefined;
    signed = true;
  }
  return signed ? { size: Number(size), root } : undefined;
}

/** What `GET /v1/audit/{teamId}/proof?from=` answers, as far as it is looked at here. */
export interface ConsistencyAnswer {
  readonly note: string;
  /** Hashes in hex. */
  readonly path: readonly string[];
}

/**
 * What somebody who remembers a head is to think of an answer: the chain kept its beginning, or it did not.
 *
 * After `kept`, `now` is the head to remember. After anything else the remembered one has to be kept: it is the evidence.
 */
export type Remembrance = { readonly verdict: 'kept'; readonly now: Head } | { readonly verdict: 'not_signed' } | { readonly verdict: 'tail_cut' | 'history_rewritten'; readonly now: Head };

export async function compareWithRemembered(remembered: Head, { note, path }: ConsistencyAnswer, vkey: string): Promise<Remembrance> {
  const now = await openWebHead(note, vkey);
  if (now === undefined) return { verdict: 'not_signed' };
  if (now.size < remembered.size) return { verdict: 'tail_cut', now };
  const kept = remembered.size === 0 || (await followLater(consistencySteps({ from: remembered, to: now, path: path.map(fromHex) })));
  return { verdict: kept ? 'kept' : 'history_rewritten', now };
}

interface WebKey {
  readonly name: string;
  readonly id: string;
  readonly publicKey: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
}

async function readKey(vkey: string): Promise<WebKey | undefined> {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(vkey) ?? [];
  const encoded = fromBase64(base64 ?? '');
  if (name === undefined || id === undefined || encoded?.length !== 33 || encoded[0] !== ED25519) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array([...new TextEncoder().encode(`${name}\n`), ...encoded])));
  if (toHex(digest.subarray(0, KEY_ID_BYTES)) !== id) return undefined;
  return { name, id, publicKey: await crypto.subtle.importKey('raw', encoded.subarray(1), 'Ed25519', false, ['verify']) };
}

/** Bytes of base64 as it is written in one way only; nothing for any other text. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined;
  const bytes = atob(text);
  return btoa(bytes) === text ? Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)) : undefined;
}

const toHex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (hex: string): Uint8Array => (/^[0-9a-f]{64}$/.test(hex) ? Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)) : new Uint8Array());
