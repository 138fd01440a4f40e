import { createPublicKey, generateKeyPair, randomBytes, randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { certificateFor } from './certificate.js';
import { bodyOf, keep, type DoubleFault } from './http-double.js';

/** What a phone would have got. */
export interface ReceivedPush {
  readonly at: string;
  readonly token: string;
  readonly name: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** As Google gives it out; the key is made when it is first asked for. */
export interface ServiceAccount {
  readonly type: 'service_account';
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
}

const PROJECT = 'countersign-local';
const EMAIL = `double@${PROJECT}.iam.gserviceaccount.com`;
const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const [API_HOST, TOKEN_HOST] = ['fcm.googleapis.com', 'oauth2.googleapis.com'];
const SCOPES = ['https://www.googleapis.com/auth/firebase.messaging', 'https://www.googleapis.com/auth/cloud-platform'];
const TOKEN_SECONDS = 3_599;
const MOST_ASSERTION_SECONDS = 3_600;
const MAX_MESSAGE_BYTES = 4_096;

interface Refusal {
  readonly status: number;
  /** Google's canonical name (google.rpc.Code). */
  readonly error: string;
  /** FCM's own (google.firebase.fcm.v1.FcmError). */
  readonly code: string;
}
const GONE: Refusal = { status: 404, error: 'NOT_FOUND', code: 'UNREGISTERED' };
const BUSY: Refusal = { status: 429, error: 'RESOURCE_EXHAUSTED', code: 'QUOTA_EXCEEDED' };
const BROKEN: Refusal = { status: 500, error: 'INTERNAL', code: 'INTERNAL' };
const AWAY: Refusal = { status: 503, error: 'UNAVAILABLE', code: 'UNAVAILABLE' };
const INVALID: Refusal = { status: 400, error: 'INVALID_ARGUMENT', code: 'INVALID_ARGUMENT' };
const FOREIGN: Refusal = { status: 403, error: 'PERMISSION_DENIED', code: 'SENDER_ID_MISMATCH' };
const STRANGER: Refusal = { status: 401, error: 'UNAUTHENTICATED', code: 'THIRD_PARTY_AUTH_ERROR' };

/** What goes wrong with the next message, whoever it is for. FCM knows one way of being gone. */
const REFUSED: Readonly<Partial<Record<DoubleFault, Refusal>>> = { missing: GONE, gone: GONE, busy: BUSY, broken: AWAY };
/** By the device's address: `unregistered…` is gone, `foreign…` another project's, `quota-N…` and `flaky-N…` fail N times first. */
const REFUSED_BY_NAME: readonly (Refusal & { readonly pattern: RegExp })[] = [
  { ...GONE, pattern: /^unregistered/ },
  { ...FOREIGN, pattern: /^foreign/ },
  { ...BUSY, pattern: /^quota-(\d+)/ },
  { ...BROKEN, pattern: /^flaky-(\d+)/ },
];

/**
 * Firebase Cloud Messaging on loopback: its HTTP v1 API and Google's token endpoint, over TLS, under the names that both have.
 *
 * It gives a token for an assertion that its service account has signed, takes messages with that token alone, and keeps them. Also by
 * the device's address: `lost-N…` takes N times what it does not answer, `slow…` answers late, `twice…` takes everything twice.
 */
export class FcmServiceDouble implements AsyncDisposable {
  readonly projectId = PROJECT;
  readonly taken: ReceivedPush[] = [];
  readonly requests: string[] = [];
  /** What goes wrong with the next messages; `always` with all of them. */
  readonly faults: DoubleFault[] = [];
  always: DoubleFault | undefined;
  /** What goes wrong with the next requests for a token; `alwaysTokens` with all of them. */
  readonly tokenFaults: DoubleFault[] = [];
  alwaysTokens: DoubleFault | undefined;
  /** What it asks for when it is busy. */
  retryAfterSeconds = 1;
  slowMs = 300;
  private readonly tries = new Map<string, number>();
  private readonly tokens = new Set<string>();
  private account: Promise<ServiceAccount> | undefined;

  private constructor(
    private readonly server: Server,
    private readonly certificate: string,
    private readonly onTaken: (push: ReceivedPush) => Promise<void>,
  ) {
    server.on('request', (request, response) => void this.answer(request, response).catch(() => response.writeHead(400).end()));
  }

  /** `onTaken` is waited for before the answer. */
  static async start(onTaken: (push: ReceivedPush) => Promise<void> = () => Promise.resolve()): Promise<FcmServiceDouble> {
    const { cert, key } = certificateFor(API_HOST, TOKEN_HOST);
    const server = createServer({ cert, key }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FcmServiceDouble(server, cert, onTaken);
  }

  /** Leads every connection here, whatever host it is for; the certificate is checked against that host's name. */
  agent(): Agent {
    const { port } = this.server.address() as AddressInfo;
    const dial = (servername: string): TLSSocket => connect({ host: '127.0.0.1', port, servername, ca: this.certificate });
    return new (class extends Agent {
      override createConnection({ servername, host }: { servername?: string; host?: string | null }): TLSSocket {
        return dial(servername || host || '');
      }
    })();
  }

  serviceAccount(): Promise<ServiceAccount> {
    this.account ??= makeAccount();
    return this.account;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const where = `${request.method} https://${request.headers.host}${request.url}`;
    keep(this.requests, where);
    const body = (await bodyOf(request)).toString('utf8');
    if (where === `POST ${TOKEN_URL}`) return this.giveToken(request, new URLSearchParams(body), response);
    if (where !== `POST https://${API_HOST}/v1/projects/${PROJECT}/messages:send`) return void response.writeHead(404).end();
    await this.take(request, body, response);
  }

  /** RFC 7523, as https://developers.google.com/identity/protocols/oauth2/service-account#httprest has it. */
  private async giveToken(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): Promise<void> {
    const fault = this.alwaysTokens ?? this.tokenFaults.shift();
    if (fault === 'hang') return;
    if (fault === 'lost') return void request.socket.destroy();
    if (fault === 'slow') await sleep(this.slowMs);
    if (fault === 'missing' || fault === 'gone') return reply(response, 400, { error: 'invalid_grant', error_description: 'Invalid grant: account not found' });
    if (fault === 'busy' || fault === 'broken') return this.refuse(response, REFUSED[fault]!);
    const grant = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    if (!grant || !isAssertion(form.get('assertion') ?? '', (await this.serviceAccount()).private_key)) return reply(response, 400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' });
    const token = `ya29.${randomBytes(24).toString('base64url')}`;
    this.tokens.add(token);
    reply(response, 200, { access_token: token, expires_in: TOKEN_SECONDS, token_type: 'Bearer' });
  }

  private async take(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const [, bearer] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (bearer === undefined || !this.tokens.has(bearer)) return refuse(response, STRANGER);
    const { message } = JSON.parse(body) as { message?: Record<string, unknown> };
    if (!isMessage(message) || Buffer.byteLength(JSON.stringify({ ...message, token: undefined })) > MAX_MESSAGE_BYTES) return refuse(response, INVALID);
    const fault = this.always ?? this.faults.shift();
    const refusal = this.refusalOf(message.token, fault);
    if (refusal) return this.refuse(response, refusal);
    if (fault === 'hang') return;
    const push: ReceivedPush = { at: new Date().toISOString(), token: message.token, name: `projects/${PROJECT}/messages/${randomUUID()}`, message };
    await this.keep(push);
    if (fault === 'twice' || message.token.startsWith('twice')) await this.keep(push);
    if (fault === 'lost' || this.isFirst(/^lost-(\d+)/, message.token)) return void request.socket.destroy();
    if (fault === 'slow' || message.token.startsWith('slow')) await sleep(this.slowMs);
    reply(response, 200, { name: push.name });
  }

  private refuse(response: ServerResponse, refusal: Refusal): void {
    refuse(response, refusal, refusal.status === 429 ? { 'retry-after': String(this.retryAfterSeconds) } : {});
  }

  private refusalOf(token: string, fault: DoubleFault | undefined): Refusal | undefined {
    this.tries.set(token, (this.tries.get(token) ?? 0) + 1);
    return (fault && REFUSED[fault]) ?? REFUSED_BY_NAME.find(({ pattern }) => this.isFirst(pattern, token));
  }

  /** That a token whose name says so is still within its first tries. */
  private isFirst(pattern: RegExp, token: string): boolean {
    const match = pattern.exec(token);
    return match !== null && this.tries.get(token)! <= Number(match[1] ?? Infinity);
  }

  private async keep(push: ReceivedPush): Promise<void> {
    keep(this.taken, push);
    await this.onTaken(push);
  }
}

async function makeAccount(): Promise<ServiceAccount> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { type: 'service_account', project_id: PROJECT, client_email: EMAIL, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A JWT for this endpoint, of the account, for what sending needs, that is not over and not for longer than an hour. */
function isAssertion(jwt: string, privateKey: string): boolean {
  const [head, claims, signature] = jwt.split('.');
  if (head === undefined || claims === undefined || signature === undefined) return false;
  if (!verify('sha256', Buffer.from(`${head}.${claims}`), createPublicKey(privateKey), Buffer.from(signature, 'base64url'))) return false;
  const read = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  const [{ alg }, { iss, aud, scope, iat, exp }] = [read(head), read(claims)];
  const now = Date.now() / 1000;
  const scoped = typeof scope === 'string' && scope.split(' ').some((one) => SCOPES.includes(one));
  return alg === 'RS256' && iss === EMAIL && aud === TOKEN_URL && scoped && typeof iat === 'number' && typeof exp === 'number' && exp > now && iat <= now + 60 && exp - iat <= MOST_ASSERTION_SECONDS;
}

const isMessage = (message: Record<string, unknown> | undefined): message is Record<string, unknown> & { token: string } =>
  typeof message?.['token'] === 'string' && Object.values((message['data'] ?? {}) as object).every((value) => typeof value === 'string');

const refuse = (response: ServerResponse, { status, error, code }: Refusal, headers: Readonly<Record<string, string>> = {}): void =>
  reply(response, status, { error: { code: status, status: error, message: code, details: [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: code }] } }, headers);

function reply(response: ServerResponse, status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
