import webPush from 'web-push';
import type { RingText } from '../../domain/ring-text.js';
import { mayPass, retryAfterMs, topicOf } from '../../domain/http-answers.js';
import { SilentOrigins } from '../../domain/silent-origins.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';
import { sendHttp } from './send-http.js';

export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}
export interface WebPushSettings {
  readonly vapid: VapidKeys;
  /** Who sends, for the push service's operator: an https or mailto URL. */
  readonly subject: string;
  /** Push services that may be called: `https://host` or `https://*.host`. A browser names its own, so anything else would be a way into our network. */
  readonly origins: readonly string[];
  readonly timeoutMs: number;
}
interface Subscription {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

/** Browsers by Web Push: encrypted by RFC 8291, identified by RFC 8292, the body declarative for Safari and read by the service worker elsewhere. */
export class WebPushChannel implements RingChannel {
  private readonly silences = new SilentOrigins();

  constructor(private readonly settings: WebPushSettings) {}

  /** `address`: a `PushSubscriptionBody` as JSON, or a browser's own `PushSubscription`. */
  async send(address: string, text: RingText): Promise<SendOutcome> {
    const subscription = readSubscription(address);
    if (subscription === undefined) return failed('subscription_unreadable', false, { gone: true });
    if (!isPushService(subscription.endpoint, this.settings.origins)) return failed('push_service_unknown', false);
    const { endpoint, p256dh, auth } = subscription;
    const { origin } = new URL(endpoint);
    const rest = this.silences.restMs(origin, Date.now());
    if (rest !== undefined) return { sent: false, laterMs: rest };
    const { vapid, subject, timeoutMs } = this.settings;
    const { headers, body, method } = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, JSON.stringify(declarative(text)), {
      vapidDetails: { subject, ...vapid },
      TTL: Math.floor(text.ttlMs / 1_000),
      urgency: text.urgent ? 'high' : 'normal',
      topic: topicOf(text.collapseKey),
    });
    const answer = await sendHttp(endpoint, { method, headers: { ...(headers as Record<string, string>), 'Content-Type': 'application/notification+json' }, body: new Uint8Array(body!) }, timeoutMs);
    if (answer === 'timeout') this.silences.wasSilent(origin, Date.now());
    else this.silences.answered(origin);
    if (typeof answer === 'string') return failed(answer, true);
    if (answer.ok) return { sent: true, providerId: answer.headers.get('location') ?? endpoint };
    const { status } = answer;
    return failed(`web_push_${status}`, mayPass(status), { gone: status === 404 || status === 410, retryAfterMs: retryAfterMs(answer.headers.get('retry-after'), Date.now()) });
  }
}

/** https://www.w3.org/TR/push-api/#declarative-push-message; `data` is what the service worker reads. */
const declarative = ({ title, body, link, collapseKey, data }: RingText) => ({ web_push: 8030, notification: { title, body, navigate: link, tag: collapseKey, data } });

function readSubscription(address: string): Subscription | undefined {
  try {
    const { endpoint, keys, ...rest } = JSON.parse(address) as Partial<Subscription> & { keys?: Partial<Subscription> };
    const { p256dh, auth } = { ...rest, ...keys };
    return typeof endpoint === 'string' && typeof p256dh === 'string' && typeof auth === 'string' ? { endpoint, p256dh, auth } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** That an endpoint a browser named belongs to a push service we may call. */
export function isPushService(endpoint: string, origins: readonly string[]): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, host, username, password } = new URL(endpoint);
  if (username !== '' || password !== '') return false;
  return origins.some((allowed) => {
    const [scheme, name] = allowed.split('//') as [string, string];
    return scheme === protocol && (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name);
  });
}
