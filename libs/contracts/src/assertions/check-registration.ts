import { FLAGS } from './assertion.js';
import { clientDataFault, readAuthenticatorData, type AssertionFault, type Es256 } from './check-assertion.js';
import { fromBase64url, isSame, ofText, toBase64url } from './bytes.js';
import { spkiOfCose } from './public-key.js';

/** What a browser answers when a passkey is made, each in base64url: `getAuthenticatorData()` and `clientDataJSON` of WebAuthn's AuthenticatorAttestationResponse. */
export interface Registration {
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
}
export interface ExpectedRegistration {
  readonly challenge: Uint8Array;
  readonly origin: string;
  readonly rpId: string;
}
export interface RegisteredPasskey {
  readonly ok: true;
  readonly credentialId: string;
  /** SPKI. */
  readonly publicKey: Uint8Array;
  readonly backupEligible: boolean;
  readonly counter: number;
}

const AAGUID_BYTES = 16;
const MOST_CREDENTIAL_BYTES = 1023;

/**
 * Reads the key of a new passkey (WebAuthn Level 2 §7.1). No attestation is asked for, so none is read: what the authenticator
 * is, nobody here trusts. ES256 alone, a verified person, no extensions.
 */
export function checkRegistration(registration: Registration, { challenge, origin, rpId }: ExpectedRegistration, es256: Es256): RegisteredPasskey | { readonly ok: false; readonly fault: AssertionFault } {
  const fault = (code: AssertionFault) => ({ ok: false, fault: code }) as const;
  const [data, client] = [registration.authenticatorData, registration.clientDataJSON].map(fromBase64url);
  const read = data && readAuthenticatorData(data);
  if (!read || !client) return fault('malformed');
  const clientFault = clientDataFault(client, challenge, { origin, rpId }, 'webauthn.create');
  if (clientFault) return fault(clientFault);
  if (!isSame(read.rpIdHash, es256.sha256(ofText(rpId)))) return fault('rp_wrong');
  const { flags, rest, counter } = read;
  if (!(flags & FLAGS.userPresent)) return fault('user_absent');
  if (!(flags & FLAGS.userVerified)) return fault('user_unverified');
  if (!(flags & FLAGS.attested) || flags & FLAGS.extended || rest.length < AAGUID_BYTES + 2) return fault('malformed');
  const idBytes = new DataView(rest.buffer, rest.byteOffset).getUint16(AAGUID_BYTES);
  const idAt = AAGUID_BYTES + 2;
  if (idBytes === 0 || idBytes > MOST_CREDENTIAL_BYTES || rest.length < idAt + idBytes) return fault('malformed');
  const publicKey = spkiOfCose(rest.subarray(idAt + idBytes));
  if (!publicKey) return fault('algorithm_wrong');
  return { ok: true, credentialId: toBase64url(rest.subarray(idAt, idAt + idBytes)), publicKey, backupEligible: (flags & FLAGS.backupEligible) !== 0, counter };
}
