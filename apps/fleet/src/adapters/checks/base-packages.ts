import { isTestPath } from '@countersign/agents';
import { listFiles, readBlobs, type TreeEntry } from '@countersign/git';
import type { CheckBase } from './check-sandbox.js';

/** Tests of a package that are read to learn how it tests; a package with more shows it in these. */
const READ_TESTS = 500;
const ORDINARY = new Set(['100644', '100755']);

/** One package as the base commit holds it. Paths of its tests are relative to it. */
export interface BasePackage {
  /** Relative to the repository's root; '.' for the root itself. */
  readonly dir: string;
  readonly manifest: Record<string, unknown>;
  readonly tests: readonly { readonly path: string; readonly text: string }[];
}

/** The packages of a base that hold the given paths: the nearest package.json above each; the root where there is none. `unreadable` names a manifest that is no JSON object. */
export async function packagesOf({ repository, commit }: CheckBase, paths: readonly string[]): Promise<ReadonlyMap<BasePackage, readonly string[]> | { readonly unreadable: string }> {
  const entries = (await listFiles(repository, commit)).filter(({ mode, path }) => ORDINARY.has(mode) && !/(?:^|\/)node_modules\//.test(path));
  const dirs = entries.filter(({ path }) => /(?:^|\/)package\.json$/.test(path)).map(({ path }) => path.slice(0, -'package.json'.length)).sort((a, b) => b.length - a.length);
  const dirOf = (path: string): string => dirs.find((dir) => path.startsWith(dir)) ?? '';
  const packages = new Map<BasePackage, readonly string[]>();
  for (const [prefix, own] of Map.groupBy(paths, dirOf)) {
    const inside = entries.filter(({ path }) => dirOf(path) === prefix);
    const manifest = await manifestOf(repository, inside.find(({ path }) => path === `${prefix}package.json`));
    if (!manifest) return { unreadable: `${prefix}package.json` };
    const tests = inside.map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) })).filter(({ path }) => isTestPath(path) && /\.[cm]?[jt]sx?$/.test(path)).slice(0, READ_TESTS);
    const texts = await readBlobs(repository, tests.map(({ object }) => object));
    packages.set({ dir: prefix.slice(0, -1) || '.', manifest, tests: tests.map(({ path }, at) => ({ path, text: texts[at]!.toString('utf8') })) }, own);
  }
  return packages;
}

async function manifestOf(repository: string, entry: TreeEntry | undefined): Promise<Record<string, unknown> | undefined> {
  if (!entry) return {};
  try {
    const manifest: unknown = JSON.parse((await readBlobs(repository, [entry.object]))[0]!.toString('utf8'));
    return typeof manifest === 'object' && manifest !== null ? (manifest as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
