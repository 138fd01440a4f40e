import { fromBase64url, importSigningKey, makeSigningKey, toBase64url, type SigningKey } from '@countersign/contracts/assertions';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';

interface StoredKey {
  readonly publicKey: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

/** The P-256 key in a file that only its user can read; made when there is none. `lost` says what it means to remove a broken one. */
export async function openKey(path: string, lost: string): Promise<SigningKey> {
  if (!existsSync(path)) await makeKeyIn(path);
  const stored = JSON.parse(readFileSync(path, 'utf8')) as StoredKey;
  const [secret, known] = [fromBase64url(stored.privateKey), fromBase64url(stored.publicKey)];
  if (!secret || !known) throw new SetupError(`${path} holds no key`, { hint: `remove it: a new one is made, ${lost}` });
  return importSigningKey(secret, known);
}

/** Whole or not at all: a key that is half written would be another one by the next time. */
async function makeKeyIn(path: string): Promise<void> {
  const { privateKey, publicKey } = await makeSigningKey({ extractable: true });
  const secret = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ publicKey: toBase64url(publicKey), privateKey: toBase64url(secret) } satisfies StoredKey), { mode: 0o600 });
  renameSync(fresh, path);
}
