/** What the browser says when it has given up an address by itself. https://www.w3.org/TR/push-api/#pushsubscriptionchangeevent-interface */
export interface AddressChange {
  readonly oldSubscription?: PushSubscription | null;
  readonly newSubscription?: PushSubscription | null;
}

/** Tells the server where this browser is rung from now on. Without it nothing rings here until the app is opened again. */
export async function renewPush({ pushManager }: ServiceWorkerRegistration, { oldSubscription, newSubscription }: AddressChange): Promise<void> {
  const { deviceId } = await read<{ deviceId: string | null }>('/v1/me');
  if (deviceId === null) return;
  const options = oldSubscription?.options ?? { userVisibleOnly: true, applicationServerKey: (await read<{ webPushKey: string | null }>('/v1/notification-preferences')).webPushKey };
  if (options.applicationServerKey === null) return;
  const { endpoint, keys } = (newSubscription ?? (await pushManager.subscribe(options))).toJSON();
  const said = await fetch(`/v1/devices/${deviceId}/subscription`, { method: 'PUT', credentials: 'same-origin', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'] }) });
  if (!said.ok) throw new Error(`the server did not take the new address: ${said.status}`);
}

async function read<T>(path: string): Promise<T> {
  const answer = await fetch(path, { credentials: 'same-origin', cache: 'no-store', headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
  return (await answer.json()) as T;
}
