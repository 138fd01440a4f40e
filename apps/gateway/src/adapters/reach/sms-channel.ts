import { ConfigError } from '@countersign/service';
import type { RingText } from '../../domain/ring-text.js';
import { mayPass, retryAfterMs } from '../../domain/http-answers.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';
import { sendHttp } from './send-http.js';

export interface SmsSettings {
  /** Of the provider's resource for messages, without a query. */
  readonly url: string;
  readonly account: string;
  readonly token: string;
  /** `From` or `MessagingServiceSid`. */
  readonly sender: readonly [string, string];
  readonly timeoutMs: number;
}

/** Reads `SMS_URL` (`https://api.twilio.com/2010-04-01/Accounts/AC…/Messages.json?From=%2B1…`, or with `MessagingServiceSid`). Throws `ConfigError` without repeating it. */
export function readSmsSettings(text: string, token: string | undefined, timeoutMs: number): SmsSettings {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const account = /^\/2010-04-01\/Accounts\/(AC\w{32})\/Messages\.json$/.exec(url?.pathname ?? '')?.[1];
  const sender = [...(url?.searchParams ?? [])].find(([name]) => name === 'From' || name === 'MessagingServiceSid');
  const loopback = url?.protocol === 'http:' && url.hostname === '127.0.0.1';
  const problems = [
    ...(url && account && (url.protocol === 'https:' || loopback) ? [] : ['SMS_URL is not https://HOST/2010-04-01/Accounts/AC…/Messages.json']),
    ...(sender ? [] : ['SMS_URL names neither From nor MessagingServiceSid']),
    ...(token ? [] : ['SMS_TOKEN is not set']),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { url: `${url!.origin}${url!.pathname}`, account: account!, token: token!, sender: sender!, timeoutMs };
}

/** Twilio's errors about the number itself: invalid, cannot be texted, not a mobile, wants no more. https://www.twilio.com/docs/api/errors */
const NUMBER_GONE: readonly unknown[] = [21_211, 21_612, 21_614, 21_610];

/** Text messages by Twilio's HTTP API. It has no idempotency key: a message whose answer was lost may come twice. */
export class SmsChannel implements RingChannel {
  constructor(private readonly settings: SmsSettings) {}

  async send(address: string, { title, body, link }: RingText): Promise<SendOutcome> {
    const { url, account, token, sender, timeoutMs } = this.settings;
    const answer = await sendHttp(url, { method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` }, body: new URLSearchParams([['To', address], [...sender], ['Body', `${title}. ${body} ${link}`]]) }, timeoutMs);
    if (typeof answer === 'string') return failed(answer, true);
    const said = (await answer.json().catch(() => ({}))) as { sid?: unknown; code?: unknown };
    if (answer.ok && typeof said.sid === 'string') return { sent: true, providerId: said.sid };
    return failed(`sms_${typeof said.code === 'number' ? said.code : answer.status}`, mayPass(answer.status), { gone: NUMBER_GONE.includes(said.code), retryAfterMs: retryAfterMs(answer.headers.get('retry-after'), Date.now()) });
  }
}
