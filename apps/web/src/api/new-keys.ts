import type { ApproverKeyView, Me, PasskeyWish } from '@countersign/contracts';
import { fromBase64url, vouch, vouchChallengeOf } from '@countersign/contracts/assertions';
import { postJson } from './http.js';
import { ownKey } from './own-key.js';
import { asked, counts, enrolOwnKey, fresh, text, usePasskey } from './sign.js';

// Nothing of this is needed to answer, so it is not loaded with what is.

/** Has this device known by a key of its own, which signs without a question; one of these passkeys, which count, lets it count at once. Returns what is known of it then. */
export async function enrolHere(me: Me, deviceId: string, passkeys: readonly string[]): Promise<ApproverKeyView> {
  const key = await enrolOwnKey(await ownKey(me.personId, deviceId), { personId: me.personId, deviceId, rpId: me.signing.rpId }, me);
  return passkeys.length > 0 && !counts(key) ? vouchFor(key, passkeys, me) : key;
}

/** Signs that another key is the same person's: with one of these passkeys, which count; without any, with this browser's own key. */
export async function vouchFor({ id, deviceId, keySha256 }: ApproverKeyView, passkeys: readonly string[], me: Me): Promise<ApproverKeyView> {
  const other = { keyHash: keySha256, customerId: me.customer!.id, personId: me.personId, deviceId };
  const body = passkeys.length > 0 ? await usePasskey(passkeys, await vouchChallengeOf(other), me.signing.rpId) : await vouch(await ownKey(me.personId, me.deviceId!), other, me.signing);
  return postJson<ApproverKeyView>(`/v1/keys/${id}/vouch`, body, fresh());
}

const ES256 = -7;

/** Makes a passkey for this person on this device. */
export async function makePasskey(): Promise<ApproverKeyView> {
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
    'the dialog was closed, or gave no answer',
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  const body = { challenge: wish.challenge, authenticatorData: text(response.getAuthenticatorData()), clientDataJSON: text(response.clientDataJSON) };
  return postJson<ApproverKeyView>('/v1/passkeys/registration/verify', body, fresh());
}
