import type { ApprovalDetail, ApprovalSummary } from '@countersign/contracts';
import { ApiProblem, getBytes, getJson } from '../api/http.js';
import { MOST_BYTES, SAVED_CACHE } from '../saved-answers.js';

/** So many of those that wait, the nearest deadline first, can be read without a connection, whether or not they were opened. */
const MOST_KEPT = 50;

interface WithConnection {
  readonly connection?: { readonly saveData?: boolean };
}

/**
 * Has the service worker keep requests with everything that is needed to read them and to check what they say: manifest, files,
 * and what the files replace. One after the other, so that nothing the person does waits for it; what is kept already is not
 * fetched again. What cannot be had is left out, and asked for again at the next change of the inbox; without a connection it ends.
 */
export async function keepInbox(waiting: readonly ApprovalSummary[], stopped: AbortSignal): Promise<void> {
  if (!('serviceWorker' in navigator) || (navigator as WithConnection).connection?.saveData === true) return;
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true, signal: stopped });
      stopped.addEventListener('abort', resolve); // whoever waits for it is let go, too
    });
    if (stopped.aborted) return;
  }
  const cache = await caches.open(SAVED_CACHE);
  const nearest = waiting.toSorted((one, other) => one.dueAt.localeCompare(other.dueAt));
  for (const { id } of nearest.slice(0, MOST_KEPT)) {
    const path = `/v1/approvals/${id}`;
    const known = await cache.match(path);
    const approval = known ? ((await known.json()) as ApprovalDetail) : await had(getJson<ApprovalDetail>(path, stopped));
    for (const bytes of approval ? bytesOf(approval) : []) {
      if (!stopped.aborted && !(await cache.match(bytes))) await had(getBytes(bytes, stopped));
    }
    if (stopped.aborted) return;
  }
}

/** One file that the server does not give keeps no other from being kept. */
const had = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof ApiProblem) return undefined;
    throw error;
  });

const bytesOf = ({ id, artifacts }: ApprovalDetail): string[] => [
  `/v1/approvals/${id}/manifest`,
  ...artifacts.filter(({ size }) => size <= MOST_BYTES).flatMap(({ contentUrl, baseContentUrl, deleted }) => [deleted ? null : contentUrl, baseContentUrl].filter((url) => url !== null)),
];
