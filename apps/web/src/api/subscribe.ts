import type { Device, NotificationPreferences } from '@countersign/contracts';
import { addressGivenUp } from '@countersign/view';
import { getJson, putJson } from './http.js';
import { FORMER_KEY } from './this-browser.js';

/** The address that the server was last told from here. */
const TOLD_KEY = 'countersign.rung-at';

/** That this browser can be rung, as far as it goes by itself. */
export const mayRing = (): boolean => 'PushManager' in window && 'Notification' in window && Notification.permission === 'granted';

/** Says to the server where this browser is rung; asks its push service for an address if there is none. Throws when that service has none to give. */
export async function subscribeBrowser(deviceId: string, webPushKey: string): Promise<void> {
  if (localStorage.getItem(FORMER_KEY) !== null) await unsubscribeBrowser();
  const { pushManager } = await navigator.serviceWorker.ready;
  const known = await pushManager.getSubscription();
  const current = known !== null && sameKey(known, webPushKey) ? known : undefined;
  if (known !== null && current === undefined) await known.unsubscribe(); // another installation's: it would never ring
  const { endpoint, keys } = (current ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: webPushKey }))).toJSON();
  await putJson(`/v1/devices/${deviceId}/subscription`, { endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'] });
  localStorage.setItem(TOLD_KEY, endpoint!);
}

/** At each start: browsers drop and change their addresses without saying so. What its push service gave up since it was told is not told again. */
export async function renewSubscription(deviceId: string): Promise<void> {
  if (localStorage.getItem(FORMER_KEY) !== null) return; // it was another person who turned it on
  if (!mayRing()) return;
  const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
  if (subscription === null) return;
  if (subscription.endpoint === localStorage.getItem(TOLD_KEY) && addressGivenUp(await getJson<Device>(`/v1/devices/${deviceId}`))) return; // the page Me says so, and offers a new one
  const { webPushKey } = await getJson<NotificationPreferences>('/v1/notification-preferences');
  if (webPushKey !== null) await subscribeBrowser(deviceId, webPushKey);
}

/** Who comes next is not rung for the last one. The server hears of it by the next push. */
export async function unsubscribeBrowser(): Promise<void> {
  await (await (await navigator.serviceWorker?.getRegistration())?.pushManager?.getSubscription())?.unsubscribe();
  localStorage.removeItem(FORMER_KEY);
}

function sameKey({ options: { applicationServerKey } }: PushSubscription, wanted: string): boolean {
  if (applicationServerKey === null) return false;
  const base64 = btoa(String.fromCharCode(...new Uint8Array(applicationServerKey)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') === wanted;
}
