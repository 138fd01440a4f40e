import { approvalPreimage, authenticatorDataOf, clientDataOf, derSignature, FLAGS, fromBase64url, isSame, joined, ofText, toBase64url, type Assertion, type Es256 } from '@countersign/contracts/assertions';
import type { PinnedKey } from '@countersign/executor/domain/pins';
import type { Witness } from '@countersign/executor/domain/verify-signature';
import type { SigningKeyFacts } from '@countersign/gateway/domain/judge-signature';
import { createHash } from 'node:crypto';

const digest = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(createHash('sha256').update(joined([...parts])).digest());

/** In place of the curve: a "signature" that only whoever knows the bytes and the key can have made. Everything around it is judged as it is. */
const rawOf = (spki: Uint8Array, bytes: Uint8Array): Uint8Array => joined([digest(spki, bytes), digest(bytes, spki)]);
export const es256: Es256 = { sha256: (bytes) => digest(bytes), verify: (spki, bytes, signature) => isSame(rawOf(spki, bytes), signature) };
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const RP = 'localhost';
export const ORIGIN = 'http://localhost:4400';
/** The form of a P-256 key. */
const SPKI = joined([Uint8Array.from(Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')), digest(ofText('x')), digest(ofText('y'))]);
const CREDENTIAL = toBase64url(digest(SPKI));
const KEY = { credentialId: CREDENTIAL, publicKey: SPKI, kind: 'passkey', rpId: RP, backupEligible: false, counter: 0 } as const;

/** A person of the customer's with one passkey, which has counted for long. */
export interface Signer {
  readonly personId: string;
  readonly deviceId: string;
}

export function sign({ personId, deviceId }: Signer, ofDigest: string, nonce: string, expiresAt: number): Assertion {
  const challenge = digest(approvalPreimage({ digest: ofDigest, nonce: fromBase64url(nonce)!, approverId: personId, deviceId, expiresAt }));
  const [data, client] = [authenticatorDataOf(digest(ofText(RP)), FLAGS.userPresent | FLAGS.userVerified), clientDataOf(challenge, ORIGIN)];
  return { credentialId: CREDENTIAL, authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(derSignature(rawOf(SPKI, joined([data, digest(client)])))) };
}

export const keyFacts = ({ personId, deviceId }: Signer): SigningKeyFacts => ({ ...KEY, personId, deviceId, removed: false, here: [], effectiveFrom: new Date(0), highestFrom: new Date(0) });

const pinned = ({ personId, deviceId }: Signer, customerId: string): PinnedKey => ({ ...KEY, keyId: 'key', customerId, personId, deviceId, effectiveFrom: 0, highestFrom: 0 });

/** What the executor knows by itself. */
export const witnessOf = (signer: Signer, { now, begun, spent }: { readonly now: number; readonly begun: boolean; readonly spent: ReadonlySet<string> }): Witness => ({
  es256, key: (customerId, credentialId) => (credentialId === CREDENTIAL ? pinned(signer, customerId) : undefined), keysOn: () => [], isSpent: (nonce) => spent.has(nonce), now, begun, softwareKeys: false,
});
