import type { ApprovalChallenge, ApprovalDetail, ApproverKeyView, Me, PasskeyWish, SignedAnswer } from '@countersign/contracts';
import { challengeOf, credentialIdOf, fromBase64url, proveKey, signYes, toBase64url, vouch, vouchChallengeOf, type Assertion, type SigningKey } from '@countersign/contracts/assertions';
import { DECIDE_MS, postJson } from './http.js';
import { ownKey } from './own-key.js';

const fresh = () => ({ key: crypto.randomUUID(), limitMs: DECIDE_MS });

/** The person closed the passkey's dialog, or it gave no answer. */
export class NotSigned extends Error {
  override readonly name = 'NotSigned';
}

/**
 * Signs a yes to the manifest that this browser has hashed: with the browser's own key, without a question; where others will
 * see what is done, with a passkey, for which the person is asked to show that it is them. What cannot be undone is signed with a key
 * that is on this device alone: a passkey that is, where there is one, else the browser's own.
 */
export async function sign({ id, digest }: Pick<ApprovalDetail, 'id' | 'digest'>, me: Me): Promise<SignedAnswer> {
  const challenge = await postJson<ApprovalChallenge>(`/v1/approvals/${id}/challenge`, {}, fresh());
  if (challenge.personId !== me.personId) throw new NotSigned('the server asks for the signature of another person');
  return challenge.tier === 2 || (challenge.tier > 2 && passkeysIn(challenge).length > 0) ? signWithPasskey(challenge, digest, me) : signWithOwnKey(challenge, digest, me);
}

async function signWithOwnKey(challenge: ApprovalChallenge, digest: string, me: Me): Promise<SignedAnswer> {
  const { personId, deviceId } = challenge;
  const key = await ownKey(personId, deviceId);
  const credentialId = await credentialIdOf(key.publicKey);
  const place = { origin: location.origin, rpId: challenge.rpId };
  if (!challenge.credentials.some((known) => known.credentialId === credentialId)) await enrolOwnKey(key, challenge, me);
  return signYes(key, digest, challenge, place);
}

async function enrolOwnKey(key: SigningKey, { personId, deviceId, rpId }: ApprovalChallenge, me: Me): Promise<void> {
  const proof = await proveKey(key, { customerId: me.customer!.id, personId }, { origin: location.origin, rpId });
  await postJson<ApproverKeyView>(`/v1/devices/${deviceId}/keys`, { kind: 'device', publicKey: toBase64url(key.publicKey), proof }, fresh());
}

/** Those that fit: the server leaves out what cannot sign at this tier. */
const passkeysIn = ({ credentials }: ApprovalChallenge): string[] => credentials.filter(({ kind }) => kind === 'passkey').map(({ credentialId }) => credentialId);

/** A synchronised passkey of another device's signs here too, once this one is known by a key of its own. */
async function signWithPasskey(challenge: ApprovalChallenge, digest: string, me: Me): Promise<SignedAnswer> {
  const passkeys = passkeysIn(challenge);
  if (passkeys.length === 0) passkeys.push(await makePasskey());
  else if (!challenge.deviceKnown) await enrolOwnKey(await ownKey(challenge.personId, challenge.deviceId), challenge, me);
  return { ...(await usePasskey(passkeys, await challengeOf(digest, challenge), challenge.rpId)), nonce: challenge.nonce };
}

async function usePasskey(passkeys: readonly string[], challenge: Uint8Array<ArrayBuffer>, rpId: string): Promise<Assertion> {
  const allowCredentials = passkeys.map((id) => ({ type: 'public-key' as const, id: fromBase64url(id)! }));
  const credential = await asked(navigator.credentials.get({ publicKey: { challenge, rpId, allowCredentials, userVerification: 'required' } }));
  const { authenticatorData, clientDataJSON, signature } = credential.response as AuthenticatorAssertionResponse;
  return { credentialId: credential.id, authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature) };
}

/** Signs that another key is the same person's: with this browser's own key, and for a passkey with one of the passkeys that count. */
export async function vouchFor({ id, kind, deviceId, keySha256 }: ApproverKeyView, passkeys: readonly string[], me: Me): Promise<void> {
  const other = { keyHash: keySha256, customerId: me.customer!.id, personId: me.personId, deviceId };
  const body = kind === 'passkey' ? await usePasskey(passkeys, await vouchChallengeOf(other), me.signing.rpId) : await vouch(await ownKey(me.personId, me.deviceId!), other, me.signing);
  await postJson<ApproverKeyView>(`/v1/keys/${id}/vouch`, body, fresh());
}

const ES256 = -7;

/** Makes a passkey for this person on this device; returns its name. */
export async function makePasskey(): Promise<string> {
  const wish = await postJson<PasskeyWish>('/v1/passkeys/registration', {}, fresh());
  const credential = await asked(
    navigator.credentials.create({
      publicKey: {
        challenge: fromBase64url(wish.challenge)!,
        rp: { id: wish.rpId, name: 'Countersign' },
        user: { id: fromBase64url(wish.userId)!, name: wish.userName, displayName: wish.userName },
        pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
        authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
        excludeCredentials: wish.excludeCredentials.map((id) => ({ type: 'public-key' as const, id: fromBase64url(id)! })),
        attestation: 'none',
      },
    }),
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  const body = { challenge: wish.challenge, authenticatorData: text(response.getAuthenticatorData()), clientDataJSON: text(response.clientDataJSON) };
  return (await postJson<ApproverKeyView>('/v1/passkeys/registration/verify', body, fresh())).credentialId;
}

const text = (bytes: ArrayBuffer): string => toBase64url(new Uint8Array(bytes));

/** Cancelled, timed out, or none there: browsers say no more than that, on purpose. That one is there already they do say. */
async function asked(answer: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await answer;
    if (credential) return credential as PublicKeyCredential;
  } catch (cause) {
    const known = cause instanceof DOMException && cause.name === 'InvalidStateError';
    throw new NotSigned(known ? 'a passkey of yours is there already, and signs on the device alone that it was made on: approve there, or choose another place for a new one' : 'your passkey was not used', { cause });
  }
  throw new NotSigned('your passkey was not used');
}
