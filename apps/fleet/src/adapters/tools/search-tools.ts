import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Capabilities, GlobArgs, GlobResult, GrepArgs, GrepResult } from '@countersign/contracts';
import { judgePath, outermost, plainPath, refuseReal } from '../../domain/capability/paths.js';
import { isRefusal } from '../../domain/capability/refusal.js';
import { check, DeniedError, granted, ToolProblem } from './outcomes.js';
import type { LineMatch, SearchAnswer, SearchRequest } from './search-thread.js';
import type { FoundFile, Tree } from './tree.js';
import { WALK, type Workbench } from './workbench.js';

const MAX_PATHS = 2000;
const MAX_MATCHES = 500;
/** A longer file is no source of anything to read. */
const MAX_SEARCHED_BYTES = 2 * 1024 * 1024;
const BATCH_BYTES = 4 * 1024 * 1024;
/** For one portion of files; a search over many portions may take longer, up to its end. */
const PORTION_MS = 3_000;
const SEARCH_MS = 30_000;
const THREAD_MEGABYTES = 256;

/** One search in a thread of its own: a pattern of a worker may run for ever, and the supervisor must not. */
class Search implements Disposable {
  private readonly thread = new Worker(new URL('./search-thread.js', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: THREAD_MEGABYTES }, execArgv: [], env: {} });
  private readonly deadline = performance.now() + SEARCH_MS;

  async ask(request: SearchRequest): Promise<SearchAnswer> {
    const clock = AbortSignal.timeout(Math.max(1, Math.min(PORTION_MS, Math.ceil(this.deadline - performance.now()))));
    this.thread.postMessage(request);
    try {
      const [answer] = (await once(this.thread, 'message', { signal: clock })) as [SearchAnswer];
      if ('invalid' in answer) throw new ToolProblem('pattern_invalid', answer.invalid);
      return answer;
    } catch (error) {
      if (error instanceof ToolProblem) throw error;
      if (clock.aborted) throw new ToolProblem('search_too_slow', 'the search takes too long: another pattern, or a narrower path');
      throw new ToolProblem('search_failed', `the search ended: ${(error as Error).message}`); // out of memory
    }
  }

  [Symbol.dispose](): void {
    void this.thread.terminate();
  }
}

/** Paths that any of the globs matches, at most so many. */
export async function matchingPaths(patterns: readonly string[], paths: readonly string[], most: number): Promise<string[]> {
  if (patterns.length === 0 || paths.length === 0) return [];
  using search = new Search();
  return ((await search.ask({ kind: 'glob', patterns, paths, most })) as { paths: string[] }).paths;
}

/** glob and grep: without a path they search every read scope, never more. */
export class SearchTools {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly bench: Workbench,
  ) {}

  glob({ pattern, path }: GlobArgs): Promise<GlobResult> {
    this.judgeGlob(pattern);
    const starts = this.starts(path);
    return this.bench.take(async (tree) => {
      const { files, truncated } = await this.filesBelow(tree, starts);
      const paths = await matchingPaths([pattern], files.map((file) => file.path), MAX_PATHS + 1);
      return { paths: paths.slice(0, MAX_PATHS), truncated: truncated || paths.length > MAX_PATHS };
    });
  }

  grep({ pattern, path, include, literal = false, ignoreCase = false }: GrepArgs): Promise<GrepResult> {
    if (include !== undefined) this.judgeGlob(include);
    const starts = this.starts(path);
    return this.bench.take(async (tree) => {
      const { files, truncated } = await this.filesBelow(tree, starts);
      const wanted = include === undefined ? files.map((file) => file.path) : await matchingPaths([include], files.map((file) => file.path), files.length);
      using search = new Search();
      const matches: LineMatch[] = [];
      for await (const batch of this.batches(tree, wanted)) {
        const found = (await search.ask({ kind: 'grep', pattern, literal, ignoreCase, files: batch, most: MAX_MATCHES + 1 - matches.length })) as { matches: LineMatch[] };
        matches.push(...found.matches);
        if (matches.length > MAX_MATCHES) break;
      }
      return { matches: matches.slice(0, MAX_MATCHES), truncated: truncated || matches.length > MAX_MATCHES };
    });
  }

  /** A glob matches paths that were found; it opens none. One that climbs is still no honest question. */
  private judgeGlob(pattern: string): void {
    const judged = plainPath(pattern.replaceAll('*', 'x').slice(0, 400));
    if (isRefusal(judged)) throw new DeniedError(judged);
  }

  private starts(path: string | undefined): string[] {
    return path === undefined ? outermost(this.capabilities.fs_scopes.read) : [granted(judgePath(this.capabilities, 'read', path))];
  }

  private async filesBelow(tree: Tree, starts: readonly string[]): Promise<{ files: FoundFile[]; truncated: boolean }> {
    const files: FoundFile[] = [];
    let truncated = false;
    for (const start of starts) {
      using place = tree.find(start);
      if (!place) continue;
      check(refuseReal(this.capabilities, 'read', start, place.path));
      const found = await tree.walk(place, WALK);
      files.push(...found.files);
      truncated ||= found.truncated;
    }
    return { files, truncated };
  }

  /** The readable files in portions: what cannot be read (too long, a second name, gone since) is left out, not reported. */
  private async *batches(tree: Tree, paths: readonly string[]): AsyncGenerator<{ path: string; bytes: Buffer }[]> {
    let batch: { path: string; bytes: Buffer }[] = [];
    let size = 0;
    for (const path of paths) {
      const bytes = await this.bytesOf(tree, path);
      if (!bytes) continue;
      batch.push({ path, bytes });
      size += bytes.length;
      if (size < BATCH_BYTES) continue;
      yield batch;
      [batch, size] = [[], 0];
    }
    if (batch.length > 0) yield batch;
  }

  private async bytesOf(tree: Tree, path: string): Promise<Buffer | undefined> {
    try {
      using place = tree.open(path, false);
      if (refuseReal(this.capabilities, 'read', path, place.path)) return undefined;
      return await tree.read(place, MAX_SEARCHED_BYTES);
    } catch (error) {
      if (error instanceof ToolProblem || error instanceof DeniedError) return undefined;
      throw error;
    }
  }
}
