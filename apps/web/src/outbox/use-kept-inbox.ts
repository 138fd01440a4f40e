import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useConnection } from '../api/connection.js';
import { waitingQuery } from '../api/queries.js';
import { useMe } from '../shell/session.js';

/** Once the page stands and nothing else is loading. */
const AFTER_MS = 2_000;

/** Keeps what waits readable without a connection, for whoever may read it: staff see no content. What is seen here is no news among the notifications any more. */
export function useKeptInbox(): void {
  const waiting = useQuery(waitingQuery).data;
  const { online } = useConnection();
  const reads = useMe().customer !== null;
  const which = waiting?.map(({ id }) => id).join();
  useEffect(() => {
    if (!online || waiting === undefined) return;
    const clear = (): void => {
      if (document.visibilityState !== 'visible') return; // nobody has seen it yet
      import('./clear-notices.js').then(({ clearNotices }) => clearNotices(waiting.map(({ id }) => id))).catch((error: unknown) => console.warn('what is seen here still stands among the notifications', error));
    };
    const timer = setTimeout(clear, AFTER_MS);
    document.addEventListener('visibilitychange', clear);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', clear);
    };
  }, [which, online]);
  useEffect(() => {
    if (!reads || !online || waiting === undefined || waiting.length === 0) return;
    const stopped = new AbortController();
    const keep = (): Promise<void> => import('./keep-inbox.js').then(({ keepInbox }) => keepInbox(waiting, stopped.signal));
    const timer = setTimeout(() => {
      keep().catch((error: unknown) => {
        if (!stopped.signal.aborted) console.warn('not everything that waits could be kept for when there is no connection', error);
      });
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
      stopped.abort();
    };
    // The list is a new object at each look; what is in it is which.
  }, [reads, which, online]);
}
