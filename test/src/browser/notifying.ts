import { PushServiceDouble, type BrowserSubscription } from '@countersign/testing';
import { createECDH } from 'node:crypto';
import type { BrowserContext, Page } from 'playwright-core';

type Answer = 'granted' | 'denied' | 'default';

/** Browsers' own push service: a double of it, and what a stack has to be told so that it sends there. */
export async function pushService(): Promise<{ readonly double: PushServiceDouble; readonly env: Readonly<Record<string, string>> }> {
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys('base64url');
  const double = await PushServiceDouble.start(publicKey);
  const privateKey = Buffer.from(pair.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url');
  return { double, env: { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, WEB_PUSH_ORIGINS: double.origin } };
}

/**
 * Gives the browsers of a context what a machine without a screen lacks: a person who answers whether notifications are allowed,
 * and a push service, in whose place the double answers. All else is the browser's; without an answer the permission is as well.
 */
export async function canBeNotified(context: BrowserContext, double: PushServiceDouble, answer?: Answer): Promise<BrowserSubscription> {
  const subscriptions = [double.subscribe(), double.subscribe(), double.subscribe()];
  await context.addInitScript(`{
    const [ANSWER, GIVEN, KEY, STUCK, TURN] = ['test.answer', 'test.permission', 'test.subscribed', 'test.stuck', 'test.turn'].map((name) => 'countersign.' + name);
    const turn = () => Number(localStorage.getItem(TURN));
    const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0)).buffer;
    // whoever unsubscribes and subscribes anew has another address
    const subscribed = (key, { endpoint, p256dh, auth } = ${JSON.stringify(subscriptions)}[turn() % 3]) => ({ endpoint, options: { userVisibleOnly: true, applicationServerKey: bytes(key) }, toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }), unsubscribe: async () => {
      if (localStorage.getItem(STUCK) !== null) throw new DOMException('no connection', 'NetworkError');
      localStorage.removeItem(KEY);
      localStorage.setItem(TURN, turn() + 1);
      return true;
    } });
    if (${answer !== undefined}) {
      if (localStorage.getItem(ANSWER) === null) localStorage.setItem(ANSWER, '${answer}');
      Object.defineProperty(Notification, 'permission', { get: () => localStorage.getItem(GIVEN) ?? 'default' });
      Notification.requestPermission = async () => {
        localStorage.setItem(GIVEN, localStorage.getItem(ANSWER));
        return Notification.permission;
      };
    }
    PushManager.prototype.getSubscription = async () => (localStorage.getItem(KEY) === null ? null : subscribed(localStorage.getItem(KEY)));
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      if (Notification.permission !== 'granted') throw new DOMException('permission denied', 'NotAllowedError');
      localStorage.setItem(KEY, applicationServerKey);
      return subscribed(applicationServerKey);
    };
  }`);
  return subscriptions[0]!;
}

/** What the person will answer from now on; before they are asked, nothing is given. */
export const willAnswer = (page: Page, answer: Answer): Promise<unknown> => page.evaluate(`localStorage.setItem('countersign.test.answer', '${answer}')`);
