import { readFileSync } from 'node:fs';
import type { Agent } from 'node:https';
import { cert, deleteApp, initializeApp, type App, type AppOptions } from 'firebase-admin/app';
import { getMessaging, type FirebaseMessagingError, type TokenMessage } from 'firebase-admin/messaging';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { RingText } from '../../domain/ring-text.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';
import { retryAfterMs, topicOf } from '../../domain/http-answers.js';

const GONE = new Set(['messaging/registration-token-not-registered', 'messaging/invalid-registration-token', 'messaging/mismatched-credential']);
const FINAL = new Set([...GONE, 'messaging/invalid-argument', 'messaging/invalid-payload', 'messaging/third-party-auth-error']);
const APP_NAME = 'countersign';

/**
 * Firebase Cloud Messaging through `firebase-admin`. One `send()` per device: it speaks HTTP/1.1 and honours the agent,
 * which the batch calls do not; so the same code rings real phones and the local double.
 */
export class FcmChannel implements RingChannel, OnApplicationShutdown {
  private constructor(private readonly app: App) {}

  /** With the service account file that Google gives out. */
  static google(credentialsFile: string): FcmChannel {
    const account = JSON.parse(readFileSync(credentialsFile, 'utf8')) as { project_id: string };
    return new FcmChannel(start({ credential: cert(account as object), projectId: account.project_id }));
  }

  /** Everything goes to the double behind this agent; no credential leaves the process. */
  static double(agent: Agent): FcmChannel {
    const credential = { getAccessToken: () => Promise.resolve({ access_token: 'local', expires_in: 3600 }) };
    return new FcmChannel(start({ credential, projectId: 'countersign-local', httpAgent: agent }));
  }

  async send(address: string, text: RingText): Promise<SendOutcome> {
    try {
      return { sent: true, providerId: await getMessaging(this.app).send(messageOf(address, text)) };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code !== 'string') throw error;
      return failed(code, !FINAL.has(code), { gone: GONE.has(code), retryAfterMs: retryAfterOf(error as FirebaseMessagingError) });
    }
  }

  onApplicationShutdown(): Promise<void> {
    return deleteApp(this.app);
  }
}

let started = 0;
/** Firebase keeps its apps in a table of the process; each of ours has a name of its own. */
const start = (options: AppOptions): App => initializeApp(options, `${APP_NAME}-${++started}`);

/** What Google answers with a 429 or 503, where it says so. */
function retryAfterOf({ httpResponse }: FirebaseMessagingError): number | undefined {
  const headers = httpResponse?.headers as Readonly<Record<string, unknown>> | undefined;
  return retryAfterMs(headers?.['retry-after'], Date.now());
}

function messageOf(token: string, { title, body, data, collapseKey, ttlMs, urgent, link }: RingText): TokenMessage {
  const seconds = String(Math.floor(ttlMs / 1000));
  return {
    token,
    data: { ...data },
    notification: { title, body },
    android: { collapseKey, priority: urgent ? 'high' : 'normal', ttl: ttlMs },
    apns: { headers: { 'apns-collapse-id': collapseKey, 'apns-priority': urgent ? '10' : '5' }, payload: { aps: { 'interruption-level': urgent ? 'time-sensitive' : 'active' } } },
    webpush: {
      headers: { TTL: seconds, Urgency: urgent ? 'high' : 'normal', Topic: topicOf(collapseKey) },
      notification: { title, body, tag: collapseKey, data: { ...data } },
      ...(link.startsWith('https:') ? { fcmOptions: { link } } : {}),
    },
  };
}
