import { joined, ofHex, ofText, ofU64, ofUuid } from './bytes.js';

/** What a person says yes to, on which device, and until when the signature may be handed in. */
export interface Approving {
  /** SHA-256 of the manifest's bytes, lower-case hex. */
  readonly digest: string;
  /** 32 random bytes of the server's, used once. */
  readonly nonce: Uint8Array;
  readonly approverId: string;
  readonly deviceId: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

const NONCE_BYTES = 32;

/**
 * The bytes whose SHA-256 is the challenge of an approval: `"app/approve/v1\n" | digest 32 | 'A' | nonce 32 | approver uuid 16 |
 * device uuid 16 | expiry u64be`. Only a yes is signed. Throws a `RangeError` on a part of another length.
 */
export function approvalPreimage({ digest, nonce, approverId, deviceId, expiresAt }: Approving): Uint8Array<ArrayBuffer> {
  if (nonce.length !== NONCE_BYTES) throw new RangeError(`a nonce has ${NONCE_BYTES} bytes`);
  return joined([ofText('app/approve/v1\n'), ofHex(digest, 32), ofText('A'), nonce, ofUuid(approverId), ofUuid(deviceId), ofU64(expiresAt)]);
}

/** A key and whose it is said to be. */
export interface Enrolling {
  /** SHA-256 of the public key (SPKI), lower-case hex. */
  readonly keyHash: string;
  readonly customerId: string;
  readonly personId: string;
}

/** The bytes whose SHA-256 a new key signs, to show that who enrols it holds it: `"app/enrol/v1\n" | key hash 32 | customer 16 | person 16`. */
export const enrolmentPreimage = ({ keyHash, customerId, personId }: Enrolling): Uint8Array<ArrayBuffer> => joined([ofText('app/enrol/v1\n'), ofHex(keyHash, 32), ofUuid(customerId), ofUuid(personId)]);

/** The bytes whose SHA-256 a key in effect signs to vouch for another of the same person: the same, and the device that the other is on. */
export const vouchPreimage = ({ keyHash, customerId, personId, deviceId }: Enrolling & { readonly deviceId: string }): Uint8Array<ArrayBuffer> =>
  joined([ofText('app/vouch/v1\n'), ofHex(keyHash, 32), ofUuid(customerId), ofUuid(personId), ofUuid(deviceId)]);
