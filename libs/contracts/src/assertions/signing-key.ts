import { authenticatorDataOf, clientDataOf, FLAGS, type Assertion } from './assertion.js';
import { fromBase64url, joined, ofText, toBase64url } from './bytes.js';
import { approvalPreimage, enrolmentPreimage, vouchPreimage } from './preimages.js';
import { derSignature } from './public-key.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ES256 = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** WebCrypto's private key, in browsers and in Node. */
export type PrivateKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key of our own that signs as an authenticator does: a browser's (`extractable` false) or a program's. WebCrypto's, so both are made alike. */
export interface SigningKey {
  readonly privateKey: PrivateKey;
  /** SPKI. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}
/** Where the signature is for. */
export interface SigningPlace {
  readonly origin: string;
  readonly rpId: string;
}

const digestOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export async function makeSigningKey({ extractable }: { readonly extractable: boolean }): Promise<SigningKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(P256, extractable, ['sign', 'verify']);
  return { privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)) };
}

/** The name of a key of our own: its public key's hash. */
export const credentialIdOf = async (publicKey: Uint8Array<ArrayBuffer>): Promise<string> => toBase64url(await digestOf(publicKey));

/** Signs a challenge with a person present and not verified, which is all that such a key can say. */
export async function signAssertion({ privateKey, publicKey }: SigningKey, challenge: Uint8Array, { origin, rpId }: SigningPlace): Promise<Assertion> {
  const client = clientDataOf(challenge, origin);
  const data = authenticatorDataOf(await digestOf(ofText(rpId)), FLAGS.userPresent);
  const raw = new Uint8Array(await crypto.subtle.sign(ES256, privateKey, joined([data, await digestOf(client)])));
  return { credentialId: await credentialIdOf(publicKey), authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(derSignature(raw)) };
}

/** Shows that the enroller holds the key it enrols for a person. */
export async function proveKey(key: SigningKey, { customerId, personId }: { readonly customerId: string; readonly personId: string }, place: SigningPlace): Promise<Assertion> {
  return signAssertion(key, await digestOf(enrolmentPreimage({ keyHash: hexOf(await digestOf(key.publicKey)), customerId, personId })), place);
}

type Vouched = Parameters<typeof vouchPreimage>[0];
/** The challenge of a word for another key of the same person's, on this device of theirs. */
export const vouchChallengeOf = (other: Vouched): Promise<Uint8Array<ArrayBuffer>> => digestOf(vouchPreimage(other));

/** Says that another key of the same person's, on this device of theirs, is theirs indeed. */
export async function vouch(key: SigningKey, other: Vouched, place: SigningPlace): Promise<Assertion> {
  return signAssertion(key, await vouchChallengeOf(other), place);
}

/** What a server asks to be signed: `nonce` in base64url, `expiresAt` in Unix seconds. */
export interface Asked {
  readonly nonce: string;
  readonly expiresAt: number;
  readonly personId: string;
  readonly deviceId: string;
}

/** The challenge of a yes to the manifest with this digest: made here from its parts, so that a server cannot have another thing signed. Throws a `RangeError` on parts that are none. */
export function challengeOf(digest: string, { nonce, expiresAt, personId, deviceId }: Asked): Promise<Uint8Array<ArrayBuffer>> {
  return digestOf(approvalPreimage({ digest, nonce: fromBase64url(nonce) ?? new Uint8Array(), approverId: personId, deviceId, expiresAt }));
}

/** A yes to the manifest with this digest, to be sent with the decision. */
export async function signYes(key: SigningKey, digest: string, asked: Asked, place: SigningPlace): Promise<Assertion & { readonly nonce: string }> {
  return { ...(await signAssertion(key, await challengeOf(digest, asked), place)), nonce: asked.nonce };
}

/** A key kept as PKCS #8, with its public key. */
export async function importSigningKey(pkcs8: Uint8Array<ArrayBuffer>, publicKey: Uint8Array<ArrayBuffer>): Promise<SigningKey> {
  return { privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, P256, false, ['sign']), publicKey };
}
