/** As the service worker tags what it shows: all that waits together, and each request by itself. */
const INBOX = 'inbox';
const REQUEST = 'apr_';

/** What stands among the notifications. */
export interface Standing {
  readonly tag: string;
  /** When it was shown; not every browser says. */
  readonly timestamp?: number | undefined;
}

/**
 * Which notifications say nothing any more once a person sees what waits: that something does, and what does not. Only of what stood
 * there before the list was asked for: what was rung meanwhile, also in the place of an older one, is not on it, and nobody has seen it.
 */
export const staleNotices = <N extends Standing>(now: readonly N[], before: readonly Standing[], waiting: readonly string[]): readonly N[] =>
  now.filter(
    ({ tag, timestamp }) =>
      before.some((older) => older.tag === tag && older.timestamp === timestamp) && (tag === INBOX || (tag.startsWith(REQUEST) && !waiting.includes(tag.slice(REQUEST.length)))),
  );
