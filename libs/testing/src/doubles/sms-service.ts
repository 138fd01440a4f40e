import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerSlowly, bodyOf, keep, listening, type DoubleFault, type Listening } from './http-double.js';

export interface TakenSms {
  readonly at: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
}

export const SMS_ACCOUNT = 'AC00000000000000000000000000000001';
export const SMS_TOKEN = 'test-token';
const MOST_BODY_LENGTH = 1_600;

/** Twilio's API for sending messages (2010-04-01) on loopback; nothing goes further. */
export class SmsServiceDouble implements AsyncDisposable {
  readonly taken: TakenSms[] = [];
  readonly faults: DoubleFault[] = [];
  always: DoubleFault | undefined;
  /** Numbers that want no more (error 21610). */
  readonly stopped = new Set<string>();
  slowMs = 300;
  /** What it asks for when it is busy. */
  retryAfterSeconds = 1;
  requests = 0;
  private http!: Listening;

  static async start(): Promise<SmsServiceDouble> {
    const double = new SmsServiceDouble();
    double.http = await listening((request, response) => double.answer(request, response));
    return double;
  }

  /** As `SMS_URL` wants it. */
  get url(): string {
    return `${this.http.origin}/2010-04-01/Accounts/${SMS_ACCOUNT}/Messages.json?From=%2B15005550006`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.http.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    const form = new URLSearchParams((await bodyOf(request)).toString());
    const fault = this.always ?? this.faults.shift();
    const say = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    const refuse = (status: number, code: number, headers?: Readonly<Record<string, string>>) => say(status, { code, message: 'refused', status, more_info: `https://www.twilio.com/docs/errors/${code}` }, headers);
    if (request.method !== 'POST' || request.url !== `/2010-04-01/Accounts/${SMS_ACCOUNT}/Messages.json` || fault === 'missing' || fault === 'gone') return refuse(404, 20_404);
    if (request.headers.authorization !== `Basic ${Buffer.from(`${SMS_ACCOUNT}:${SMS_TOKEN}`).toString('base64')}`) return refuse(401, 20_003);
    if (fault === 'busy') return refuse(429, 20_429, { 'retry-after': String(this.retryAfterSeconds) });
    if (fault === 'hang') return;
    if (fault === 'broken') return refuse(503, 20_503);
    const [to, from, body] = [['To'], ['From', 'MessagingServiceSid'], ['Body']].map((names) => names.map((name) => form.get(name)).find(Boolean) ?? '') as [string, string, string];
    if (request.headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded') return refuse(400, 21_604);
    if (!/^\+[1-9]\d{6,14}$/.test(to)) return refuse(400, 21_211);
    if (this.stopped.has(to)) return refuse(400, 21_610);
    if (from === '') return refuse(400, 21_603);
    if (body === '') return refuse(400, 21_602);
    if (body.length > MOST_BODY_LENGTH) return refuse(400, 21_617);
    for (let times = fault === 'twice' ? 2 : 1; times > 0; times--) keep(this.taken, { at: new Date().toISOString(), to, from, body });
    await answerSlowly(request, fault, this.slowMs, () => say(201, { sid: `SM${randomUUID().replaceAll('-', '')}`, status: 'queued', to, from, body }));
  }
}
