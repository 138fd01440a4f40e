import { isRefusal, SendOnce } from '@countersign/view';
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem, postJson } from './http.js';

export interface Request {
  readonly path: string;
  readonly body: object;
  /** Part of the request: with another one the server takes the same key for another request. */
  readonly ifMatch?: string;
}
interface Sending<Reply, Wish> {
  /** The same wish about something else is another request. */
  readonly about: string;
  /** The whole of what is sent for a wish; made anew only when it is known that nothing came of the last one. */
  readonly request: (wish: Wish) => Request | Promise<Request>;
  /** What has to be read again afterwards, whatever came of it. */
  readonly stale: readonly QueryKey[];
  readonly onSuccess?: (reply: Reply) => unknown;
  /** The same wish after a success is another request. */
  readonly repeatable?: boolean;
  /** How long an answer is waited for. */
  readonly limitMs?: number;
}

/** After what was done the page waits so long for its new state, so as not to show the old one; where that does not come, it says that it was done. */
const SHOWN_MS = 4_000;

/** Sends what a person wishes. Trying again while it is not known what came of it repeats the same request, so it counts once. */
export function useSendOnce<Reply, Wish>({ about, request, stale, onSuccess, repeatable = false, limitMs }: Sending<Reply, Wish>) {
  const client = useQueryClient();
  const [sent] = useState(() => new SendOnce<Request>(() => crypto.randomUUID()));
  const named = (wish: Wish): string => JSON.stringify([about, wish]);
  return useMutation<Reply, Error, Wish>({
    mutationFn: async (wish) => {
      const { key, request: { path, body, ifMatch } } = await sent.of(named(wish), () => request(wish));
      return postJson<Reply>(path, body, { key, ...(ifMatch === undefined ? {} : { ifMatch }), ...(limitMs === undefined ? {} : { limitMs }) });
    },
    onSuccess: (reply, wish) => {
      if (repeatable) sent.forget(named(wish));
      onSuccess?.(reply);
    },
    onError: (error, wish) => {
      if (error instanceof ApiProblem && isRefusal(error)) sent.forget(named(wish));
    },
    onSettled: (_reply, error) => {
      const read = Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
      return error === null ? Promise.race([read, new Promise((resolve) => setTimeout(resolve, SHOWN_MS))]) : undefined;
    },
  });
}
