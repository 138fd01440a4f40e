import { createHmac } from 'node:crypto';

/** Bytes, 24 to 64 by the specification. */
export type WebhookKey = Uint8Array;

const PREFIX = 'whsec_';
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

/**
 * The keys of a secret's file: one `whsec_<base64>` a line, the newest first; while a secret is being replaced there are two, and
 * each signs. Undefined where a line is anything else: a key is never guessed at.
 */
export function readKeys(text: string): readonly WebhookKey[] | undefined {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const keys = lines.map(keyOf);
  return keys.length > 0 && keys.every((key) => key !== undefined) ? keys : undefined;
}

function keyOf(line: string): WebhookKey | undefined {
  const text = line.slice(PREFIX.length);
  if (!line.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length >= LEAST_BYTES && key.length <= MOST_BYTES ? key : undefined;
}

/** The headers of Standard Webhooks 1.0: `v1` is HMAC-SHA256 over `id.timestamp.body`, a signature for each key. `at` counts whole seconds since 1970. */
export function webhookHeaders(id: string, at: number, body: Uint8Array, keys: readonly WebhookKey[]): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(at);
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** Redirections that say: ask there, nothing was done here (RFC 9110 §15.4). 302 and 303 are also what a receiver answers that has taken it. */
const ELSEWHERE = [301, 307, 308];

/** Not now (RFC 8470 §5.2, RFC 6585 §4): nothing was done with it, and it may come again. */
const LATER = [425, 429];
/** That it took too long to come, or that something of its name is there: said by who may have taken it, too. */
const UNCLEAR = [408, 409];

/**
 * What a receiver's answer says about a message that was sent whole: a 4xx, or being sent elsewhere with it, is surely a no, but for
 * those that say "later" and those that somebody answers who may have it; a broken server may have taken it, too.
 */
export function readPostAnswer(status: number): 'taken' | 'refused' | 'later' | 'unclear' {
  if (status >= 200 && status < 300) return 'taken';
  if (LATER.includes(status)) return 'later';
  if (UNCLEAR.includes(status)) return 'unclear';
  return (status >= 400 && status < 500) || ELSEWHERE.includes(status) ? 'refused' : 'unclear';
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
/** How long a `Retry-After` asks to wait (RFC 9110 §10.2.3), in milliseconds; 0 where it says nothing that can be read. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  return HTTP_DATE.test(header) ? Math.max(0, Date.parse(header) - now) : 0;
}

/** What its status address says: that it has the message, that it has not, or nothing. */
export function readStatusAnswer(status: number): 'there' | 'absent' | 'nothing' {
  if (status >= 200 && status < 300) return 'there';
  return status === 404 ? 'absent' : 'nothing';
}
