import { fromBase64url, ofText } from './bytes.js';
import { checkAssertion, type CheckedAssertion, type Es256, type ExpectedAssertion } from './check-assertion.js';
import type { Assertion } from './assertion.js';

/**
 * `checkAssertion` where the primitives take their time: with WebCrypto, in a browser.
 *
 * The two hashes that the rule asks for are of known bytes, so they are made first; the signature is what it judges last, so its
 * question is kept and answered at the end.
 */
export async function webCheckAssertion(assertion: Assertion, expected: ExpectedAssertion): Promise<CheckedAssertion> {
  const hashed = [ofText(expected.key.rpId), fromBase64url(assertion.clientDataJSON) ?? new Uint8Array()];
  const hashes = new Map(await Promise.all(hashed.map(async (bytes) => [String(bytes), new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))] as const)));
  let question: Parameters<Es256['verify']> | undefined;
  const checked = checkAssertion(assertion, expected, {
    sha256: (bytes) => hashes.get(String(bytes))!,
    verify: (...asked) => {
      question = asked;
      return true;
    },
  });
  if (!checked.ok || question === undefined) return checked;
  return (await webVerify(...question)) ? checked : { ok: false, fault: 'signature_wrong' };
}

async function webVerify(spki: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('spki', new Uint8Array(spki), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(signature), new Uint8Array(bytes));
  } catch (cause) {
    if (cause instanceof DOMException) return false; // a point that is on no curve
    throw cause;
  }
}
