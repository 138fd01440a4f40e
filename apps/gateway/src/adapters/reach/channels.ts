import type { Channel } from '@countersign/contracts';
import type { RingText } from '../../domain/ring-text.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';
import { isPushService, type WebPushSettings } from './web-push-channel.js';

export const WAYS = ['fcm', 'webpush', 'email', 'sms'] as const;
export type Way = (typeof WAYS)[number];
const WAYS_OF: Readonly<Record<Channel, readonly Way[]>> = { push: ['fcm', 'webpush'], email: ['email'], sms: ['sms'] };

/** The channels that this installation is set up for. */
export class Channels {
  constructor(
    private readonly ways: Readonly<Partial<Record<Way, RingChannel>>>,
    private readonly webPush: WebPushSettings | undefined,
  ) {}

  /** With which a browser subscribes; null: browsers are not rung. */
  get webPushKey(): string | null {
    return this.webPush?.vapid.publicKey ?? null;
  }

  /** That an address a browser names belongs to a push service that may be called. */
  mayCall(endpoint: string): boolean {
    return isPushService(endpoint, this.webPush?.origins ?? []);
  }

  get available(): Channel[] {
    return (Object.keys(WAYS_OF) as Channel[]).filter((channel) => WAYS_OF[channel].some((way) => this.ways[way] !== undefined));
  }

  /** Resolves with `not_configured` for a way that is not set up. */
  async send(way: Way, address: string, text: RingText, id: string): Promise<SendOutcome> {
    const channel = this.ways[way];
    if (channel === undefined) return failed('not_configured', false);
    return channel.send(address, text, id);
  }
}
