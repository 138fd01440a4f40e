import { queryOptions } from '@tanstack/react-query';
import { getJson } from '../api/http.js';

/** What the push double was sent for one address, as it would have gone to Google. */
export interface ReceivedPush {
  readonly at: string;
  readonly token: string;
  /** The double's own id of the message. */
  readonly name: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** Whether local doubles stand in for the outside world. Over https there are none, so nothing is asked. */
export const doublesQuery = queryOptions({
  queryKey: ['doubles'],
  queryFn: async (): Promise<boolean> => location.protocol === 'http:' && (await fetch('/dev/push', { method: 'HEAD' })).ok,
  staleTime: Infinity,
  retry: false,
});

const LOOK_EVERY_MS = 1_000;

/** Newest first. */
export const pushesQuery = (token: string) =>
  queryOptions({
    queryKey: ['pushes', token],
    queryFn: async ({ signal }): Promise<readonly ReceivedPush[]> => (await getJson<{ items: ReceivedPush[] }>('/dev/push', signal)).items.filter((push) => push.token === token).reverse(),
    refetchInterval: LOOK_EVERY_MS,
  });
