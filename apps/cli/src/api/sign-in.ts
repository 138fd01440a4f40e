import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { homeOf, type Home } from '../stack/home.js';
import { runningStack } from '../stack/record.js';
import type { Call } from '../commands/command.js';
import { ApproverKey } from './approver-key.js';
import { ApiError, UnreachableError } from './api-error.js';
import { ApiClient, problemOf } from './client.js';

const GRANT = 'urn:countersign:persona';
const CLIENT = 'cli';

/** The gateway to talk to: `--url`, else the stack that runs on the home. */
export function gatewayUrl(call: Call, home: Home = homeOf(call.global.home)): string {
  if (call.global.url) return call.global.url.replace(/\/$/, '');
  const running = runningStack(home);
  if (running?.state === 'ready') return running.url;
  throw new SetupError(`no stack is running on ${home.shown}`, { hint: 'start one with `countersign up --detach`, or name a gateway with --url' });
}

/** A bearer token: COUNTERSIGN_TOKEN where somebody else signs people in, otherwise the local issuer's for a persona. */
export async function tokenFor(call: Call, persona: string): Promise<string> {
  const given = process.env.COUNTERSIGN_TOKEN;
  if (given && !call.global.as) return given;
  const home = homeOf(call.global.home);
  if (!existsSync(home.cliSecret)) throw new SetupError(`${home.shown} holds no secret of a local issuer`, { hint: 'start a stack there, or set COUNTERSIGN_TOKEN' });
  const url = gatewayUrl(call, home);
  const body = new URLSearchParams({ grant_type: GRANT, persona, client_id: CLIENT, client_secret: readFileSync(home.cliSecret, 'utf8').trim() });
  const response = await fetch(`${url}/oidc/token`, { method: 'POST', body }).catch((cause: unknown) => Promise.reject(new UnreachableError(url, undefined, { cause })));
  if (!response.ok) throw await refusal(response, persona);
  return ((await response.json()) as { access_token: string }).access_token;
}

/** The issuer speaks OAuth's own error format (RFC 6749 §5.2). */
async function refusal(response: Response, persona: string): Promise<ApiError> {
  const problem = (await problemOf(response)) as { error?: string; error_description?: string } & ConstructorParameters<typeof ApiError>[0];
  return new ApiError({ ...problem, code: problem.error ?? problem.code, detail: `no token for "${persona}": ${problem.error_description ?? problem.error ?? problem.title}` });
}

/** A client as the persona of `--as`, or the one that usually does what the command does. */
export async function signIn(call: Call, usual: string): Promise<ApiClient> {
  const key = call.flags['idempotency-key'];
  return new ApiClient({ url: gatewayUrl(call), token: await tokenFor(call, call.global.as ?? usual), idempotencyKey: typeof key === 'string' ? key : undefined });
}

/** Says on which device the person decides: this terminal. The same terminal is the same device, with the same key. */
export function useThisTerminal(client: ApiClient, home: Home): Promise<ApproverKey> {
  const name = `Terminal on ${hostname()}`.slice(0, 80);
  return ApproverKey.on(client, home.shown, { name, address: `${userInfo().username}@${hostname()}` });
}
