import { queryOptions } from '@tanstack/react-query';
import { getJson } from '../api/http.js';

/** A letter, or a text message, which has no subject. */
export interface Received {
  readonly at: string;
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
}
interface Answer {
  readonly letters: readonly { readonly at: string; readonly to: readonly string[]; readonly subject: string; readonly text: string }[];
  readonly texts: readonly { readonly at: string; readonly to: string; readonly body: string }[];
}

const LOOK_EVERY_MS = 1_000;

/** What the local doubles for mail and text messages got, the newest first. */
export const mailboxQuery = queryOptions({
  queryKey: ['mailbox'],
  queryFn: async ({ signal }): Promise<{ readonly letters: readonly Received[]; readonly texts: readonly Received[] }> => {
    const { letters, texts } = await getJson<Answer>('/dev/mailbox', signal);
    return { letters: letters.map(({ to, ...letter }) => ({ ...letter, to: to.join(', ') })).reverse(), texts: texts.map(({ at, to, body }) => ({ at, to, text: body })).reverse() };
  },
  refetchInterval: LOOK_EVERY_MS,
});
