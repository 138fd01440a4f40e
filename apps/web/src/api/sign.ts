import type { ApprovalChallenge, ApprovalDetail, ApproverKeyView, ChallengeKey, Me, SignedAnswer } from '@countersign/contracts';
import { challengeOf, credentialIdOf, fromBase64url, proveKey, signYes, toBase64url, type Assertion, type SigningKey } from '@countersign/contracts/assertions';
import { needsPasskey } from '@countersign/view';
import { serverNow } from './clock.js';
import { DECIDE_MS, postJson } from './http.js';
import { ownKey } from './own-key.js';

export const fresh = () => ({ key: crypto.randomUUID(), limitMs: DECIDE_MS });

/** The person closed the passkey's dialog, or it gave no answer. */
export class NotSigned extends Error {
  override readonly name = 'NotSigned';
}

/**
 * Signs a yes to the manifest that this browser has hashed: with the browser's own key, without a question; where others will
 * see what is done, with a passkey, for which the person is asked to show that it is them. What cannot be undone is signed with a key
 * that is on this device alone: a passkey that is, where one counts, else the browser's own. Whose own key does not count yet signs
 * with a passkey that does.
 */
export async function sign({ id, digest }: Pick<ApprovalDetail, 'id' | 'digest'>, me: Me): Promise<SignedAnswer> {
  const challenge = await postJson<ApprovalChallenge>(`/v1/approvals/${id}/challenge`, {}, fresh());
  if (challenge.personId !== me.personId) throw new NotSigned('the server asks for the signature of another person');
  const { tier, deviceCounts } = challenge;
  const passkey = passkeysIn(challenge).some(counts);
  if (needsPasskey(tier) || (tier > 2 && passkey)) return signWithPasskey(challenge, digest, me);
  const key = await ownKey(challenge.personId, challenge.deviceId);
  const credentialId = await credentialIdOf(key.publicKey);
  const own = challenge.credentials.find((each) => each.credentialId === credentialId);
  if (passkey && deviceCounts && !(own && counts(own))) return signWithPasskey(challenge, digest, me);
  if (!own) await enrolOwnKey(key, challenge, me);
  return signYes(key, digest, challenge, { origin: location.origin, rpId: challenge.rpId });
}

export const counts = ({ effectiveFrom }: Pick<ChallengeKey, 'effectiveFrom'>): boolean => effectiveFrom !== null && Date.parse(effectiveFrom) <= serverNow();

export async function enrolOwnKey(key: SigningKey, { personId, deviceId, rpId }: Pick<ApprovalChallenge, 'personId' | 'deviceId' | 'rpId'>, me: Me): Promise<ApproverKeyView> {
  const proof = await proveKey(key, { customerId: me.customer!.id, personId }, { origin: location.origin, rpId });
  return postJson<ApproverKeyView>(`/v1/devices/${deviceId}/keys`, { kind: 'device', publicKey: toBase64url(key.publicKey), proof }, fresh());
}

/** Those that fit: the server leaves out what cannot sign at this tier. */
const passkeysIn = ({ credentials }: ApprovalChallenge): ChallengeKey[] => credentials.filter(({ kind }) => kind === 'passkey');

/** A synchronised passkey of another device's signs here too, once a key of this one's counts: it is asked to say so first. */
async function signWithPasskey(challenge: ApprovalChallenge, digest: string, me: Me): Promise<SignedAnswer> {
  const all = passkeysIn(challenge);
  const inEffect = all.filter(counts);
  const passkeys = (inEffect.length > 0 ? inEffect : all).map(({ credentialId }) => credentialId);
  if (passkeys.length === 0) throw new NotSigned('no passkey of yours signs on this device: make one on the page Me');
  if (!challenge.deviceCounts) await (await import('./new-keys.js')).enrolHere(me, challenge.deviceId, inEffect.map(({ credentialId }) => credentialId));
  return { ...(await usePasskey(passkeys, await challengeOf(digest, challenge), challenge.rpId)), nonce: challenge.nonce };
}

export async function usePasskey(passkeys: readonly string[], challenge: Uint8Array<ArrayBuffer>, rpId: string): Promise<Assertion> {
  const allowCredentials = passkeys.map((id) => ({ type: 'public-key' as const, id: fromBase64url(id)! }));
  const credential = await asked(navigator.credentials.get({ publicKey: { challenge, rpId, allowCredentials, userVerification: 'required' } }));
  const { authenticatorData, clientDataJSON, signature } = credential.response as AuthenticatorAssertionResponse;
  return { credentialId: credential.id, authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature) };
}

export const text = (bytes: ArrayBuffer): string => toBase64url(new Uint8Array(bytes));

/** Cancelled, timed out, or none there: browsers say no more than that, on purpose. That one is there already they do say. */
export async function asked(answer: Promise<Credential | null>, closed = 'your passkey was not used'): Promise<PublicKeyCredential> {
  try {
    const credential = await answer;
    if (credential) return credential as PublicKeyCredential;
  } catch (cause) {
    const known = cause instanceof DOMException && cause.name === 'InvalidStateError';
    throw new NotSigned(known ? 'a passkey of yours is there already, and signs on the device alone that it was made on: approve there, or choose another place for a new one' : closed, { cause });
  }
  throw new NotSigned(closed);
}
