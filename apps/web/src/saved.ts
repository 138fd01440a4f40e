import type { RouteHandlerCallback, RouteMatchCallback } from 'workbox-core/types.js';
import { LATE, MOST_BYTES, SAVED_AT, SAVED_CACHE, UNCHANGING } from './saved-answers.js';

/** So many files, and so much else: fifty requests with their manifests, and the pages around them. */
const MAX_ENTRIES = 1_000;
/** Forgotten at once when the browser has no room left. */
const MAKE_ROOM = 100;
/** Who is here: without it nothing else that is kept can be shown. */
const ME = '/v1/me';

const READ = /^\/v1\/(?:me|teams|approvals|devices)(?:[/?]|$)/;
/** Bytes with a version in their address never change. */
const FOREVER = /^\/v1\/teams\/[^/]+\/artifacts\/[^/]+\/versions\/\d+\/(?:content|base)$/;

/** What a person has read is kept, so that it can be read again without a connection. */
export const isKept: RouteMatchCallback = ({ url, request, sameOrigin }) => sameOrigin && request.method === 'GET' && READ.test(url.pathname);

/** Said by a proxy whose server is away, or by a server that is only starting. */
const isAway = ({ status }: Response): boolean => status >= 502 && status <= 504;

/** Where there is a signal and no bytes, a reader is not left waiting: so long for the first answer, and shorter while nothing has come since. */
const PATIENCE_MS = 4_000;
const SHORT_PATIENCE_MS = 1_000;
let silent = false;
/** Nothing comes any more of what was asked so long ago. */
const HOPELESS_MS = 60_000;
/** What is waited for though it was answered without, by address: it is asked for once, however often it is wanted meanwhile, and given to nobody who has signed in since. */
let overdue = new Map<string, { readonly asked: Promise<Response>; readonly since: string | null }>();

/** Who is signed in may be another from now on: what was asked for the last is no answer for the next. */
export function beginSession(): void {
  overdue = new Map();
}

/** The server's word where it can be had in time, else what was saved, marked with its time; nothing saved is what the network says. What comes later is kept for the next look. */
export const answerFromServerOrStore: RouteHandlerCallback = async ({ request, event }) => {
  const cache = await caches.open(SAVED_CACHE);
  const saved = await cache.match(request);
  if (saved && FOREVER.test(new URL(request.url).pathname)) return withoutMark(saved);
  const ask = async (of?: RequestInit): Promise<Response> => {
    const answer = await fetch(request, of);
    silent = false;
    if (answer.ok) event.waitUntil(keep(cache, request, answer.clone()));
    else if (answer.status === 401) {
      beginSession();
      event.waitUntil(caches.delete(SAVED_CACHE));
    }
    return answer;
  };
  if (!saved) return ask();
  const ofSession = overdue;
  const [since, known] = [saved.headers.get(SAVED_AT), ofSession.get(request.url)];
  const earlier = known?.since === since ? known.asked : undefined;
  const asked = earlier ?? ask({ signal: AbortSignal.timeout(HOPELESS_MS) });
  const answered = (answer: Response): Response => (earlier ? askedEarlier(answer.clone()) : answer.clone());
  const heard = asked.then((answer) => (isAway(answer) ? saved : answered(answer)), () => saved); // without a connection what was saved is the answer
  event.waitUntil(heard);
  return new Promise((resolve) => {
    const patience = setTimeout(() => {
      silent = true;
      ofSession.set(request.url, { asked, since });
      void heard.then(() => ofSession.delete(request.url));
      resolve(withLateMark(saved));
    }, silent ? SHORT_PATIENCE_MS : PATIENCE_MS);
    void heard.then((answer) => {
      clearTimeout(patience);
      resolve(answer);
    });
  });
};

function withLateMark({ body, status, headers: known }: Response): Response {
  const headers = new Headers(known);
  headers.set(LATE, '1');
  return new Response(body, { status, headers });
}

/** The server's word, and not of after this look began: neither what is nor what time it is. */
function askedEarlier(answer: Response): Response {
  const marked = withLateMark(answer);
  marked.headers.delete('date');
  return marked;
}

/** What never changes is not out of date, however old it is. */
function withoutMark(saved: Response): Response {
  const headers = new Headers(saved.headers);
  headers.delete(SAVED_AT);
  headers.set(UNCHANGING, '1');
  headers.delete('date'); // it says when they came, not what time it is
  return new Response(saved.body, { status: saved.status, headers });
}

async function keep(cache: Cache, request: Request, answer: Response): Promise<void> {
  const body = await answer.arrayBuffer();
  if (body.byteLength > MOST_BYTES) return;
  const headers = new Headers(answer.headers);
  headers.set(SAVED_AT, new Date().toISOString());
  headers.delete('content-encoding');
  /** False where there is no room. */
  const put = (): Promise<boolean> =>
    cache.put(request, new Response(body, { status: answer.status, headers })).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
        return false;
      },
    );
  await cache.delete(request); // the newest goes to the end
  const kept = await put();
  await Promise.all(tooMuch(await cache.keys(), kept).map((oldest) => cache.delete(oldest)));
  if (!kept) await put();
}

/** What goes, the oldest first: files alone, as long as there are any, where nothing more fits; and never who is here. */
function tooMuch(all: readonly Request[], fits: boolean): readonly Request[] {
  const paths = all.map(({ url }) => new URL(url).pathname);
  const files = all.filter((_, at) => FOREVER.test(paths[at]!));
  const others = all.filter((_, at) => !FOREVER.test(paths[at]!) && paths[at] !== ME);
  if (!fits) return [...files, ...others].slice(0, MAKE_ROOM);
  return [files, others].flatMap((each) => each.slice(0, Math.max(0, each.length - MAX_ENTRIES)));
}
