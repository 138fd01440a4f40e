import { staleNotices } from '@countersign/view';
import { waitingQuery } from '../api/queries.js';
import { queryClient } from '../api/query-client.js';

/**
 * Takes from this device's screen what its person sees in the app now. The list that is here may be older than what was rung since: so
 * the server is asked first, and where it does not answer, everything stays.
 */
export async function clearNotices(): Promise<void> {
  const worker = isSeen() ? await navigator.serviceWorker?.getRegistration() : undefined;
  if (worker === undefined) return;
  const before = await worker.getNotifications();
  if (staleNotices(before, before, waitingHere()?.items.map(({ id }) => id) ?? []).length === 0) return;
  await queryClient.refetchQueries({ queryKey: waitingQuery.queryKey, exact: true }, { throwOnError: true });
  const listed = waitingHere();
  if (listed === undefined || listed.old || listed.more || !isSeen()) return;
  for (const notice of staleNotices(await worker.getNotifications(), before, listed.items.map(({ id }) => id))) notice.close();
}

const isSeen = (): boolean => document.visibilityState === 'visible';
const waitingHere = () => queryClient.getQueryData(waitingQuery.queryKey);
