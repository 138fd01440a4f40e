import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import { SealBrokenError } from './errors.js';

/** How `c` in a payload's `pii` is made; a verifier who is given value and key can repeat it. */
export const COMMITMENT_ALG = 'hmac-sha256';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The two keys of one person within one team. Destroying both makes every commitment unguessable and every sealed value unreadable. */
export interface SubjectKeys {
  readonly dataKey: Buffer;
  readonly commitKey: Buffer;
}

/** Where a sealed value belongs; it opens nowhere else. */
export interface SealPlace {
  readonly teamId: string;
  readonly entryId: string;
  readonly field: string;
  readonly subjectRef: string;
}

/** The service key, split by purpose (RFC 5869), so that no key does two jobs. */
export interface ServiceKey {
  readonly wrapKey: Buffer;
  readonly refKey: Buffer;
}

/** Prepares the 32 bytes of the key file that the writing services share. */
export function serviceKey(secret: Uint8Array): ServiceKey {
  if (secret.length !== KEY_BYTES) throw new RangeError(`the audit key has ${KEY_BYTES} bytes`);
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), `countersign/audit/v1/${purpose}`, KEY_BYTES));
  return { wrapKey: derive('wrap'), refKey: derive('subject-ref') };
}

export const newSubjectKeys = (): SubjectKeys => ({ dataKey: randomBytes(KEY_BYTES), commitKey: randomBytes(KEY_BYTES) });

/**
 * The name under which a person stands in a team's chain: a UUIDv8 (RFC 9562 §5.8) keyed by the service key.
 *
 * Without the key it says nothing about the person; the same person has another name in each team.
 */
export function subjectRef(key: ServiceKey, teamId: string, subject: string): string {
  const bytes = createHmac('sha256', key.refKey).update(`${teamId}\n${subject}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `HMAC-SHA-256(commit key, value)`, in hex. */
export const commitment = (keys: SubjectKeys, value: string): string => createHmac('sha256', keys.commitKey).update(value, 'utf8').digest('hex');

/** AES-256-GCM under the subject's data key: nonce, ciphertext, tag. */
export const sealValue = (keys: SubjectKeys, place: SealPlace, value: string): Buffer => seal(keys.dataKey, placeLabel(place), Buffer.from(value, 'utf8'));

/** Opens a sealed value; throws `SealBrokenError` when key, place or bytes differ. */
export const openValue = (keys: SubjectKeys, place: SealPlace, sealed: Uint8Array): string => open(keys.dataKey, placeLabel(place), sealed).toString('utf8');

/** Both keys as they may lie in the database: sealed under the service key, for this team and subject only. */
export const wrapSubjectKeys = (key: ServiceKey, teamId: string, ref: string, keys: SubjectKeys): Buffer =>
  seal(key.wrapKey, wrapLabel(teamId, ref), Buffer.concat([keys.dataKey, keys.commitKey]));

/** Opens wrapped keys; throws `SealBrokenError` when the service key, the team or the subject is another. */
export function unwrapSubjectKeys(key: ServiceKey, teamId: string, ref: string, wrapped: Uint8Array): SubjectKeys {
  const both = open(key.wrapKey, wrapLabel(teamId, ref), wrapped);
  return { dataKey: both.subarray(0, KEY_BYTES), commitKey: both.subarray(KEY_BYTES) };
}

const placeLabel = ({ teamId, entryId, field, subjectRef: ref }: SealPlace): string => `countersign/audit/value/v1\n${teamId}\n${entryId}\n${field}\n${ref}`;
const wrapLabel = (teamId: string, ref: string): string => `countersign/audit/keys/v1\n${teamId}\n${ref}`;

function seal(key: Buffer, label: string, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Buffer, label: string, sealed: Uint8Array): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SealBrokenError('sealed bytes are too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(label))
    .setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new SealBrokenError('sealed bytes do not open here', { cause });
  }
}
