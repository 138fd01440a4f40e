import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { homeOf, type Home } from '../stack/home.js';
import { runningStack } from '../stack/record.js';
import type { Call } from '../commands/command.js';
import { ApproverKey } from './approver-key.js';
import { ApiError, UnreachableError } from './api-error.js';
import { ApiClient, problemOf } from './client.js';
import { bearer, BoundToken, type Credential, type IssuedToken } from './credential.js';
import { openKey } from './key-file.js';

const GRANT = 'urn:countersign:persona';
const CLIENT = 'cli';

/** The gateway to talk to: `--url`, else the stack that runs on the home. */
export function gatewayUrl(call: Call, home: Home = homeOf(call.global.home)): string {
  if (call.global.url) return call.global.url.replace(/\/$/, '');
  const running = runningStack(home);
  if (running?.state === 'ready') return running.url;
  throw new SetupError(`no stack is running on ${home.shown}`, { hint: 'start one with `countersign up --detach`, or name a gateway with --url' });
}

/** COUNTERSIGN_TOKEN, where somebody else signs people in. */
const givenToken = (call: Call): string | undefined => (call.global.as ? undefined : process.env.COUNTERSIGN_TOKEN || undefined);

/** A token that scripts can use as it is, of the local issuer's for a persona or the one that was given. */
export async function plainTokenFor(call: Call, persona: string): Promise<string> {
  return givenToken(call) ?? (await issue(call, persona)).token;
}

/** What this program itself says who it is with: the local issuer's tokens, bound to a key of the home's, or the token that was given. */
export async function credentialFor(call: Call, persona: string): Promise<Credential> {
  const given = givenToken(call);
  if (given !== undefined) return bearer(given);
  const home = homeOf(call.global.home);
  cliSecretOf(home);
  const key = await openKey(join(home.shown, 'token-key.json'), 'and nothing is lost');
  return new BoundToken(key, tokenUrl(gatewayUrl(call, home)), (proof) => issue(call, persona, proof));
}

const tokenUrl = (gateway: string): string => `${gateway}/oidc/token`;

async function issue(call: Call, persona: string, proof?: string): Promise<IssuedToken> {
  const home = homeOf(call.global.home);
  const secret = cliSecretOf(home);
  const url = gatewayUrl(call, home);
  const body = new URLSearchParams({ grant_type: GRANT, persona, client_id: CLIENT, client_secret: secret });
  const response = await fetch(tokenUrl(url), { method: 'POST', body, headers: proof === undefined ? {} : { dpop: proof } }).catch((cause: unknown) => Promise.reject(new UnreachableError(url, undefined, { cause })));
  if (!response.ok) throw await refusal(response, persona);
  const { access_token, token_type, expires_in } = (await response.json()) as { access_token: string; token_type: string; expires_in: number };
  return { token: access_token, type: token_type, lifeSeconds: expires_in, nonce: response.headers.get('dpop-nonce') ?? undefined };
}

function cliSecretOf(home: Home): string {
  if (!existsSync(home.cliSecret)) throw new SetupError(`${home.shown} holds no secret of a local issuer`, { hint: 'start a stack there, or set COUNTERSIGN_TOKEN' });
  return readFileSync(home.cliSecret, 'utf8').trim();
}

/** The issuer speaks OAuth's own error format (RFC 6749 §5.2). */
async function refusal(response: Response, persona: string): Promise<ApiError> {
  const problem = (await problemOf(response)) as { error?: string; error_description?: string } & ConstructorParameters<typeof ApiError>[0];
  return new ApiError({ ...problem, code: problem.error ?? problem.code, detail: `no token for "${persona}": ${problem.error_description ?? problem.error ?? problem.title}` });
}

/** A client as the persona of `--as`, or the one that usually does what the command does. */
export async function signIn(call: Call, usual: string): Promise<ApiClient> {
  const key = call.flags['idempotency-key'];
  return new ApiClient({ url: gatewayUrl(call), credential: await credentialFor(call, call.global.as ?? usual), idempotencyKey: typeof key === 'string' ? key : undefined });
}

/** Says on which device the person decides: this terminal. The same terminal is the same device, with the same key. */
export function useThisTerminal(client: ApiClient, home: Home): Promise<ApproverKey> {
  const name = `Terminal on ${hostname()}`.slice(0, 80);
  return ApproverKey.on(client, home.shown, { name, address: `${userInfo().username}@${hostname()}` });
}
