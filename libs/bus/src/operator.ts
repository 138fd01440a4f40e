import { Prefix } from '@nats-io/nkeys';
import { decode, encodeAccount, encodeOperator, encodeUser, fmtCreds, type User as UserClaims } from '@nats-io/jwt';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowList } from './allow-list.js';
import { partsOf } from './credentials.js';
import { KeyPair } from './key-pair.js';
import { USERS, type User } from './names.js';
import { writeSecret } from './secret-file.js';

/** The broker's own trust chain: an operator signs two accounts, the core account signs one user per service. */
export interface Operator {
  readonly operatorJwt: string;
  readonly systemAccount: SignedAccount;
  readonly coreAccount: SignedAccount;
  /** Path of a user's credentials file: what `NATS_CREDS` of that service points to. */
  credsFile(user: User): string;
}

export interface SignedAccount {
  readonly publicKey: string;
  readonly jwt: string;
}

const UNLIMITED = -1;
/** The largest message of the contract is 64 KiB of body; headers and a reply's envelope fit beside it. */
const PAYLOAD_BYTES = 256 * 1024;
/** Every service a few times over (replicas, restarts that overlap). */
const CONNECTIONS = 64;
const SUBSCRIPTIONS = 256;

/**
 * Makes keys and users at the first call and keeps them in `dir`, readable only by their owner.
 *
 * Later calls find the same keys and sign the accounts anew; a user's credentials are written anew when the contracts give it other rights than
 * they did, so an upgraded program comes with the allow-list it needs and no more.
 */
export async function createOperator(dir: string): Promise<Operator> {
  mkdirSync(join(dir, 'creds'), { recursive: true, mode: 0o700 });
  const operator = keyPair(join(dir, 'operator.nk'), Prefix.Operator);
  const system = keyPair(join(dir, 'system.nk'), Prefix.Account);
  const core = keyPair(join(dir, 'core.nk'), Prefix.Account);
  const credsFile = (user: User): string => join(dir, 'creds', `${user}.creds`);
  for (const user of USERS) await issueCredentials(credsFile(user), user, core);
  return {
    operatorJwt: await encodeOperator('countersign', operator, { system_account: system.getPublicKey() }),
    systemAccount: { publicKey: system.getPublicKey(), jwt: await encodeAccount('SYS', system, {}, { signer: operator }) },
    coreAccount: { publicKey: core.getPublicKey(), jwt: await encodeAccount('CORE', core, { limits: coreLimits }, { signer: operator }) },
    credsFile,
  };
}

const coreLimits = {
  conn: CONNECTIONS,
  data: UNLIMITED,
  payload: PAYLOAD_BYTES,
  subs: UNLIMITED,
  leaf: 0,
  imports: 0,
  exports: 0,
  wildcards: false,
  streams: 1,
  consumer: UNLIMITED,
  mem_storage: 0,
  // No reservation: a 2.9 server reserves it twice when two clients come at once after a start, and then has no JetStream at all.
  // The server's own `max_file_store` bounds it.
  disk_storage: UNLIMITED,
};

async function issueCredentials(file: string, user: User, core: KeyPair): Promise<void> {
  const rights = allowList(user);
  const wanted = { issuer: core.getPublicKey(), pub: { allow: [...rights.publish] }, sub: { allow: [...rights.subscribe] } };
  if (existsSync(file) && JSON.stringify(claimsIn(readFileSync(file, 'utf8'))) === JSON.stringify(wanted)) return;
  const key = KeyPair.create(Prefix.User);
  const { pub, sub } = wanted;
  const jwt = await encodeUser(user, key, core, { pub, sub, subs: SUBSCRIPTIONS, payload: PAYLOAD_BYTES, data: UNLIMITED, bearer_token: false, allowed_connection_types: ['STANDARD'] });
  writeSecret(file, Buffer.from(fmtCreds(jwt, key)).toString());
}

/** Issuer and allow-lists inside a credentials file; a file that cannot be read counts as having none, and is replaced. */
function claimsIn(creds: string): unknown {
  const { jwt } = partsOf(creds);
  if (jwt === undefined) return undefined;
  const { iss, nats } = decode<UserClaims>(jwt);
  return { issuer: iss, pub: { allow: nats.pub?.allow }, sub: { allow: nats.sub?.allow } };
}

function keyPair(file: string, prefix: Prefix): KeyPair {
  if (existsSync(file)) return new KeyPair(Buffer.from(readFileSync(file, 'utf8').trim()));
  const key = KeyPair.create(prefix);
  writeSecret(file, Buffer.from(key.getSeed()).toString());
  return key;
}
