import type { RingText } from '../../domain/ring-text.js';

/** `gone`: the address exists no more and will never again. `retryAfterMs`: when the other side wants to be asked again. */
export type SendOutcome =
  | { readonly sent: true; readonly providerId: string }
  /** Nobody was asked: the other side is left alone for so long. It was no try. */
  | { readonly sent: false; readonly laterMs: number }
  | { readonly sent: false; readonly code: string; readonly gone: boolean; readonly retryable: boolean; readonly retryAfterMs?: number };

/** A sender that has not answered for this long is taken for dead, and the row is due again. */
export const CLAIM_SECONDS = 30;

/** A way to ring. */
export interface RingChannel {
  /**
   * Never throws for what the other side answers; resolves when it has taken or refused what was said.
   *
   * `id` stays the same when it is sent again, so that where a channel can tell, the person sees it once.
   */
  send(address: string, text: RingText, id: string): Promise<SendOutcome>;
}

export type Failed = Extract<SendOutcome, { readonly code: string }>;
/** What came of a try. */
export type Tried = Exclude<SendOutcome, { readonly laterMs: number }>;
export const isTried = (outcome: SendOutcome): outcome is Tried => !('laterMs' in outcome);

export const failed = (code: string, retryable: boolean, more: { readonly gone?: boolean; readonly retryAfterMs?: number | undefined } = {}): Failed => ({
  sent: false,
  code,
  gone: more.gone ?? false,
  retryable,
  ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
});
