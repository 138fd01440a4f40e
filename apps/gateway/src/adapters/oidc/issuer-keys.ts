import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** ECDSA on P-256 (RFC 7518). */
export const TOKEN_ALG = 'ES256';

export interface IssuerKeys {
  /** Private signing keys, the newest first. */
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly cookieKeys: readonly string[];
}

/** The local issuer's keys: made at the first start, kept under the home, readable by this user only. */
export async function openIssuerKeys(home: string): Promise<IssuerKeys> {
  const file = path.join(home, 'issuer-keys.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as IssuerKeys;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const keys = await newKeys();
  writeFileSync(`${file}.new`, JSON.stringify(keys), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return keys;
}

async function newKeys(): Promise<IssuerKeys> {
  const { privateKey } = await generateKeyPair(TOKEN_ALG, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: TOKEN_ALG, use: 'sig', kid: randomBytes(8).toString('hex') };
  return { jwks: { keys: [jwk] }, cookieKeys: [randomBytes(32).toString('hex')] };
}
