import { describe, it } from 'node:test';
import { expect } from 'expect';
import { documented, undocumented, type DocumentOptions } from './document.js';

/** The comments written for a source, in order, without their frames. */
async function comments(path: string, source: string, options: DocumentOptions = {}): Promise<string[]> {
  const result = await documented(path, source, options);
  if ('refused' in result) throw new Error(result.refused);
  const added = result.text.match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return added.map((comment) => comment.replace(/^\s*\/\*\*\s?|\s*\*\/$/g, '').replace(/^\s*\* ?/gm, '').trim());
}
const only = async (path: string, source: string): Promise<string> => (await comments(path, source))[0] ?? '';

describe('what doc-bot writes', () => {
  const functions: [source: string, comment: string][] = [
    ['export function parseHeader(text: string): Header { return x; }', 'Parses the header.\n\n@param text - The text to parse.\n@returns The parsed header.'],
    ['export function slugify(title: string) { return title.toLowerCase(); }', 'Slugifies `title`.\n\n@param title - The title to slugify.\n@returns The slugified title.'],
    ['export const isPlainObject = (value: unknown): value is object => true', 'Checks whether `value` is a plain object.\n\n@param value - The value to check.\n@returns `true` if so, otherwise `false`.'],
    ['export function isEmpty(list: unknown[]) { return list.length === 0; }', 'Checks whether `list` is empty.\n\n@param list - The list to check.\n@returns `true` if so, otherwise `false`.'],
    ['export async function getUserById(id: string): Promise<User | undefined> {}', 'Gets the user with the given ID.\n\n@param id - The ID of the user.\n@returns A promise that resolves to the user, or `undefined`.'],
    ['export function groupBy<T>(items: T[], getKey: (item: T) => string) { return new Map(); }', 'Groups `items` by `getKey`.\n\n@param items - The items to group.\n@param getKey - Function that gets the key; called with `item`.\n@returns A new `Map`.'],
    ['export const hexToRgb = (hex: string) => [1, 2, 3]', 'Converts hex to RGB.\n\n@param hex - The hex value to convert.\n@returns The RGB value.'],
    ['export function sum(a: number, b: number) { return a + b; }', 'Sums `a` and `b`.\n\n@param a - The first value.\n@param b - The second value.\n@returns `a + b`.'],
    ['export function* primes(limit: number) { yield 2; }', 'Yields primes.\n\n@param limit - The limit.\n@returns A generator.'],
    ['export function retry<T>(fn: () => Promise<T>, { retries = 3, delayMs }: RetryOptions = {}): Promise<T> { return fn(); }', 'Retries `fn`.\n\n@param fn - The function to retry.\n@param options - An object with `retries` and `delayMs`. `retries` defaults to `3`.\n@returns A promise that resolves to the result of `fn()`.'],
    ['export function sleep(ms: number): Promise<void> { return later(ms); }', 'Sleeps for `ms` milliseconds.\n\n@param ms - The time, in milliseconds.'],
    ['export function noop() {}', 'Does nothing.'],
  ];
  for (const [source, comment] of functions) {
    it(`says of \`${source.slice(0, 70)}\` what it does, takes and returns`, async () => {
      expect(await only('a.ts', source)).toBe(comment);
    });
  }

  it('says in English under which condition a function throws or returns nothing', async () => {
    const source = `export function take(list: string[], count: number): string[] | null {
  if (!Array.isArray(list)) throw new TypeError('no list');
  if (!Number.isInteger(count) || count < 0) { throw new RangeError(\`bad count: \${count}\`); }
  if (list.length === 0) return null;
  try { check(list); } catch (error) { throw error; }
  try { throw new Error('caught here'); } catch { log(); }
  items.forEach((item) => { throw new Error('of another function'); });
  return list.slice(0, count);
}`;
    expect(await only('a.ts', source)).toBe(
      'Takes.\n\n@param list - The list.\n' +
        '@param count - The count.\n@returns The result of `list.slice(0, count)`, or `null` if `list` is empty.\n@throws `TypeError` if `list` is not an array.\n@throws `RangeError` if `count` is not an integer or negative.',
    );
    const unsayable = 'export function f(x: number) { const y = g(x); if (y > 2) throw new Error(`too large: ${y}`); return h(y); }';
    expect(await only('a.ts', unsayable)).toContain('@throws `Error` if `g(x)` is greater than `2`.');
    expect(await only('a.ts', unsayable.replace('const y', 'let y'))).toContain('@throws `Error` with the message "too large: …".');
  });

  it('says types in JavaScript only where they are certain, and none where the project checks its JavaScript', async () => {
    const source = `exports.connect = function (host, { retries = 3, tls } = {}, done) {
  if (typeof host !== 'string') throw new TypeError('host');
  done(null, host);
};`;
    const certain = `Connects to \`host\`.

@param {string} host - The host to connect to.
@param {object} [options] - An object with \`retries\` and \`tls\`.
@param {number} [options.retries=3] - The retries.
@param {*} options.tls - The TLS.
@param {Function} done - Callback that receives an error or \`null\`, and the result.
@throws {TypeError} If \`host\` is not a string.`;
    expect(await only('a.js', source)).toBe(certain);
    const neutral = (await comments('a.js', source, { typeNeutral: true }))[0]!;
    expect(neutral).not.toMatch(/@(?:param|returns) \{/);
    expect(await only('a.js', `// @ts-check\n\n${source}`)).toBe(neutral);
  });

  it('finds what CommonJS exports: properties, tables, aliases, constructors and their methods', async () => {
    const source = `var app = exports = module.exports = {};
app.listen = function listen(port) { return serve(port); };
function Cache(size) { this.size = size; }
Cache.prototype.clear = function () { this.items = []; };
Cache.prototype._drop = function () {};
function hidden() {}
exports.Cache = Cache;
exports.LIMIT_BYTES = 5;
exports.other = require('./other');
`;
    expect(await comments('a.js', source)).toEqual([
      'Listens on `port`.\n\n@param port - The port to listen on.\n@returns The result of `serve(port)`.',
      'Creates a cache.\n\n@param size - The size of the cache.',
      'Clears this cache.',
      'The limit, in bytes.',
    ]);
  });

  it('explains types by their use and their members', async () => {
    const source = `export interface RetryOptions { retries: number }
export function retry(options: RetryOptions): RetryResult { return run(options); }
export interface RetryResult { ok: boolean }
export interface Point { x: number; y: number }
export interface LabelledPoint extends Point { label: string }
export type Level = 'debug' | 'info' | 'warn';
export type Handler = (request: Request, next: () => void) => Promise<void>;
export type UserId = string;
export const COLORS = ['red', 'blue'];
export type Color = (typeof COLORS)[number];
export enum Direction { Up, Down }
export const DEFAULT_TIMEOUT_MS = 5000;
export const MAX_RETRIES = 3;
export const EMAIL_PATTERN = /@/;
export class TimeoutError extends Error {}
export class UserNotFoundError extends Error {}
export abstract class BaseShape {}
export class LruCache<K, V> extends Map<K, V> implements Cache {}
export function find() { throw new UserNotFoundError(); }
`;
    expect((await comments('a.ts', source)).map((comment) => comment.split('\n')[0])).toEqual([
      'Options of {@link retry}.',
      'Retries.',
      'What {@link retry} returns.',
      'A point, with `x` and `y`.',
      'A labelled point: {@link Point} with `label` added.',
      "A level: `'debug'`, `'info'` or `'warn'`.",
      'A handler: a function that takes `request` and `next` and returns `Promise<void>`.',
      'A user ID, as a string.',
      'The list of colors.',
      'A color: one of {@link COLORS}.',
      'A direction: `Up` or `Down`.',
      'The default timeout, in milliseconds.',
      'The maximum number of retries.',
      'The regular expression for an email.',
      'Signals a timeout.',
      'Signals that a user was not found. Thrown by {@link find}.',
      'Abstract base class of shapes.',
      'An LRU cache that extends `Map` and implements `Cache`.',
      'Finds.',
    ]);
  });

  it('uses the sentence a person already wrote above the declaration', async () => {
    const source = "import './first.js';\n\n// Returns the longest common prefix of both paths.\nexport function common(a: string, b: string): string { return a; }";
    expect(await only('a.ts', source)).toMatch(/^Returns the longest common prefix of both paths\.\n/);
    expect(await only('a.ts', source.replace('Returns', 'TODO: return'))).toMatch(/^Returns the common\./);
  });

  it('cannot be made to end its own comment or to say what is not code', async () => {
    const source = "export function f(text = '*/ alert() /*', pattern = `a\\`b`) { if (text === '*/') throw new Error('*/'); return text; }";
    const result = await documented('a.ts', source, { improve: (drafts) => Promise.resolve(drafts.map(({ doc }) => ({ ...doc, summary: 'Ends */ here\n@returns nothing' }))) });
    expect(result).toMatchObject({ text: expect.stringContaining('*\u200b/ here @returns nothing') });
  });

  it('counts what has no doc comment', () => {
    expect(undocumented('a.ts', '/** A. */\nexport class A {\n  b() {}\n  private c() {}\n}\nexport const d = 1;\n')).toEqual([
      { label: 'A.b', line: 3 },
      { label: 'd', line: 6 },
    ]);
  });
});
