import type { ApprovalDetail, ApprovalSummary } from '@countersign/contracts';
import { getBytes, getJson } from '../api/http.js';
import { SAVED_CACHE } from '../shell/session.js';

/** So many of the newest that wait can be read without a connection, whether or not they were opened. */
const MOST_KEPT = 50;
/** As in the service worker, which keeps nothing larger. */
const MAX_BYTES = 1024 * 1024;

interface WithConnection {
  readonly connection?: { readonly saveData?: boolean };
}

/**
 * Has the service worker keep requests with everything that is needed to read them and to check what they say: manifest, files,
 * and what the files replace. One after the other, so that nothing the person does waits for it; what is kept already is not
 * fetched again. Ends with the first that cannot be had: the next change of the inbox goes on from there.
 */
export async function keepInbox(waiting: readonly ApprovalSummary[], stopped: AbortSignal): Promise<void> {
  if (!('serviceWorker' in navigator) || (navigator as WithConnection).connection?.saveData === true) return;
  if (!navigator.serviceWorker.controller) await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true, signal: stopped }));
  const cache = await caches.open(SAVED_CACHE);
  for (const { id } of waiting.slice(0, MOST_KEPT)) {
    const path = `/v1/approvals/${id}`;
    const known = await cache.match(path);
    const approval = known ? ((await known.json()) as ApprovalDetail) : await getJson<ApprovalDetail>(path, stopped);
    for (const bytes of bytesOf(approval)) {
      if (!stopped.aborted && !(await cache.match(bytes))) await getBytes(bytes, stopped);
    }
    if (stopped.aborted) return;
  }
}

const bytesOf = ({ id, artifacts }: ApprovalDetail): string[] => [
  `/v1/approvals/${id}/manifest`,
  ...artifacts.filter(({ size }) => size <= MAX_BYTES).flatMap(({ contentUrl, baseContentUrl, deleted }) => [deleted ? null : contentUrl, baseContentUrl].filter((url) => url !== null)),
];
