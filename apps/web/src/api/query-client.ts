import { QueryCache, QueryClient, type QueryState } from '@tanstack/react-query';
import { isLate, onConnection } from './connection.js';
import { ApiProblem, mayPass, Unreachable } from './http.js';
import { keys } from './queries.js';

const MAX_RETRIES = 2;
/** What could not be had, as the server was in trouble, is asked for again so often while somebody looks at the place where it would be. */
export const AGAIN_MS = 5_000;

export const untilHad = ({ data, error }: Pick<QueryState, 'data' | 'error'>): number | false => (data === undefined && error !== null && mayPass(error) ? AGAIN_MS : false);

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The service worker answers from what was saved when there is no network.
      networkMode: 'always',
      staleTime: 4_000,
      gcTime: 30 * 60_000,
      retry: (failures, error) => failures < MAX_RETRIES && mayPass(error),
      refetchOnReconnect: true,
      refetchInterval: ({ state }) => untilHad(state),
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
