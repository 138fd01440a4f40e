/** One package of the input: its manifest, its sources and its tests. */
import { isMachinePath, isTestPath, listFiles, readJson, readSource, UnreadableFileError, type SourceText } from '../source/files.js';
import { scriptKindOf } from '../source/parse.js';

export interface PackageFiles {
  /** Relative to the input; '' for its root. */
  dir: string;
  manifest: Record<string, unknown>;
  /** Paths relative to the package. */
  sources: ReadonlyMap<string, SourceText>;
  tests: ReadonlyMap<string, SourceText>;
}

/** The directories of the input that hold a package.json, longest first. */
export async function packageDirs(root: string): Promise<string[]> {
  const manifests = await listFiles(root, (path) => /(?:^|\/)package\.json$/.test(path));
  return manifests.map((path) => path.replace(/\/?package\.json$/, '')).toSorted((a, b) => b.length - a.length);
}

export const dirOf = (path: string, dirs: readonly string[]): string => dirs.find((dir) => dir === '' || path.startsWith(`${dir}/`)) ?? '';

/** Reads a package without the packages inside it; what cannot be read is left out. */
export async function readPackage(root: string, dir: string, dirs: readonly string[]): Promise<PackageFiles> {
  const prefix = dir === '' ? '' : `${dir}/`;
  const paths = await listFiles(root, (path) => path.startsWith(prefix) && dirOf(path, dirs) === dir && scriptKindOf(path) !== undefined);
  const sources = new Map<string, SourceText>();
  const tests = new Map<string, SourceText>();
  for (const path of paths) {
    const source = await readSource(root, path).catch((error: unknown) => (error instanceof UnreadableFileError ? undefined : Promise.reject(error as Error)));
    if (!source) continue;
    const inner = path.slice(prefix.length);
    if (isTestPath(inner)) tests.set(inner, source);
    else if (!isMachinePath(inner)) sources.set(inner, source);
  }
  return { dir, manifest: (await readJson(root, `${prefix}package.json`)) ?? {}, sources, tests };
}
