import type { Push } from '../../domain/push-text.js';

/** `gone`: the address exists no more and will never again. */
export type SendOutcome = { readonly sent: true; readonly providerId: string } | { readonly sent: false; readonly code: string; readonly gone: boolean; readonly retryable: boolean };

/** A way to ring on a device. */
export abstract class PushChannel {
  /** Never throws for what the push service answers; resolves when it has taken or refused the push. */
  abstract send(address: string, push: Push, link: string): Promise<SendOutcome>;
}
