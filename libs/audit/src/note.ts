import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

import { BadSignatureError, MalformedKeyError, MalformedNoteError, UnknownKeyError } from './errors.js';
import { sha256 } from './leaf.js';

// C2SP signed-note: text, blank line, lines of "— name base64(key id | signature)". https://c2sp.org/signed-note
const ED25519 = 0x01;
const SIGNATURE_LINE = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;
const MAX_SIGNATURES = 100;
const MAX_NOTE_BYTES = 1_000_000;

/** A key that may stand under a note. `keyId` is 4 bytes, in hex: `SHA-256(name | 0x0A | 0x01 | public key)[:4]`. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject;
}

export interface OpenedNote {
  readonly text: string;
  /** Names of the known keys whose signatures were checked and fit. */
  readonly verifiedBy: readonly string[];
}

/** The signer of this private Ed25519 key under a name; the same key may stand under many names, each with its own id. */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  const publicKey = createPublicKey(privateKey);
  return { ...noteVerifier(name, publicKey), privateKey };
}

export function noteVerifier(name: string, publicKey: KeyObject): NoteVerifier {
  return { name: keyName(name), keyId: keyId(name, encodedKey(publicKey)), publicKey };
}

/** `<name>+<key id>+<base64(0x01 | public key)>`: how a verifier's key is written down. */
export const vkeyOf = (key: NoteVerifier): string => `${key.name}+${key.keyId}+${encodedKey(key.publicKey).toString('base64')}`;

/** Reads a vkey; throws `MalformedKeyError` when a part is missing, the algorithm is not Ed25519, or the key id contradicts the key. */
export function parseVkey(vkey: string): NoteVerifier {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(vkey) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) throw new MalformedKeyError('a vkey is name+id+base64');
  const encoded = Buffer.from(base64, 'base64');
  if (encoded.toString('base64') !== base64 || encoded.length !== 33 || encoded[0] !== ED25519) throw new MalformedKeyError('a vkey holds one Ed25519 key');
  if (keyId(name, encoded) !== id) throw new MalformedKeyError('key id does not fit the key');
  return { name, keyId: id, publicKey: createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: encoded.subarray(1).toString('base64url') } }) };
}

/** The private key of a 32-byte seed (RFC 8032). */
export const privateKeyOfSeed = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]) });

/** The signed note over a text that ends in a newline; Ed25519 is deterministic, so the same text gives the same note. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!isNoteText(text) || signers.length === 0) throw new MalformedNoteError('a note is non-empty text ending in a newline, without control characters');
  const lines = signers.map((signer) => {
    const signature = sign(null, Buffer.from(text), signer.privateKey);
    return `— ${signer.name} ${Buffer.concat([Buffer.from(signer.keyId, 'hex'), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Checks a note against the keys the reader trusts and returns its text.
 *
 * Signatures of unknown keys are ignored. A known key whose signature does not fit rejects the whole note
 * (`BadSignatureError`); no known key at all does too (`UnknownKeyError`).
 */
export function openNote(note: string, known: readonly NoteVerifier[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const verifiedBy = new Set<string>();
  for (const { name, keyId: id, signature } of signatures) {
    const key = known.find((candidate) => candidate.name === name && candidate.keyId === id);
    if (key === undefined || verifiedBy.has(`${name}+${id}`)) continue;
    if (!verify(null, Buffer.from(text), key.publicKey, signature)) throw new BadSignatureError(`signature of ${name}+${id} does not fit the text`);
    verifiedBy.add(`${name}+${id}`);
  }
  if (verifiedBy.size === 0) throw new UnknownKeyError('no signature of a known key');
  return { text, verifiedBy: [...verifiedBy] };
}

interface SignatureLine {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Buffer;
}

function splitNote(note: string): { text: string; signatures: SignatureLine[] } {
  const at = note.lastIndexOf('\n\n');
  const text = note.slice(0, at + 1);
  if (at < 0 || Buffer.byteLength(note) > MAX_NOTE_BYTES || !isNoteText(text) || !note.endsWith('\n')) throw new MalformedNoteError('malformed note');
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new MalformedNoteError('too many signatures');
  return { text, signatures: lines.map(signatureLine) };
}

function signatureLine(line: string): SignatureLine {
  const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  if (name === undefined || name.includes('+') || bytes.toString('base64') !== base64 || bytes.length < 5) throw new MalformedNoteError('malformed signature line');
  return { name, keyId: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
}

/** Text of a note: ends in a newline, no other ASCII control characters, well-formed Unicode. */
function isNoteText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what the format forbids
  return text.endsWith('\n') && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}

function keyName(name: string): string {
  if (!/^[^\s+]+$/u.test(name)) throw new MalformedKeyError('a key name has no spaces and no plus');
  return name;
}

const keyId = (name: string, encoded: Buffer): string => sha256(Buffer.from(`${name}\n`), encoded).subarray(0, 4).toString('hex');

function encodedKey(publicKey: KeyObject): Buffer {
  const { crv, x } = publicKey.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new MalformedKeyError('not an Ed25519 key');
  return Buffer.concat([Buffer.from([ED25519]), Buffer.from(x, 'base64url')]);
}
