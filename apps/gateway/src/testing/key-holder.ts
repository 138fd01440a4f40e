import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { accessTokenHash } from '../domain/dpop-proof.js';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** What a proof says; `header` changes what stands before it. */
export interface ProofWish {
  readonly method: string;
  readonly url: string;
  readonly token?: string;
  readonly nonce?: string | undefined;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Somebody who holds a key, by RFC 9449 as its text has it and not as our command line does it. */
export class KeyHolder {
  private constructor(
    readonly keys: Keys,
    readonly jwk: JWK,
    readonly thumbprint: string,
    private readonly alg: string,
  ) {}

  static async make(alg = 'ES256'): Promise<KeyHolder> {
    const keys = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(keys.publicKey);
    return new KeyHolder(keys, jwk, await calculateJwkThumbprint(jwk), alg);
  }

  proof({ method, url, token, nonce, claims = {}, header = {} }: ProofWish): Promise<string> {
    const said = { jti: randomUUID(), htm: method, htu: url, iat: Math.floor(Date.now() / 1000), ...(token === undefined ? {} : { ath: accessTokenHash(token) }), ...(nonce === undefined ? {} : { nonce }), ...claims };
    return new SignJWT(said).setProtectedHeader({ typ: 'dpop+jwt', alg: this.alg, jwk: this.jwk, ...header }).sign(this.keys.privateKey);
  }
}
