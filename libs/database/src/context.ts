import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A service's own key for signing contexts; `kid` names it in `sec.ctx_key`. */
export interface ContextKey {
  readonly kid: string;
  readonly key: Buffer;
}

export type ContextScope = 'team' | 'customer' | 'platform';

/** How long a context may wait before the database sees it; it is bound to one transaction from then on. */
const CONTEXT_LIFE_SECONDS = 30;

/** The file holds JSON `{kid, key}` with the key in hex. */
export function readContextKey(file: string): ContextKey {
  const { kid, key } = JSON.parse(readFileSync(file, 'utf8')) as { kid: string; key: string };
  return { kid, key: Buffer.from(key, 'hex') };
}

/** The text `sec.enter` verifies: kid.scope.id.principal.exp.hexMac (principal base64url, so that no field holds a dot). */
export function signContext(key: ContextKey, scope: ContextScope, id: string, principal: string, nowMs = Date.now()): string {
  const exp = Math.floor(nowMs / 1000) + CONTEXT_LIFE_SECONDS;
  const body = [key.kid, scope, id, Buffer.from(principal).toString('base64url'), exp].join('.');
  return `${body}.${createHmac('sha256', signerOf(key)).update(body).digest('hex')}`;
}

/** Node prepares a key anew for every signature unless it is given one that is prepared: a seventh of the time. */
const signers = new WeakMap<ContextKey, KeyObject>();
function signerOf(key: ContextKey): KeyObject {
  const signer = signers.get(key) ?? createSecretKey(key.key);
  signers.set(key, signer);
  return signer;
}
