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

/** What a receiver's answer says about a message that was sent whole: only a 4xx, or being sent elsewhere with it, is surely a no; a broken server may have taken it. */
export function readPostAnswer(status: number): 'taken' | 'refused' | 'unclear' {
  if (status >= 200 && status < 300) return 'taken';
  return (status >= 400 && status < 500) || ELSEWHERE.includes(status) ? 'refused' : 'unclear';
}

/** What its status address says: that it has the message, that it has not, or nothing. */
export function readStatusAnswer(status: number): 'there' | 'absent' | 'nothing' {
  if (status >= 200 && status < 300) return 'there';
  return status === 404 ? 'absent' : 'nothing';
}
