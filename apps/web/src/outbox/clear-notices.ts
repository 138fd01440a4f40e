import { staleNotices } from '@countersign/view';

/** Takes from this device's screen what its person sees in the app now. */
export async function clearNotices(waiting: readonly string[]): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration();
  const shown = (await worker?.getNotifications()) ?? [];
  const stale = new Set(staleNotices(shown.map(({ tag }) => tag), waiting));
  for (const notice of shown) if (stale.has(notice.tag)) notice.close();
}
