import { createHash } from 'node:crypto';

/** Asymmetric, short and quick to check; told in `algs` where a proof is asked for. */
export const PROOF_ALGORITHMS = ['ES256', 'ES384', 'Ed25519', 'EdDSA'];
/** A proof is taken so long before and after the time it names. */
export const PROOF_TOLERANCE_SECONDS = 60;
const MOST_ID_LENGTH = 256;
/** What a key that is only public does not have (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** A request that came with a proof. */
export interface ProvenRequest {
  readonly method: string;
  /** As the caller addressed it: our public origin and the path. A query says nothing. */
  readonly url: URL;
  readonly nowSeconds: number;
  /** The token that the proof goes with; undefined where one is asked for. */
  readonly token: string | undefined;
}

/** What the proof's signature covers, its signature being verified. */
export interface ProofContent {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Why a proof does not go with the request (RFC 9449 §4.3), in words for its maker; undefined when it does. Nonce, key and single use are judged apart. */
export function faultOfProof({ jwk, claims }: ProofContent, { method, url, nowSeconds, token }: ProvenRequest): string | undefined {
  const { jti, htm, htu, iat, ath } = claims;
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) return 'jwk holds a private key: take it for lost';
  if (typeof jti !== 'string' || jti === '' || jti.length > MOST_ID_LENGTH) return `jti is not a text of up to ${MOST_ID_LENGTH} characters`;
  if (htm !== method) return 'htm is not the method of the request';
  if (typeof htu !== 'string' || !isSameAddress(htu, url)) return 'htu is not the address of the request, without query and fragment';
  if (typeof iat !== 'number' || !(Math.abs(nowSeconds - iat) <= PROOF_TOLERANCE_SECONDS)) return `iat is not within ${PROOF_TOLERANCE_SECONDS} seconds of now`;
  if (token !== undefined && ath !== accessTokenHash(token)) return 'ath is not the hash of the token';
  return undefined;
}

export const accessTokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** What a proof is remembered as: an id is its maker's own, so nobody uses up another's. */
export const proofMark = (keyThumbprint: string, jti: string): Buffer => createHash('sha256').update(`${keyThumbprint} ${jti}`).digest();

/** How a token must be used: by whoever holds it, by whoever holds a key as well, or not here, because what it is bound to cannot be shown to us. */
export function bindingOf(cnf: unknown): { readonly by: 'nothing' } | { readonly by: 'key'; readonly thumbprint: string } | { readonly by: 'unknown' } {
  if (cnf === undefined) return { by: 'nothing' };
  const { jkt } = (cnf ?? {}) as { readonly jkt?: unknown };
  return typeof jkt === 'string' && /^[\w-]{43}$/.test(jkt) ? { by: 'key', thumbprint: jkt } : { by: 'unknown' };
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** After the normalisation that parsing does (RFC 3986 §6.2.2); the names of this machine are one, where that is where we are. */
function isSameAddress(htu: string, { protocol, hostname, port, pathname }: URL): boolean {
  if (!URL.canParse(htu) || /[?#]/.test(htu)) return false;
  const said = new URL(htu);
  const sameHost = said.hostname === hostname || (LOOPBACK.includes(said.hostname) && LOOPBACK.includes(hostname));
  return said.protocol === protocol && sameHost && said.port === port && said.pathname === pathname && said.username === '' && said.password === '';
}
