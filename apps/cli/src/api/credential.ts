import { randomUUID } from 'node:crypto';
import type { SigningKey } from '@countersign/contracts/assertions';
import { exportJWK, SignJWT, type JWK } from 'jose';

/** How a client says who it is. */
export interface Credential {
  /** The headers for one request. */
  headersFor(method: string, url: string): Promise<Record<string, string>>;
  /** Takes note of an answer; true when the same request should be sent once more. */
  heard(answer: Response): boolean;
}

/** A token that whoever reads it can use. */
export const bearer = (token: string): Credential => ({ headersFor: () => Promise.resolve({ authorization: `Bearer ${token}` }), heard: () => false });

/** What an issuer gives for a proof. */
export interface IssuedToken {
  readonly token: string;
  readonly type: string;
  readonly lifeSeconds: number;
  readonly nonce: string | undefined;
}

/** A token is asked for anew when it has so little left. */
const RENEW_BEFORE_MS = 30_000;

/** A token that is bound to a key (RFC 9449): each request carries a proof, and the token is renewed for as long as the client lives. */
export class BoundToken implements Credential {
  private held: Promise<IssuedToken> | undefined;
  private renewAt = 0;
  private nonce: string | undefined;

  /** `issue` asks the issuer, with a proof in its header DPoP. */
  constructor(
    private readonly key: SigningKey,
    private readonly issuerUrl: string,
    private readonly issue: (proof: string) => Promise<IssuedToken>,
  ) {}

  async headersFor(method: string, url: string): Promise<Record<string, string>> {
    const { token, type } = await this.current();
    // an issuer that binds nothing says so
    if (type.toLowerCase() !== 'dpop') return { authorization: `Bearer ${token}` };
    return { authorization: `DPoP ${token}`, dpop: await this.proof(method, url, { ath: await hashOf(token), ...(this.nonce === undefined ? {} : { nonce: this.nonce }) }) };
  }

  heard(answer: Response): boolean {
    this.nonce = answer.headers.get('dpop-nonce') ?? this.nonce;
    return answer.status === 401 && /error="use_dpop_nonce"/.test(answer.headers.get('www-authenticate') ?? '');
  }

  private async current(): Promise<IssuedToken> {
    if (this.held === undefined || Date.now() > this.renewAt) {
      this.renewAt = Infinity; // those who ask meanwhile wait for the same one
      this.held = this.renewed();
    }
    return this.held;
  }

  private async renewed(): Promise<IssuedToken> {
    try {
      // without the gateway's nonce: the issuer may want none or another, and one that is too old could never be renewed with
      const issued = await this.issue(await this.proof('POST', this.issuerUrl, {}));
      this.nonce = issued.nonce ?? this.nonce;
      this.renewAt = Date.now() + issued.lifeSeconds * 1000 - RENEW_BEFORE_MS;
      return issued;
    } catch (error) {
      this.renewAt = 0;
      throw error;
    }
  }

  private async proof(method: string, url: string, about: { readonly ath?: string; readonly nonce?: string }): Promise<string> {
    const { origin, pathname } = new URL(url);
    const claims = { jti: randomUUID(), htm: method, htu: `${origin}${pathname}`, ...about };
    return new SignJWT(claims).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await publicJwk(this.key) }).setIssuedAt().sign(this.key.privateKey);
  }
}

const hashOf = async (text: string): Promise<string> => Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('base64url');
const publicJwk = async ({ publicKey }: SigningKey): Promise<JWK> => exportJWK(await crypto.subtle.importKey('spki', publicKey, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']));
