import { MOST_HOLD_SECONDS } from '../states.js';
import { joined, ofText, toBase64url } from './bytes.js';

/**
 * What a signature comes as: the members of WebAuthn's AuthenticatorAssertionResponse (W3C, Level 2 §5.2.2), each in base64url.
 * Keys of our own (`device`, `software`) make the same bytes.
 */
export interface Assertion {
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  /** ECDSA over P-256 with SHA-256, DER. */
  readonly signature: string;
}

/** Whether a value from outside has the members of an assertion. */
export const isAssertion = (value: unknown): value is Assertion =>
  typeof value === 'object' && value !== null && (['credentialId', 'authenticatorData', 'clientDataJSON', 'signature'] as const).every((name) => typeof (value as Record<string, unknown>)[name] === 'string');

/**
 * `passkey`: an authenticator that can verify its person. `device`: a key that a browser keeps and does not give out.
 * `software`: a key in a file; for demos and tests, refused in production.
 */
export const KEY_KINDS = ['passkey', 'device', 'software'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** Bits of the authenticator data's flags (WebAuthn Level 2 §6.1; BE and BS: Level 3). */
export const FLAGS = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40, extended: 0x80 } as const;

/** Client data as a browser writes it for an assertion. */
export const clientDataOf = (challenge: Uint8Array, origin: string): Uint8Array<ArrayBuffer> => ofText(JSON.stringify({ type: 'webauthn.get', challenge: toBase64url(challenge), origin, crossOrigin: false }));

/** Authenticator data without a credential or extensions: 37 bytes. */
export function authenticatorDataOf(rpIdHash: Uint8Array, flags: number, counter = 0): Uint8Array<ArrayBuffer> {
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, counter);
  return joined([rpIdHash, Uint8Array.of(flags), count]);
}

/**
 * What a tier wants beyond a valid signature: nothing at 0 and 1, a passkey at 2; at 3 a key that is on one device alone: a passkey
 * that no other device can have, or a browser's own. Undefined: it fits.
 */
export function unfitFor(tier: number, { kind, backupEligible }: { readonly kind: KeyKind; readonly backupEligible: boolean }): 'passkey_required' | 'device_bound_required' | undefined {
  if (tier >= 3) return kind === 'software' || backupEligible ? 'device_bound_required' : undefined;
  return tier === 2 && kind !== 'passkey' ? 'passkey_required' : undefined;
}
/** A passkey that may be synchronised is its person's, on whichever device of theirs it signs; every other key is on one device. */
export const isBound = ({ kind, backupEligible }: { readonly kind: KeyKind; readonly backupEligible: boolean }): boolean => kind !== 'passkey' || !backupEligible;
/** From when a key counts at a tier: what cannot be undone waits longer. */
export const countsFrom = <T>(tier: number, { effectiveFrom, highestFrom }: { readonly effectiveFrom: T; readonly highestFrom: T }): T => (tier >= 3 ? highestFrom : effectiveFrom);
/** Only a passkey can say that it verified its person: the other kinds write that bit themselves. */
export const needsVerifiedUser = (tier: number, kind: KeyKind): boolean => tier >= 2 && kind === 'passkey';
/** How long after it was asked for a signature may be handed in. From tier 2 on that bounds the age of the verification too. */
export const challengeSeconds = (tier: number): number => (tier >= 2 ? 60 : 120);

/**
 * Unix milliseconds until which what a yes is for may be begun, however long it is held or stands still: counted from the signed
 * expiry (Unix seconds) and the manifest's own figures, so that neither row nor clock of a database can make a yes last.
 */
export const goodUntilMs = (expiresAt: number, { delaySeconds, validMinutes }: { readonly delaySeconds: number; readonly validMinutes: number }): number =>
  (expiresAt + delaySeconds + MOST_HOLD_SECONDS + validMinutes * 60) * 1000;
