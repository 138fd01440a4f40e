import { addressGivenUp, type DeviceFacts } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { introduceBrowser } from '../api/decide.js';
import { devicesQuery, keys, preferencesQuery } from '../api/queries.js';
import { queryClient } from '../api/query-client.js';
import { subscribeBrowser, unsubscribeBrowser } from '../api/subscribe.js';
import { isInstalled } from '../shell/install.js';
import { useMe } from '../shell/session.js';

export const permissionNow = (): DeviceFacts['notifications'] => ('Notification' in window && 'serviceWorker' in navigator ? Notification.permission : 'unsupported');
/** iPads say that they are Macs, with fingers. */
export const isIos = (): boolean => /iPhone|iPad/.test(navigator.userAgent) || (/Mac OS X/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

/** Whether this browser knows where it is rung. */
export const subscribedQuery = { queryKey: [...keys.devices, 'here'], queryFn: async () => 'PushManager' in window && (await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()) != null };

/** With which browsers are rung; it may be wanted before the settings are here. */
const keyNow = async (): Promise<string | null> => (await queryClient.fetchQuery({ ...preferencesQuery, staleTime: Infinity })).webPushKey;

/** What is known of this device, and how it is made one that is rung. */
export function useDevice(): { readonly facts: DeviceFacts; readonly turnOn: () => Promise<NotificationPermission>; readonly connect: () => Promise<string>; readonly deviceId: string | null } {
  const { deviceId, roles } = useMe();
  const [notifications, setNotifications] = useState(permissionNow);
  const { webPushKey = null } = useQuery(preferencesQuery).data ?? {};
  const hasAddress = useQuery(subscribedQuery).data === true;
  // an address alone may be told of somebody else, who had this browser before
  const told = useQuery({ ...devicesQuery, enabled: hasAddress && deviceId !== null }).data?.find(({ id }) => id === deviceId)?.rings === true;
  /** The id of this device, which can be rung then. */
  const connect = async (): Promise<string> => {
    // a session may belong to something else, as to the simulated phone, or to a device that was removed
    const own = (await queryClient.fetchQuery(devicesQuery)).find((device) => device.id === deviceId && device.platform === 'webpush');
    const { id } = own ?? (await introduceBrowser());
    const key = await keyNow();
    if (own !== undefined && addressGivenUp(own)) await unsubscribeBrowser();
    if (key !== null) await subscribeBrowser(id, key);
    await Promise.all([keys.devices, keys.me].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    return id;
  };
  const turnOn = async (): Promise<NotificationPermission> => {
    const answer = await Notification.requestPermission();
    setNotifications(answer);
    if (answer === 'granted' && (await keyNow()) !== null) await connect();
    return answer;
  };
  return { facts: { installed: isInstalled(), ios: isIos(), notifications, rings: webPushKey !== null, subscribed: hasAddress && told, decides: roles.includes('customer_governor') }, turnOn, connect, deviceId };
}
