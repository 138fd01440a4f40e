import { FLAGS, type Assertion, type KeyKind } from './assertion.js';
import { fromBase64url, isSame, joined, ofText } from './bytes.js';
import { isP256, rawSignature } from './public-key.js';

/** A key as it was enrolled. */
export interface EnrolledKey {
  readonly credentialId: string;
  /** SPKI. */
  readonly publicKey: Uint8Array;
  readonly kind: KeyKind;
  /** The host it was enrolled for. */
  readonly rpId: string;
  /** Of a passkey: whether it may be synchronised; that never changes. */
  readonly backupEligible: boolean;
  /** The highest that was seen; 0 where the authenticator does not count, or nobody keeps it. */
  readonly counter: number;
}

export interface ExpectedAssertion {
  readonly key: EnrolledKey;
  readonly challenge: Uint8Array;
  /** Exactly this one; undefined: any of the key's host. */
  readonly origin: string | undefined;
  readonly userVerified: boolean;
}

/** The two primitives, from wherever this runs. `verify` is ES256 over `bytes`; the signature is `r | s`, 64 bytes. */
export interface Es256 {
  sha256(bytes: Uint8Array): Uint8Array;
  verify(spki: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

export type AssertionFault =
  | 'malformed'
  | 'credential_unknown'
  | 'type_wrong'
  | 'challenge_wrong'
  | 'origin_wrong'
  | 'rp_wrong'
  | 'user_absent'
  | 'user_unverified'
  | 'backup_changed'
  | 'counter_back'
  | 'algorithm_wrong'
  | 'signature_wrong';
export type CheckedAssertion = { readonly ok: true; readonly counter: number; readonly userVerified: boolean } | { readonly ok: false; readonly fault: AssertionFault };

const AUTHENTICATOR_DATA_BYTES = 37;
const fault = (code: AssertionFault): CheckedAssertion => ({ ok: false, fault: code });

/**
 * Whether an assertion is this key's over this challenge (WebAuthn Level 2 §7.2, without what a browser alone can know). The
 * signature is judged when all else but the counter was: every other fault has its own name, and a counter that went back is one that the key itself has signed.
 */
export function checkAssertion(assertion: Assertion, { key, challenge, origin, userVerified }: ExpectedAssertion, es256: Es256): CheckedAssertion {
  const [data, client, der] = [assertion.authenticatorData, assertion.clientDataJSON, assertion.signature].map(fromBase64url);
  if (!data || !client || !der) return fault('malformed');
  if (assertion.credentialId !== key.credentialId) return fault('credential_unknown');
  const clientFault = clientDataFault(client, challenge, { origin, rpId: key.rpId });
  if (clientFault) return fault(clientFault);
  const read = readAuthenticatorData(data);
  if (!read || read.flags & FLAGS.attested) return fault('malformed');
  if (!isSame(read.rpIdHash, es256.sha256(ofText(key.rpId)))) return fault('rp_wrong');
  const flagFault = flagsFault(read.flags, key, userVerified);
  if (flagFault) return fault(flagFault);
  if (!isP256(key.publicKey)) return fault('algorithm_wrong');
  const signature = rawSignature(der);
  if (!signature || !es256.verify(key.publicKey, joined([data, es256.sha256(client)]), signature)) return fault('signature_wrong');
  if ((read.counter > 0 || key.counter > 0) && read.counter <= key.counter) return fault('counter_back');
  return { ok: true, counter: read.counter, userVerified: key.kind === 'passkey' && (read.flags & FLAGS.userVerified) !== 0 };
}

export interface AuthenticatorData {
  readonly rpIdHash: Uint8Array;
  readonly flags: number;
  readonly counter: number;
  /** What follows: a credential, extensions. */
  readonly rest: Uint8Array;
}

export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | undefined {
  if (bytes.length < AUTHENTICATOR_DATA_BYTES) return undefined;
  const flags = bytes[32]!;
  const rest = bytes.subarray(AUTHENTICATOR_DATA_BYTES);
  if ((rest.length > 0) !== ((flags & (FLAGS.attested | FLAGS.extended)) !== 0)) return undefined;
  return { rpIdHash: bytes.subarray(0, 32), flags, counter: new DataView(bytes.buffer, bytes.byteOffset).getUint32(33), rest };
}

export function clientDataFault(bytes: Uint8Array, challenge: Uint8Array, from: { readonly origin: string | undefined; readonly rpId: string }, type = 'webauthn.get'): AssertionFault | undefined {
  const fields = objectIn(bytes);
  if (!fields) return 'malformed';
  if (fields['type'] !== type) return 'type_wrong';
  const signed = typeof fields['challenge'] === 'string' ? fromBase64url(fields['challenge']) : undefined;
  if (!signed || !isSame(signed, challenge)) return 'challenge_wrong';
  const { origin } = fields;
  const fits = typeof origin === 'string' && (from.origin === undefined ? isOriginOf(origin, from.rpId) : origin === from.origin);
  return fits && fields['crossOrigin'] !== true ? undefined : 'origin_wrong';
}

function objectIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return undefined;
    throw cause;
  }
}

function isOriginOf(origin: string, rpId: string): boolean {
  const host = /^https?:\/\/([^/:@\\?#]+)(?::\d{1,5})?$/.exec(origin)?.[1];
  return host !== undefined && (host === rpId || host.endsWith(`.${rpId}`));
}

function flagsFault(flags: number, key: EnrolledKey, userVerified: boolean): AssertionFault | undefined {
  if (!(flags & FLAGS.userPresent)) return 'user_absent';
  const eligible = (flags & FLAGS.backupEligible) !== 0;
  if (eligible !== key.backupEligible || (!eligible && flags & FLAGS.backedUp)) return 'backup_changed';
  return userVerified && (key.kind !== 'passkey' || !(flags & FLAGS.userVerified)) ? 'user_unverified' : undefined;
}
