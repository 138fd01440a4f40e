import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { SigningKeyError } from '../../errors.js';

/** The notary's one key pair. `env` stands in the name of every log it signs, so it is fixed with the key. */
export interface SigningKey {
  readonly env: string;
  readonly privateKey: KeyObject;
}

const OWNER_ONLY = 0o077;
const ENV_NAME = /^[a-z0-9._-]{1,32}$/;

/**
 * Reads the signing key, or makes it at the very first start.
 *
 * Throws `SigningKeyError` when others may read the file, when it belongs to another environment, or when it is gone
 * although `mayCreate` says that heads were signed with it: then a person has to bring it back or open new logs.
 */
export function openSigningKey(file: string, wantedEnv: string | undefined, mayCreate: boolean): SigningKey {
  if (wantedEnv !== undefined && !ENV_NAME.test(wantedEnv)) throw new SigningKeyError('COUNTERSIGN_ENV is not a plain name');
  if (!existsSync(file)) {
    if (!mayCreate) throw new SigningKeyError(`${file} is gone, but heads were signed with it`);
    create(file, wantedEnv ?? 'local');
  }
  if ((statSync(file).mode & OWNER_ONLY) !== 0) throw new SigningKeyError(`${file} can be read by others`);
  const { env, privateKey } = JSON.parse(readFileSync(file, 'utf8')) as { env: string; privateKey: string };
  if (wantedEnv !== undefined && wantedEnv !== env) throw new SigningKeyError(`${file} signs for the environment ${env}, not for ${wantedEnv}`);
  return { env, privateKey: createPrivateKey(privateKey) };
}

/** Written beside its place, synced, then linked: the file is there whole or not at all, and never replaces another. */
function create(file: string, env: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  const privateKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o400);
  writeSync(descriptor, `${JSON.stringify({ env, privateKey })}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  linkSync(draft, file);
  rmSync(draft);
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}
