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
}

/** Sends what a person wishes. Trying again while it is not known what came of it repeats the same request, so it counts once. */
export function useSendOnce<Reply, Wish>({ about, request, stale, onSuccess, repeatable = false }: Sending<Reply, Wish>) {
  const client = useQueryClient();
  const [sent] = useState(() => new SendOnce<Request>(() => crypto.randomUUID()));
  const named = (wish: Wish): string => JSON.stringify([about, wish]);
  return useMutation<Reply, Error, Wish>({
    mutationFn: async (wish) => {
      const { key, request: { path, body, ifMatch } } = await sent.of(named(wish), () => request(wish));
      return postJson<Reply>(path, body, { key, ...(ifMatch === undefined ? {} : { ifMatch }) });
    },
    onSuccess: (reply, wish) => {
      if (repeatable) sent.forget(named(wish));
      onSuccess?.(reply);
    },
    onError: (error, wish) => {
      if (error instanceof ApiProblem && isRefusal(error)) sent.forget(named(wish));
    },
    onSettled: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
