import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, randomUUID, verify, type ECDH } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerSlowly, bodyOf, keep, listening, type DoubleFault, type Listening } from './http-double.js';

/** What a browser would have been handed: headers of RFC 8030 and the decrypted body. */
export interface TakenPush {
  readonly endpoint: string;
  readonly ttl: number;
  readonly urgency: string | undefined;
  readonly topic: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
  /** `sub` of the sender's token. */
  readonly sender: string;
}
export interface BrowserSubscription {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}
interface Browser {
  readonly ecdh: ECDH;
  readonly auth: Buffer;
}

/** Browsers and their push service on loopback: RFC 8030, messages decrypted by RFC 8291, senders identified by RFC 8292. */
export class PushServiceDouble implements AsyncDisposable {
  readonly taken: TakenPush[] = [];
  readonly requests: string[] = [];
  /** What goes wrong with the next messages; `always` with all of them. */
  readonly faults: DoubleFault[] = [];
  always: DoubleFault | undefined;
  slowMs = 300;
  /** What it asks for when it is busy. */
  retryAfterSeconds = 1;
  private readonly browsers = new Map<string, Browser>();
  private http!: Listening;

  private constructor(private readonly vapidPublicKey: string) {}

  static async start(vapidPublicKey: string): Promise<PushServiceDouble> {
    const double = new PushServiceDouble(vapidPublicKey);
    double.http = await listening((request, response) => double.answer(request, response));
    return double;
  }

  get origin(): string {
    return this.http.origin;
  }

  /** A browser that lets itself be rung. */
  subscribe(): BrowserSubscription {
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const auth = randomBytes(16);
    const endpoint = `${this.origin}/push/${randomUUID()}`;
    this.browsers.set(endpoint, { ecdh, auth });
    return { endpoint, p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.http.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const endpoint = `${this.origin}${request.url}`;
    keep(this.requests, endpoint);
    const body = await bodyOf(request);
    const browser = this.browsers.get(endpoint);
    const fault = this.always ?? this.faults.shift();
    if (request.method !== 'POST' || browser === undefined || fault === 'missing') return void response.writeHead(404).end();
    if (fault === 'gone') {
      this.browsers.delete(endpoint);
      return void response.writeHead(410).end();
    }
    if (fault === 'busy') return void response.writeHead(429, { 'retry-after': String(this.retryAfterSeconds) }).end();
    if (fault === 'hang') return;
    if (fault === 'broken') return void response.writeHead(503).end();
    const misfit = misfitOf(request, body);
    if (misfit !== undefined) return void response.writeHead(misfit).end();
    const sender = this.senderOf(request);
    if (sender === undefined) return void response.writeHead(403).end();
    const push = { endpoint, ttl: Number(request.headers['ttl']), urgency: header(request, 'urgency'), topic: header(request, 'topic'), contentType: header(request, 'content-type'), body: decrypt(body, browser), sender };
    for (let times = fault === 'twice' ? 2 : 1; times > 0; times--) keep(this.taken, push);
    await answerSlowly(request, fault, this.slowMs, () => void response.writeHead(201, { location: `${endpoint}/${randomUUID()}` }).end());
  }

  /** RFC 8292: a token for this origin, not expired, signed by the key that the browser subscribed with. */
  private senderOf(request: IncomingMessage): string | undefined {
    const [, token, key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(header(request, 'authorization') ?? '') ?? [];
    if (token === undefined || key !== this.vapidPublicKey) return undefined;
    const [head, claims, signature] = token.split('.') as [string, string, string];
    const point = Buffer.from(key, 'base64url');
    const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }, format: 'jwk' });
    if (!verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) return undefined;
    const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string };
    const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string; exp: number; sub: string };
    const now = Date.now() / 1000;
    return alg === 'ES256' && aud === this.origin && exp > now && exp <= now + 86_400 && /^(?:mailto:|https:)/.test(sub) ? sub : undefined;
  }
}

const MOST_BYTES = 4_096;
/** What a push service refuses before it looks at who sends: no TTL, a topic or urgency that is none (RFC 8030 §5), what is not encrypted, or too long. */
function misfitOf(request: IncomingMessage, body: Buffer): number | undefined {
  if (body.length > MOST_BYTES) return 413;
  const fits =
    /^\d+$/.test(header(request, 'ttl') ?? '') && /^[\w-]{1,32}$/.test(header(request, 'topic') ?? 'none') && ['very-low', 'low', 'normal', 'high'].includes(header(request, 'urgency') ?? 'normal') && header(request, 'content-encoding') === 'aes128gcm';
  return fits ? undefined : 400;
}

const header = (request: IncomingMessage, name: string): string | undefined => request.headers[name] as string | undefined;

/** One record of aes128gcm (RFC 8188) under the keys of RFC 8291 §3.4. */
function decrypt(body: Buffer, { ecdh, auth }: Browser): string {
  const salt = body.subarray(0, 16);
  const idLength = body[20]!;
  if (body.readUInt32BE(16) < body.length - 21 - idLength) throw new RangeError('more than one record');
  const sender = body.subarray(21, 21 + idLength);
  const ikm = derive(ecdh.computeSecret(sender), auth, Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]), 32);
  const record = body.subarray(21 + idLength);
  const decipher = createDecipheriv('aes-128-gcm', derive(ikm, salt, 'Content-Encoding: aes128gcm\0', 16), derive(ikm, salt, 'Content-Encoding: nonce\0', 12)).setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString('utf8');
}

const derive = (key: Buffer, salt: Buffer, info: string | Buffer, bytes: number): Buffer => Buffer.from(hkdfSync('sha256', key, salt, info, bytes));
