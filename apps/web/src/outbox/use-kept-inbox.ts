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
    const stopped = new AbortController();
    const timer = setTimeout(() => {
      import('./tend-inbox.js')
        .then(({ tendInbox }) => tendInbox(reads ? waiting : [], stopped.signal))
        .catch((error: unknown) => console.warn('what waits could not be kept for when there is no connection', error));
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
      stopped.abort();
    };
    // The list is a new object at each look; what is in it is which.
  }, [reads, which, online]);
}
