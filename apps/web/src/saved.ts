import type { RouteHandlerCallback, RouteMatchCallback } from 'workbox-core/types.js';

/** Same names as in src/shell/session.tsx and src/api/http.ts; the worker loads nothing of the pages. */
const CACHE = 'countersign-saved';
const SAVED_AT = 'x-countersign-saved-at';
/** Of the last fifty requests, each with its manifest and a handful of files, and the pages around them. */
const MAX_ENTRIES = 1_000;
/** Forgotten at once when the browser has no room left. */
const MAKE_ROOM = 100;
const MAX_BYTES = 1024 * 1024;

const READ = /^\/v1\/(?:me|teams|approvals|devices)(?:[/?]|$)/;
/** Bytes with a version in their address never change. */
const FOREVER = /^\/v1\/teams\/[^/]+\/artifacts\/[^/]+\/versions\/\d+\/(?:content|base)$/;

/** What a person has read is kept, so that it can be read again without a connection. */
export const isKept: RouteMatchCallback = ({ url, request, sameOrigin }) => sameOrigin && request.method === 'GET' && READ.test(url.pathname);

/** Said by a proxy whose server is away, or by a server that is only starting. */
const isAway = ({ status }: Response): boolean => status >= 502 && status <= 504;

/** The server's word where it can be had, else what was saved, marked with its time; nothing saved is what the network says. */
export const answerFromServerOrStore: RouteHandlerCallback = async ({ request, event }) => {
  const cache = await caches.open(CACHE);
  const saved = await cache.match(request);
  if (saved && FOREVER.test(new URL(request.url).pathname)) return withoutMark(saved);
  try {
    const answer = await fetch(request);
    if (answer.ok) event.waitUntil(keep(cache, request, answer.clone()));
    else if (answer.status === 401) event.waitUntil(caches.delete(CACHE));
    return saved && isAway(answer) ? saved : answer;
  } catch (error) {
    if (saved) return saved;
    throw error;
  }
};

/** What never changes is not out of date, however old it is. */
function withoutMark(saved: Response): Response {
  const headers = new Headers(saved.headers);
  headers.delete(SAVED_AT);
  headers.delete('date'); // it says when they came, not what time it is
  return new Response(saved.body, { status: saved.status, headers });
}

async function keep(cache: Cache, request: Request, answer: Response): Promise<void> {
  const body = await answer.arrayBuffer();
  if (body.byteLength > MAX_BYTES) return;
  const headers = new Headers(answer.headers);
  headers.set(SAVED_AT, new Date().toISOString());
  headers.delete('content-encoding');
  await cache.delete(request); // the newest goes to the end
  const kept = await cache.put(request, new Response(body, { status: answer.status, headers })).then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
      return false;
    },
  );
  const all = await cache.keys();
  await Promise.all(all.slice(0, kept ? Math.max(0, all.length - MAX_ENTRIES) : MAKE_ROOM).map((oldest) => cache.delete(oldest)));
}
