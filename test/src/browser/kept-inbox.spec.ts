import type { ApprovalArtifact, ApprovalSummary } from '@countersign/contracts';
import { expect } from 'expect';
import { registerHooks } from 'node:module';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

/** The web app's sources, which its own build compiles. */
const WEB = new URL('../../../apps/web/src/', import.meta.url).href;
const HOST = 'http://localhost';
interface Worker {
  readonly answerFromServerOrStore: (of: { request: Request; event: { waitUntil: (work: Promise<unknown>) => void } }) => Promise<Response>;
}
interface Keeper {
  readonly keepInbox: (waiting: readonly ApprovalSummary[], stopped: AbortSignal) => Promise<void>;
}

describe('what is kept of the inbox, to be read without a connection', () => {
  const hooks = registerHooks({ resolve: (name, context, next) => next(context.parentURL?.startsWith(WEB) ? name.replace(/\.js$/, '.ts') : name, context) });
  const real = ['fetch', 'caches', 'window', 'localStorage'].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  const put = (name: string, value: unknown): void => void Object.defineProperty(globalThis, name, { configurable: true, value });
  let worker: Worker;
  let keeper: Keeper;
  /** What the browser keeps, by address, the oldest first. */
  let store: Map<string, Response>;
  /** So much is there room for. */
  let room: number;
  /** How many files each request has, by its id. */
  let files: Map<string, number>;
  /** What the server was asked for. */
  let asked: string[];
  let work: Promise<unknown>[];

  before(async () => {
    put('window', new EventTarget());
    put('localStorage', { getItem: () => null, setItem: () => undefined });
    Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: { controller: {} } });
    worker = (await import(`${WEB}saved.ts`)) as Worker;
    keeper = (await import(`${WEB}outbox/keep-inbox.ts`)) as Keeper;
  });
  beforeEach(() => {
    [store, room, files, asked, work] = [new Map(), Infinity, new Map(), [], []];
    const addressOf = (of: Request | string): string => new URL(typeof of === 'string' ? of : of.url, HOST).href;
    const cache = {
      match: async (of: Request | string) => store.get(addressOf(of))?.clone(),
      put: async (of: Request, answer: Response) => {
        if (store.size >= room) throw new DOMException('no room', 'QuotaExceededError');
        store.set(of.url, answer);
      },
      delete: async ({ url }: Request) => store.delete(url),
      keys: async () => [...store.keys()].map((url) => new Request(url)),
    };
    put('caches', { open: async () => cache });
    put('fetch', async (of: Request | string) => (typeof of === 'string' ? look(of) : serve(of.url)));
  });
  afterEach(() => void (work = []));
  after(() => {
    hooks.deregister();
    Reflect.deleteProperty(navigator, 'serviceWorker');
    for (const [name, was] of real) {
      if (was) Object.defineProperty(globalThis, name, was);
      else Reflect.deleteProperty(globalThis, name);
    }
  });

  function serve(url: string): Response {
    asked.push(new URL(url).pathname);
    const [, id] = /\/v1\/approvals\/([^/]+)$/.exec(url) ?? [];
    return Response.json(id === undefined ? {} : { id, artifacts: Array.from({ length: files.get(id)! }, (_, at) => artifact(id, at)) });
  }
  const artifact = (id: string, at: number): Pick<ApprovalArtifact, 'size' | 'deleted' | 'contentUrl' | 'baseContentUrl'> => {
    const url = `/v1/teams/t/artifacts/${id}-${at}/versions/1`;
    return { size: 2, deleted: false, contentUrl: `${url}/content`, baseContentUrl: `${url}/base` };
  };
  /** As the browser asks, through the service worker. */
  const look = async (path: string): Promise<Response> => {
    const answer = await worker.answerFromServerOrStore({ request: new Request(`${HOST}${path}`), event: { waitUntil: (of) => void work.push(of) } });
    for (const done of work.splice(0)) await done;
    return answer;
  };
  const keep = async (requests: Record<string, number>): Promise<void> => {
    files = new Map(Object.entries(requests));
    const waiting = Object.keys(requests).map((id, at) => ({ id, dueAt: `2026-11-29T14:${String(at).padStart(2, '0')}:00.000Z` }) as ApprovalSummary);
    await keeper.keepInbox(waiting, new AbortController().signal);
  };
  const has = (path: string): boolean => store.has(`${HOST}${path}`);

  it('never takes the place of who is here, however many files wait and however much else is looked at', async () => {
    await look('/v1/me');
    await look('/v1/approvals?state=pending&limit=100');
    await keep({ one: 250, other: 250 });
    expect([has('/v1/me'), has('/v1/approvals?state=pending&limit=100')]).toEqual([true, true]);
    for (let at = 0; at < 1_010; at += 1) await look(`/v1/approvals/${at}/thread`);
    expect([has('/v1/me'), store.size < 2_000]).toEqual([true, true]);
  });

  it('is whole requests, the nearest deadline first: one with more files than there is room for is kept without them, and the next with theirs', async () => {
    await keep({ small: 3, huge: 500, next: 2 });
    expect(['small', 'huge', 'next'].map((id) => [has(`/v1/approvals/${id}`), has(`/v1/approvals/${id}/manifest`), [...store.keys()].filter((url) => url.includes(`/artifacts/${id}-`)).length])).toEqual([
      [true, true, 6],
      [true, true, 0],
      [true, true, 4],
    ]);
  });

  it('is fetched once: nothing that is kept pushes out what is asked for again', async () => {
    const inbox = { one: 250, other: 250, last: 30 };
    await keep(inbox);
    asked = [];
    await keep(inbox);
    expect(asked).toEqual([]);
  });

  it('gives its room to what the app itself stands on where the browser has none left', async () => {
    await look('/v1/me');
    await keep({ one: 100 });
    room = store.size;
    await look('/v1/teams');
    await look('/v1/me');
    expect([has('/v1/me'), has('/v1/teams')]).toEqual([true, true]);
  });
});
