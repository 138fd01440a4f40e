import type { Problem } from '@countersign/contracts';
import { learnTime } from './clock.js';
import { LATE, SAVED_AT, UNCHANGING } from '../saved-answers.js';
import { cameFromServer, cameFromStore, cameLate, unreachable } from './connection.js';

/** The server answered, and it was no: `code` is stable, the rest is for people. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.status = problem.status;
    this.code = problem.code;
    this.details = { ...problem };
  }
}

/** Only what may pass by itself is tried again; a refusal is an answer. */
export const mayPass = (error: unknown): boolean => error instanceof ApiProblem && (error.status === 429 || error.status >= 502);

/** No answer at all: nothing is known about whether a request that changes something arrived. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor(options?: ErrorOptions) {
    super('the server cannot be reached', options);
  }
}

/** Where there is a signal and no bytes, so long for the beginning of an answer to what somebody wants to read, … */
const READ_MS = 30_000;
/** … and so long for one to what they have decided, which can be said again, or is kept here until there is a connection. */
export const DECIDE_MS = 12_000;

export interface WriteOptions {
  /** Repeating a request with the same key is safe: it is done once. */
  readonly key: string;
  readonly ifMatch?: string;
  /** How long an answer is waited for; without one it is not known whether it arrived. */
  readonly limitMs?: number;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { signal, limitMs: READ_MS, headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}

export async function getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await send(path, { signal, limitMs: READ_MS });
  return new Uint8Array(await response.arrayBuffer());
}

export async function postJson<T>(path: string, body: object, { key, ifMatch, limitMs }: WriteOptions): Promise<T> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) };
  const response = await send(path, { method: 'POST', headers, body: JSON.stringify(body), limitMs });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function putBytes<T>(path: string, body: Uint8Array<ArrayBuffer>): Promise<T> {
  const response = await send(path, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body });
  return (await response.json()) as T;
}

export const putJson = <T>(path: string, body: object, ifMatch?: string): Promise<T> => change<T>('PUT', path, body, ifMatch);
export const patchJson = <T>(path: string, body: object): Promise<T> => change<T>('PATCH', path, body);

async function change<T>(method: 'PUT' | 'PATCH', path: string, body: object, ifMatch?: string): Promise<T> {
  const headers = { 'content-type': 'application/json', ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) };
  const response = await send(path, { method, headers, body: JSON.stringify(body) });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send(path, { method: 'DELETE' });
}

const saved = new Set<string>();
/** Whether what was last read there came from this device, or was asked for at an earlier look: it is not what the server says now. */
export const wasSaved = (path: string): boolean => saved.has(path);

interface Sent extends Omit<RequestInit, 'signal'> {
  readonly signal?: AbortSignal | undefined;
  readonly limitMs?: number | undefined;
}

async function send(path: string, init: Sent): Promise<Response> {
  const askedAt = Date.now();
  const response = await reach(path, init);
  const savedAt = response.headers.get(SAVED_AT);
  const isLate = response.headers.has(LATE);
  if (savedAt !== null || isLate) saved.add(path);
  else saved.delete(path);
  if (savedAt === null) {
    if (!response.headers.has(UNCHANGING)) {
      learnTime(response, askedAt);
      cameFromServer(path);
    }
  } else if (isLate) cameLate(path, savedAt);
  else cameFromStore(savedAt);
  if (!response.ok) throw new ApiProblem(await problemIn(response));
  return response;
}

async function reach(path: string, { signal, limitMs, ...init }: Sent): Promise<Response> {
  const limit = new AbortController();
  const timer = limitMs === undefined ? undefined : setTimeout(() => limit.abort(new DOMException('no answer came', 'TimeoutError')), limitMs);
  try {
    return await fetch(path, { credentials: 'same-origin', signal: AbortSignal.any([limit.signal, ...(signal ? [signal] : [])]), ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    unreachable();
    throw new Unreachable({ cause });
  } finally {
    clearTimeout(timer); // an answer that has begun is waited for to its end
  }
}

/** The original's routes say `error` for `detail`. A proxy in between may answer with a page of its own. */
async function problemIn(response: Response): Promise<Problem> {
  const isProblem = /json/.test(response.headers.get('content-type') ?? '');
  const { error, ...body } = isProblem ? ((await response.json()) as Partial<Problem> & { readonly error?: string }) : {};
  return { type: 'about:blank', title: response.statusText || 'the server refused', code: `http_${response.status}`, ...(error === undefined ? {} : { detail: error }), ...body, status: response.status };
}
