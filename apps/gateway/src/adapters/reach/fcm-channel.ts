import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Agent } from 'node:https';
import { ConfigError } from '@countersign/service';
import type { FcmServiceDouble } from '@countersign/testing/doubles';
import { deleteApp, initializeApp, type App, type AppOptions, type Credential } from 'firebase-admin/app';
import { getMessaging, type FirebaseMessagingError, type Messaging, type TokenMessage } from 'firebase-admin/messaging';
import { JWT } from 'google-auth-library';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { RingText } from '../../domain/ring-text.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';
import { retryAfterMs, topicOf } from '../../domain/http-answers.js';

const GONE = new Set(['messaging/registration-token-not-registered', 'messaging/invalid-registration-token']);
/** A credential of another project says nothing of the phone: set right, it rings it. */
const FINAL = new Set([...GONE, 'messaging/mismatched-credential', 'messaging/invalid-argument', 'messaging/invalid-payload', 'messaging/third-party-auth-error']);
const APP_NAME = 'countersign';
/** Tried three times by Google's client. */
const TOKEN_TIMEOUT_MS = 3_000;
const MESSAGING_SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';

/**
 * Firebase Cloud Messaging through `firebase-admin`. One `send()` per device: it speaks HTTP/1.1 and honours the agent,
 * which the batch calls do not; so the same code rings real phones and the local double.
 */
export class FcmChannel implements RingChannel, OnApplicationShutdown {
  private readonly messaging: Messaging;

  private constructor(private readonly app: App) {
    this.messaging = withoutRetries(getMessaging(app));
  }

  /** With the service account file that Google gives out. */
  static google(credentialsFile: string): FcmChannel {
    const account = readServiceAccount(readFileSync(credentialsFile, 'utf8'));
    return new FcmChannel(start({ credential: credentialOf(() => Promise.resolve(account)), projectId: account.project_id }));
  }

  /** The same by the double's own service account: everything goes there, the token's request too. */
  static double(double: FcmServiceDouble): FcmChannel {
    const agent = double.agent();
    return new FcmChannel(start({ credential: credentialOf(() => double.serviceAccount(), agent), projectId: double.projectId, httpAgent: agent }));
  }

  async send(address: string, text: RingText): Promise<SendOutcome> {
    try {
      return { sent: true, providerId: await this.messaging.send(messageOf(address, text)) };
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

interface ServiceAccount {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
}

/** Throws `ConfigError` without repeating what it holds. */
function readServiceAccount(text: string): ServiceAccount {
  const unfit = (): ConfigError => new ConfigError(['GOOGLE_APPLICATION_CREDENTIALS is not the file of a service account']);
  try {
    const account = JSON.parse(text) as ServiceAccount;
    createPrivateKey(account.private_key);
    if (typeof account.client_email !== 'string' || typeof account.project_id !== 'string') throw unfit();
    return account;
  } catch {
    throw unfit(); // what failed says what the file holds
  }
}

/**
 * Tries once. Firebase tries five times, a quarter of a minute each: longer than a claim lasts, so that another gateway would send the
 * same meanwhile. Trying again is the ladder's, on record. Firebase has no setting for it; its version is pinned, and one that keeps it elsewhere fails here.
 */
function withoutRetries(messaging: Messaging): Messaging {
  const { httpClient } = (messaging as unknown as { messagingRequestHandler: { httpClient: { retry?: unknown } } }).messagingRequestHandler;
  if (httpClient.retry === undefined) throw new TypeError('firebase-admin keeps its retries elsewhere');
  httpClient.retry = null;
  return messaging;
}

/** Firebase's own credential would be led nowhere by an agent, and ask for more than sending; the account is read when the first token is wanted. */
function credentialOf(account: () => Promise<ServiceAccount>, agent?: Agent): Credential {
  let client: Promise<JWT> | undefined;
  const make = async (): Promise<JWT> => {
    const { client_email, private_key } = await account();
    return new JWT({ email: client_email, key: private_key, scopes: [MESSAGING_SCOPE], transporterOptions: { timeout: TOKEN_TIMEOUT_MS, ...(agent && { agent }) } });
  };
  return {
    async getAccessToken() {
      const jwt = await (client ??= make());
      await jwt.getAccessToken(); // kept by it until shortly before its end
      const { access_token, expiry_date } = jwt.credentials;
      return { access_token: access_token!, expires_in: Math.floor((expiry_date! - Date.now()) / 1000) };
    },
  };
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
    android: { collapseKey, priority: urgent ? 'high' : 'normal', ttl: ttlMs, notification: { tag: collapseKey } }, // the key replaces what was not delivered, the tag what is shown
    apns: { headers: { 'apns-collapse-id': collapseKey, 'apns-priority': urgent ? '10' : '5' }, payload: { aps: { 'interruption-level': urgent ? 'time-sensitive' : 'active' } } },
    webpush: {
      headers: { TTL: seconds, Urgency: urgent ? 'high' : 'normal', Topic: topicOf(collapseKey) },
      notification: { title, body, tag: collapseKey, data: { ...data } },
      ...(link.startsWith('https:') ? { fcmOptions: { link } } : {}),
    },
  };
}
