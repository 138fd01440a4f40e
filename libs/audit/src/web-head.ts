import { ofText } from '@countersign/contracts/assertions';
import { AppError } from '@countersign/contracts/errors';

import { BadSignatureError, MalformedKeyError, MalformedNoteError, UnknownKeyError } from './errors.js';
import { consistencySteps, followLater, type Head } from './proof.js';
import { fromBase64, toHex, webSha256 } from './web-bytes.js';

const NOTE_SIGNATURE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const ED25519 = 0x01;
const KEY_ID_BYTES = 4;
const MAX_NOTE = 1_000_000;

/** A log's key, ready for WebCrypto. */
export interface WebKey {
  readonly name: string;
  /** Four bytes in hex. */
  readonly id: string;
  readonly publicKey: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
}

/** Reads a vkey as `parseVkey` does; rejects with its error, and otherwise in browsers that know no Ed25519: nothing was checked there. */
export async function readWebKey(vkey: string): Promise<WebKey> {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(vkey) ?? [];
  const encoded = fromBase64(base64 ?? '');
  if (name === undefined || id === undefined || encoded?.length !== 33 || encoded[0] !== ED25519) throw new MalformedKeyError('a vkey is name+id+base64 of one Ed25519 key');
  if (toHex((await webSha256(ofText(`${name}\n`), encoded)).subarray(0, KEY_ID_BYTES)) !== id) throw new MalformedKeyError('key id does not fit the key');
  return { name, id, publicKey: await crypto.subtle.importKey('raw', encoded.subarray(1), 'Ed25519', false, ['verify']) };
}

/** What a note says of itself; nothing of it is checked yet. */
export interface ClaimedHead extends Head {
  readonly origin: string;
}

/** The head a note claims; throws `MalformedNoteError` where it is none. */
export const claimedHead = (note: string): ClaimedHead => splitNote(note).head;

/** The rule of `openCheckpoint` with WebCrypto alone, for phones and pages; rejects with the same errors. */
export async function openWebCheckpoint(note: string, key: WebKey): Promise<ClaimedHead> {
  const { text, head, signatures } = splitNote(note);
  let signed = false;
  for (const { name, bytes } of signatures) {
    if (name !== key.name || toHex(bytes.subarray(0, KEY_ID_BYTES)) !== key.id) continue;
    if (!(await crypto.subtle.verify('Ed25519', key.publicKey, bytes.subarray(KEY_ID_BYTES), ofText(text)))) throw new BadSignatureError(`signature of ${name}+${key.id} does not fit the text`);
    signed = true;
  }
  if (!signed) throw new UnknownKeyError('no signature of a known key');
  if (head.origin !== key.name) throw new MalformedNoteError(`checkpoint of ${head.origin}, not of ${key.name}`);
  return head;
}

/** The head in a signed note of the log whose key this is; nothing where it is of another log, not signed with the key, or altered. */
export async function openWebHead(note: string, vkey: string): Promise<Head | undefined> {
  try {
    const { size, root } = await openWebCheckpoint(note, await readWebKey(vkey));
    return { size, root };
  } catch (cause) {
    if (cause instanceof AppError) return undefined;
    throw cause;
  }
}

function splitNote(note: string): { readonly text: string; readonly head: ClaimedHead; readonly signatures: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] } {
  const cut = note.lastIndexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const [origin = '', size = '', base64 = '', ...rest] = text.split('\n');
  const root = fromBase64(base64);
  const sound = cut > 0 && note.length < MAX_NOTE && note.endsWith('\n') && text.isWellFormed() && origin !== '' && rest.length === 1 && /^(0|[1-9]\d{0,15})$/.test(size);
  if (!sound || root?.length !== 32) throw new MalformedNoteError('a checkpoint is origin, size and root');
  const signatures = note.slice(cut + 2, -1).split('\n').map((line) => {
    const [, name, signature] = NOTE_SIGNATURE.exec(line) ?? [];
    const bytes = fromBase64(signature ?? '');
    if (name === undefined || bytes === undefined || bytes.length <= KEY_ID_BYTES) throw new MalformedNoteError('malformed signature line');
    return { name, bytes };
  });
  return { text, head: { origin, size: Number(size), root }, signatures };
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

const fromHex = (hex: string): Uint8Array => (/^[0-9a-f]{64}$/.test(hex) ? Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)) : new Uint8Array());
