import { headOf, noticeOf } from '@countersign/view';
import { clientsClaim } from 'workbox-core';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { everybodysSaved, OUTBOX, sendSaved } from './outbox/outbox.js';
import { answerFromServerOrStore, beginSession, isKept } from './saved.js';
import { renewPush, type AddressChange } from './renew-push.js';
import { noteHead } from './witness/note-head.js';
import type { WorkerMessage } from './shell/updates.js';

declare const self: ServiceWorkerGlobalScope;

/** What belongs to programs and to the issuer is never answered with the app's page. */
const NOT_PAGES = [/^\/(?:v1|oidc|auth|agent-team|mission|event|global|docs|openapi\.json|healthz|readyz|metrics|dev\/push)(?:[/?]|$)/];

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: NOT_PAGES }));
registerRoute(isKept, answerFromServerOrStore);
clientsClaim();

/** Whoever signs in or out here comes by there. */
self.addEventListener('fetch', ({ request }) => {
  if (new URL(request.url).pathname.startsWith('/auth/')) beginSession();
});

self.addEventListener('message', ({ data }) => {
  if ((data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});

/** Rings. Also for a payload that is not understood: a push that shows nothing costs the subscription on some phones. */
self.addEventListener('push', (event) => event.waitUntil(ring(payloadOf(event.data))));

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open((event.notification.data as { path?: string } | null)?.path ?? '/'));
});

/** There is a connection again, and the app may be closed. Rejects while something waits, so that the browser tries again later. */
self.addEventListener('sync', (event) => {
  const { tag, waitUntil } = event as ExtendableEvent & { readonly tag: string };
  if (tag === OUTBOX) waitUntil.call(event, sendEverybodys());
});

/** Its address is gone, and this browser with it until the app is opened again: so it says at once where it is now. */
self.addEventListener('pushsubscriptionchange', (event) => {
  const change = event as ExtendableEvent & AddressChange;
  change.waitUntil(renewPush(self.registration, change));
});

/** Of several people who use this browser, the server takes those of whoever is signed in. */
async function sendEverybodys(): Promise<void> {
  for (const personId of new Set((await everybodysSaved()).map((saved) => saved.personId))) await sendSaved(personId);
  if ((await everybodysSaved()).some(({ problem }) => problem === undefined)) throw new Error('something still waits to be sent');
}

function payloadOf(data: PushMessageData | null): unknown {
  try {
    return data?.json();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Shows what came before it compares anything, which can take long where a page stands still; what the record says against it takes its place. */
async function ring(payload: unknown): Promise<void> {
  const notice = noticeOf(payload) ?? { title: 'Countersign', body: 'Open it to see what is waiting.', tag: 'countersign', path: '/', approvalId: undefined };
  const { title, tag, path, approvalId } = notice;
  const say = (body: string): Promise<boolean> => show(title, { body, tag, data: { path }, icon: '/icon-192.png', badge: '/icon-192.png' });
  const shown = await say(notice.body);
  if (await contradicts(payload)) await say('The record of this team is not the one that this phone remembers. Open it before you decide anything.');
  await tell({ type: 'push', approvalId, shown });
}

/** Whether the head that came along is not one of the record that somebody here remembers. A browser that cannot tell rings all the same. */
async function contradicts(payload: unknown): Promise<boolean> {
  const head = headOf(payload);
  try {
    return head !== undefined && (await noteHead(head));
  } catch (error) {
    console.warn('the head that came with a push could not be compared', error);
    return false;
  }
}

/** False where the person has not allowed notifications: the pages are told all the same. */
async function show(title: string, options: NotificationOptions): Promise<boolean> {
  try {
    await self.registration.showNotification(title, options);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function tell(message: WorkerMessage): Promise<void> {
  for (const client of await windows()) client.postMessage(message);
}

const windows = (): Promise<readonly WindowClient[]> => self.clients.matchAll({ type: 'window', includeUncontrolled: true });

/** In a window that is already there, else in a new one. */
async function open(path: string): Promise<void> {
  const [window] = await windows();
  if (window === undefined) return void (await self.clients.openWindow(path));
  window.postMessage({ type: 'open', path } satisfies WorkerMessage);
  await window.focus();
}
