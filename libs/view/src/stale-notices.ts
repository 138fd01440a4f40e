/** As the service worker tags what it shows: all that waits together, and each request by itself. */
const INBOX = 'inbox';
const REQUEST = 'apr_';

/** Which notifications say nothing any more once a person sees what waits: that something does, and what does not. */
export const staleNotices = (tags: readonly string[], waiting: readonly string[]): readonly string[] =>
  tags.filter((tag) => tag === INBOX || (tag.startsWith(REQUEST) && !waiting.includes(tag.slice(REQUEST.length))));
