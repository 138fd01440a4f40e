import type { DeliveryState, DeliveryView, RingState } from '@countersign/contracts';
import { inSight } from './invisible.js';

const BY: Readonly<Record<DeliveryView['by'], string>> = { fcm: 'A phone', webpush: 'A browser', email: 'The mail address', sms: 'The number' };
/** All that a provider says: whether it came, and was seen, nobody tells us. */
const TAKEN: Readonly<Record<DeliveryView['by'], string>> = { fcm: 'taken by the push service', webpush: 'taken by the push service', email: 'taken by the mail server', sms: 'taken by the text message service' };
const STATES: Readonly<Record<Exclude<DeliveryState, 'sent'>, string>> = { due: 'not yet', sending: 'on its way', failed: 'not reached', withdrawn: 'not needed any more' };
/** What came of ringing one person by one way. */
export const ringWords: Readonly<Record<RingState, string>> = { held: 'held back', ringing: 'on its way', reached: 'sent', dead: 'not reached', covered: 'sent together with others', withdrawn: 'not needed any more' };
/** The codes of all channels that mean the same: ours, Firebase's, push services' and Twilio's answers, RFC 5321. */
const WHY: readonly (readonly [RegExp, string])[] = [
  [/^(?:timeout|smtp_(?:etimedout|etimeout)|app\/network-timeout)$/, 'the service did not answer'],
  [/^(?:unreachable|channel_error|app\/network-error|smtp_(?:econnection|esocket|edns))$/, 'the service was not there'],
  [/^(?:messaging\/(?:registration-token-not-registered|invalid-registration-token|mismatched-credential)|web_push_(?:404|410)|subscription_unreadable)$/, 'its address is not valid any more'],
  [/^(?:smtp_55[013]|sms_21211|sms_21612|sms_21614)$/, 'nobody is known there'],
  [/^sms_21610$/, 'it wants no more messages'],
  [/(?:quota-exceeded|message-rate-exceeded|_429|_20429)$|^smtp_45[02]$/, 'the service is busy'],
  [/auth|credential|_(?:401|403)$|^smtp_53\d$|^sms_20003$|^push_service_unknown$/, 'the service does not take it from here: whoever runs this has to look'],
  [/^smtp_5\d\d$/, 'the service refused it'],
  [/(?:internal-error|unknown-error|server-unavailable|_5\d\d|_20503)$|^smtp_4\d\d$/, 'the service is broken'],
  [/^(?:no_address|address_removed)$/, 'the address is gone'],
  [/^not_configured$/, 'it is not set up here'],
  [/^quiet_hours$/, 'quiet hours'],
];

/** What a code says that a channel failed with: words for people, whatever a service answers. */
export const failureWords = (code: string): string => WHY.find(([pattern]) => pattern.test(code))?.[1] ?? 'the service refused it';
/** The same as a sentence of its own. */
export const failureSentence = (code: string): string => {
  const words = failureWords(code);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
};

/** What came of ringing one device or address. */
export function deliveryWords({ device, by, state, attempts, code }: Pick<DeliveryView, 'device' | 'by' | 'state' | 'attempts' | 'code'>): string {
  const tried = attempts > 1 ? `, tried ${attempts} times` : '';
  const why = code === null || state === 'sent' ? '' : ` (${failureWords(code)})`;
  const held = state === 'withdrawn' && code === 'quiet_hours';
  const how = held ? ringWords.held : state === 'sent' ? TAKEN[by] : state === 'due' && attempts > 0 ? 'to be tried again' : STATES[state];
  return `${device === null ? BY[by] : `“${inSight(device)}”`}: ${how}${why}${tried}`;
}
