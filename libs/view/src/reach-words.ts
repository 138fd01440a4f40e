import type { DeliveryState, DeliveryView } from '@countersign/contracts';

const BY: Readonly<Record<DeliveryView['by'], string>> = { fcm: 'A phone', webpush: 'A browser', email: 'The mail address', sms: 'The number' };
const STATES: Readonly<Record<DeliveryState, string>> = { due: 'not yet', sending: 'on its way', sent: 'delivered', failed: 'not reached', withdrawn: 'not needed any more' };
/** The codes of all channels that mean the same; whatever else a service answers stands as it is. */
const WHY: readonly (readonly [RegExp, string])[] = [
  [/^(?:timeout|smtp_(?:etimedout|etimeout)|app\/network-timeout)$/, 'the service did not answer'],
  [/^(?:unreachable|app\/network-error|smtp_(?:econnection|esocket|edns))$/, 'the service was not there'],
  [/^(?:messaging\/(?:registration-token-not-registered|invalid-registration-token)|web_push_(?:404|410)|subscription_unreadable)$/, 'it lets itself be rung no more'],
  [/^(?:smtp_550|sms_21211|sms_21614)$/, 'nobody is known there'],
  [/^sms_21610$/, 'it wants no more messages'],
  [/(?:quota-exceeded|message-rate-exceeded|_429|_20429)$/, 'the service is busy'],
  [/(?:internal-error|server-unavailable|_50\d|_20503)$/, 'the service is broken'],
  [/^(?:no_address|address_removed)$/, 'the address is gone'],
  [/^not_configured$/, 'it is not set up here'],
];

/** What a code says that a channel failed with. */
export const failureWords = (code: string): string => WHY.find(([pattern]) => pattern.test(code))?.[1] ?? code;

/** What came of ringing one device or address. */
export function deliveryWords({ device, by, state, attempts, code }: Pick<DeliveryView, 'device' | 'by' | 'state' | 'attempts' | 'code'>): string {
  const tried = attempts > 1 ? `, tried ${attempts} times` : '';
  const why = code === null || state === 'sent' ? '' : ` (${failureWords(code)})`;
  return `${device === null ? BY[by] : `“${device}”`}: ${state === 'due' && attempts > 0 ? 'to be tried again' : STATES[state]}${why}${tried}`;
}
