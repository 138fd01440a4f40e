import { parentPort } from 'node:worker_threads';
import { globMatches } from '../../domain/capability/glob.js';

/** What the thread is asked; the patterns are a worker's own, so the asker keeps a clock and ends the thread when it strikes. */
export type SearchRequest =
  | { readonly kind: 'glob'; readonly patterns: readonly string[]; readonly paths: readonly string[]; readonly most: number }
  | { readonly kind: 'grep'; readonly pattern: string; readonly literal: boolean; readonly ignoreCase: boolean; readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[]; readonly most: number };
export interface LineMatch {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}
export type SearchAnswer = { readonly paths: string[] } | { readonly matches: LineMatch[] } | { readonly invalid: string };

/** A longer line is cut before it is looked at and shown. */
const LONGEST_LINE = 2000;

function answer(request: SearchRequest): SearchAnswer {
  if (request.kind === 'glob') return { paths: firstOf(request.paths, request.most, (path) => request.patterns.some((pattern) => globMatches(pattern, path))) };
  const { pattern, literal, ignoreCase } = request;
  let expression: RegExp;
  try {
    expression = new RegExp(literal ? pattern.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : pattern, ignoreCase ? 'i' : '');
  } catch (error) {
    return { invalid: (error as Error).message.slice(0, 300) };
  }
  const matches: LineMatch[] = [];
  for (const { path, bytes } of request.files) {
    if (bytes.includes(0)) continue; // binary
    for (const [index, line] of Buffer.from(bytes).toString('utf8').split('\n').entries()) {
      if (matches.length >= request.most) return { matches };
      const text = line.slice(0, LONGEST_LINE);
      if (expression.test(text)) matches.push({ path, line: index + 1, text });
    }
  }
  return { matches };
}

function firstOf(items: readonly string[], most: number, wanted: (item: string) => boolean): string[] {
  const found: string[] = [];
  for (const item of items) {
    if (found.length >= most) break;
    if (wanted(item)) found.push(item);
  }
  return found;
}

parentPort?.on('message', (request: SearchRequest) => parentPort?.postMessage(answer(request)));
