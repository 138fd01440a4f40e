import { QueryCache, QueryClient } from '@tanstack/react-query';
import { isLate, onConnection } from './connection.js';
import { ApiProblem, Unreachable } from './http.js';
import { keys } from './queries.js';

const MAX_RETRIES = 2;

/** Only what may pass by itself is tried again; a refusal is an answer. */
const mayPass = (error: Error): boolean => error instanceof ApiProblem && (error.status === 429 || error.status >= 502);

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The service worker answers from what was saved when there is no network.
      networkMode: 'always',
      staleTime: 4_000,
      gcTime: 30 * 60_000,
      retry: (failures, error) => failures < MAX_RETRIES && mayPass(error),
      refetchOnReconnect: true,
    },
    mutations: { networkMode: 'always' },
  },
  queryCache: new QueryCache({
    onError: (error) => {
      // asked once for all that were refused at the same time: who is signed out everywhere else would have no requests left to sign in with
      if (error instanceof ApiProblem && error.status === 401) void queryClient.invalidateQueries({ queryKey: keys.me }, { cancelRefetch: false });
    },
  }),
});

const readAnew = (): void => void queryClient.invalidateQueries({ predicate: ({ queryKey, state }) => queryKey[0] !== 'bytes' || state.error instanceof Unreachable });

/** Where some answers come from the server and others from what was saved, everything is read anew so often and no oftener: a server in trouble is not to be asked at each turn. */
const AT_MOST_EVERY_MS = 10_000;
let readAt = -Infinity;
let later: ReturnType<typeof setTimeout> | undefined;
function soon(waitMs = 0): void {
  clearTimeout(later);
  later = setTimeout(
    () => {
      later = undefined;
      readAt = performance.now();
      readAnew();
      if (isLate()) soon(AT_MOST_EVERY_MS); // by then what was late has come, or is taken from what was saved once more
    },
    Math.max(waitMs, readAt + AT_MOST_EVERY_MS - performance.now()),
  );
}

let wasOnline = true;
onConnection(({ online, lateSince }) => {
  if (online && !wasOnline) soon();
  else if (lateSince !== undefined && later === undefined) soon(AT_MOST_EVERY_MS);
  wasOnline = online;
});
