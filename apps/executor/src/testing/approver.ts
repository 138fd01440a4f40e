import { approvalPreimage, authenticatorDataOf, clientDataOf, derSignature, FLAGS, joined, ofText, toBase64url, type Assertion, type KeyKind } from '@countersign/contracts/assertions';
import { es256 } from '@countersign/service';
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Decided, StoredAssertion } from '../domain/verify-signature.js';
import type { PinnedKey } from '../domain/pins.js';

export const RP = 'localhost';
const ORIGIN = 'http://localhost:4400';

/** A key of an approver's, which signs whatever it is told to. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: Buffer;
  readonly credentialId: string;
  readonly kind: KeyKind;
}

export function aKey(kind: KeyKind = 'device'): TestKey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' });
  return { privateKey: pair.privateKey, publicKey, credentialId: toBase64url(es256.sha256(publicKey)), kind };
}

/** Its signature over a challenge, as an authenticator makes it; `flags`: a person is there, and of a passkey verified. */
export function signedBy({ privateKey, credentialId, kind }: TestKey, challenge: Uint8Array, { flags = kind === 'passkey' ? FLAGS.userPresent | FLAGS.userVerified : FLAGS.userPresent, origin = ORIGIN } = {}): Assertion {
  const [data, client] = [authenticatorDataOf(es256.sha256(ofText(RP)), flags), clientDataOf(challenge, origin)];
  const raw = sign('sha256', joined([data, es256.sha256(client)]), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { credentialId, authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(derSignature(raw)) };
}

export interface YesSpec {
  readonly digest: string;
  readonly personId: string;
  readonly deviceId: string;
  readonly expiresAt?: number;
  readonly flags?: number;
}

/** A yes to the manifest of this digest. */
export function signedYes(key: TestKey, { digest, personId, deviceId, expiresAt = Math.floor(Date.now() / 1000) + 120, ...how }: YesSpec): StoredAssertion {
  const nonce = randomBytes(32);
  const challenge = es256.sha256(approvalPreimage({ digest, nonce, approverId: personId, deviceId, expiresAt }));
  return { ...signedBy(key, challenge, how), nonce: toBase64url(nonce), expiresAt };
}

export const decidedBy = (key: TestKey, spec: YesSpec, at = new Date()): Decided => ({ digest: spec.digest, personId: spec.personId, deviceId: spec.deviceId, at, assertion: signedYes(key, spec) });

/** As the executor would have pinned it. */
export const pinnedOf = ({ publicKey, credentialId, kind }: TestKey, over: Partial<PinnedKey> = {}): PinnedKey => ({
  keyId: 'key', customerId: 'customer', personId: PERSON, deviceId: DEVICE, credentialId, publicKey, kind, rpId: RP, backupEligible: false, counter: 0, effectiveFrom: 0, highestFrom: 0, ...over,
});
export const PERSON = '01890000-0000-7000-8000-0000000000a1';
export const DEVICE = '01890000-0000-7000-8000-00000000de01';
