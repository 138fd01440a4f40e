import { expect } from 'expect';
import { registerHooks } from 'node:module';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';

/** The service worker's sources, which the web app's own build compiles. */
const WORKER = new URL('../../../apps/web/src/saved.ts', import.meta.url).href;
interface Worker {
  readonly answerFromServerOrStore: (of: { request: Request; event: { waitUntil: (work: Promise<unknown>) => void } }) => Promise<Response>;
  readonly beginSession: () => void;
}
const SAVED_AT = 'x-countersign-saved-at';
const LATE = 'x-countersign-late';
const PATIENCE_MS = 4_000;

describe('what the service worker answers where the server is slow', () => {
  const hooks = registerHooks({ resolve: (name, context, next) => next(context.parentURL === WORKER ? name.replace(/\.js$/, '.ts') : name, context) });
  const real = { fetch: globalThis.fetch, caches: Object.getOwnPropertyDescriptor(globalThis, 'caches') };
  let worker: Worker;
  /** What the browser keeps, by address. */
  let store: Map<string, Response>;
  /** What was asked of the server and not answered yet. */
  let asked: ((answer: Response) => void)[];
  let work: Promise<unknown>[];

  before(async () => {
    worker = (await import(WORKER)) as Worker;
  });
  beforeEach(() => {
    [store, asked, work] = [new Map(), [], []];
    const cache = { match: async ({ url }: Request) => store.get(url)?.clone(), put: async ({ url }: Request, answer: Response) => void store.set(url, answer), delete: async ({ url }: Request) => store.delete(url), keys: async () => [...store.keys()].map((url) => new Request(url)) };
    Object.defineProperty(globalThis, 'caches', { configurable: true, value: { open: async () => cache, delete: async () => store.clear() } });
    globalThis.fetch = () => new Promise((resolve) => asked.push(resolve));
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
    worker.beginSession();
  });
  after(() => {
    hooks.deregister();
    globalThis.fetch = real.fetch;
    if (real.caches) Object.defineProperty(globalThis, 'caches', real.caches);
    else Reflect.deleteProperty(globalThis, 'caches');
  });

  const ADDRESS = 'http://localhost/v1/teams';
  const saidBy = (who: string, status = 200): Response => Response.json({ who }, { status, headers: { date: 'Sun, 29 Nov 2026 14:20:00 GMT', etag: '"1"' } });
  const look = (): Promise<Response> => worker.answerFromServerOrStore({ request: new Request(ADDRESS), event: { waitUntil: (of) => void work.push(of) } });
  /** All that is under way and waits for nobody. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  /** A look at what was saved, whose answer of the server does not come in time. */
  const lateLook = async (): Promise<Response> => {
    const answer = look();
    await settled();
    mock.timers.tick(PATIENCE_MS);
    return answer;
  };
  const of = async (answer: Response): Promise<unknown> => [((await answer.json()) as { who: string }).who, answer.headers.get(SAVED_AT) !== null, answer.headers.get(LATE), answer.headers.has('date')];

  beforeEach(() => void store.set(ADDRESS, new Response(JSON.stringify({ who: 'saved' }), { headers: { [SAVED_AT]: '2026-11-29T14:00:00.000Z' } })));

  it('is what was saved, and for the next look what the server says to the first: it is not asked twice, and what it says is not of now', async () => {
    expect(await of(await lateLook())).toEqual(['saved', true, '1', false]);
    const second = look();
    await settled();
    asked[0]!(saidBy('asha'));
    expect([await of(await second), asked.length]).toEqual([['asha', false, '1', false], 1]);
    const third = look();
    await settled();
    asked[1]!(saidBy('asha'));
    expect(await of(await third)).toEqual(['asha', false, null, true]);
    await Promise.all(work);
  });

  it('is never what the server says to who was signed in before', async () => {
    await lateLook();
    worker.beginSession();
    const next = look();
    await settled();
    asked[0]!(saidBy('asha'));
    asked[1]!(saidBy('ben'));
    expect(await of(await next)).toEqual(['ben', false, null, true]);
  });

  it('is nor shared where the first look was late after that, or another was told that nobody is signed in', async () => {
    const [first, other] = [look(), look()];
    await settled();
    asked[1]!(saidBy('nobody', 401));
    expect((await other).status).toBe(401);
    mock.timers.tick(PATIENCE_MS);
    await first;
    store.set(ADDRESS, new Response('{"who":"ben, saved"}', { headers: { [SAVED_AT]: '2026-11-29T14:30:00.000Z' } }));
    const next = look();
    await settled();
    asked[0]!(saidBy('asha'));
    asked[2]!(saidBy('ben'));
    expect(await of(await next)).toEqual(['ben', false, null, true]);
    await Promise.all(work);
  });
});
