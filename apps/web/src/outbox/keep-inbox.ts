import type { ApprovalDetail, ApprovalSummary } from '@countersign/contracts';
import { ApiProblem, getBytes, getJson } from '../api/http.js';
import { MOST_BYTES, SAVED_CACHE } from '../saved-answers.js';

/** So many of those that wait, the nearest deadline first, can be read without a connection, whether or not they were opened. */
const MOST_KEPT = 50;
/** Of all of them together, each as it is and as it was: fewer than the service worker keeps, so that there is room for what is opened beside them. */
const MOST_FILES = 600;

interface WithConnection {
  readonly connection?: { readonly saveData?: boolean };
}

/**
 * Has the service worker keep requests with everything that is needed to read them and to check what they say: manifest, files,
 * and what the files replace. One after the other, so that nothing the person does waits for it; what is kept already is not
 * fetched again. What cannot be had is left out, and asked for again at the next change of the inbox; without a connection it ends.
 * A request whose files are more than there is room for is kept without them: its words can be read, and a no be said.
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
  let room = MOST_FILES;
  for (const { id } of nearest.slice(0, MOST_KEPT)) {
    const path = `/v1/approvals/${id}`;
    const known = await cache.match(path);
    const approval = known ? ((await known.json()) as ApprovalDetail) : await had(getJson<ApprovalDetail>(path, stopped));
    if (approval === undefined) continue;
    const files = filesOf(approval);
    const fits = files.length <= room;
    if (fits) room -= files.length;
    for (const bytes of [`${path}/manifest`, ...(fits ? files : [])]) {
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

const filesOf = ({ artifacts }: ApprovalDetail): string[] =>
  artifacts.filter(({ size }) => size <= MOST_BYTES).flatMap(({ contentUrl, baseContentUrl, deleted }) => [deleted ? null : contentUrl, baseContentUrl].filter((url) => url !== null));
