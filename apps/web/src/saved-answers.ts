// Loaded by the service worker too: nothing of the pages is loaded here.

/** What the service worker keeps of one person; never shown to another. */
export const SAVED_CACHE = 'countersign-saved';
/** Nothing larger is kept. */
export const MOST_BYTES = 1024 * 1024;
/** Set by the service worker on what it kept from an earlier visit: when that was. */
export const SAVED_AT = 'x-countersign-saved-at';
/** In its place on what never changes: it is as good as the server's, and says nothing of whether the server is there. */
export const UNCHANGING = 'x-countersign-unchanging';
/** Beside the time where the server was asked and has not answered yet: nobody knows that it is away. Alone: it has, and was asked at an earlier look. */
export const LATE = 'x-countersign-late';
