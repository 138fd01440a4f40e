import { createHmac } from 'node:crypto';

const STEP_SECONDS = 60;
/** The newest, four before it, and the next of a copy of ours whose clock is ahead. */
const TAKEN = [0, -1, -2, -3, -4, 1];

const nonceOf = (secret: Buffer, step: number): string => createHmac('sha256', secret).update(`dpop nonce ${step}`).digest('base64url').slice(0, 22);

/**
 * What a proof must repeat so that it cannot have been made long ago (RFC 9449 §8, §9). Made from the time and a secret that all
 * copies of a service have: none is stored, and each copy takes those of the others.
 */
export const newestNonce = (secret: Buffer, nowMs: number): string => nonceOf(secret, Math.floor(nowMs / 1000 / STEP_SECONDS));

export function isFreshNonce(secret: Buffer, nonce: string, nowMs: number): boolean {
  const now = Math.floor(nowMs / 1000 / STEP_SECONDS);
  return TAKEN.some((step) => nonceOf(secret, now + step) === nonce);
}
