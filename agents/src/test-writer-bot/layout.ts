/** Where a package keeps its tests and how it writes them, learnt from those it has. Pure. */
import type { Framework } from './framework.js';

export interface Conventions {
  /** Beside the source, in a `__tests__` folder beside it, or below one folder of the package. */
  place: { kind: 'beside' } | { kind: 'inner' } | { kind: 'folder'; folder: string; mirrored: boolean };
  /** `{name}` stands for the source's name. */
  pattern: string;
  /** Extension of tests for TypeScript sources; tests for JavaScript take the source's. */
  tsExtension: string;
  /** How TypeScript tests name a source: `./a.js`, `./a.ts` or `./a`. */
  importEnding: '.js' | '.ts' | '';
}

const FOLDERS = new Set(['test', 'tests', 'spec', 'specs', '__tests__']);

/** The ways most of the existing tests use; the framework's own habit where there are none. */
export function conventionsOf(framework: Framework, tests: readonly { path: string; text: string }[], isModulePackage: boolean): Conventions {
  const kinds = tests.map(({ path }) => placeOf(path));
  const place = winner(kinds.map((kind) => JSON.stringify({ ...kind, ...(kind.kind === 'folder' && { mirrored: kinds.some((k) => k.kind === 'folder' && k.mirrored) }) })));
  const pattern = winner(tests.map(({ path }) => patternOf(path)).filter((found) => found !== undefined));
  const tsTests = tests.filter(({ path }) => /\.[mc]?tsx?$/.test(path));
  const fallback: Conventions['place'] = framework === 'node:test' ? { kind: 'folder', folder: 'test', mirrored: false } : { kind: 'beside' };
  return {
    place: place === undefined ? fallback : (JSON.parse(place) as Conventions['place']),
    pattern: pattern ?? '{name}.test',
    tsExtension: winner(tsTests.map(({ path }) => /\.([mc]?ts)x?$/.exec(path)![1]!)) ?? 'ts',
    importEnding: (winner(tsTests.flatMap(({ text }) => endingsIn(text))) ?? (framework === 'node:test' ? '.ts' : isModulePackage && framework === 'jest' ? '.js' : '')) as Conventions['importEnding'],
  };
}

function placeOf(path: string): Conventions['place'] {
  const folders = path.split('/').slice(0, -1);
  const at = folders.findIndex((folder) => FOLDERS.has(folder));
  if (at < 0) return { kind: 'beside' };
  if (at > 0) return { kind: 'inner' };
  return { kind: 'folder', folder: folders[0]!, mirrored: folders.length > 1 };
}

/** `{name}.test`, `{name}-spec`, `test-{name}`, or `{name}` for plain names in a test folder. */
function patternOf(path: string): string | undefined {
  const stem = path.split('/').at(-1)!.replace(/\.[a-z]+$/, '');
  const after = /^.+([.\-_](?:test|spec|tests|specs))$/.exec(stem)?.[1];
  if (after !== undefined) return `{name}${after}`;
  const before = /^(test[-_.]).+$/.exec(stem)?.[1];
  if (before !== undefined) return `${before}{name}`;
  return FOLDERS.has(path.split('/')[0]!) && !/^(?:index|main|all|setup|helpers?|utils?|test)$/.test(stem) ? '{name}' : undefined;
}

function endingsIn(text: string): string[] {
  return [...text.matchAll(/(?:from|import\(|require\()\s*['"](\.\.?\/[^'"]+)['"]/g)].map((match) => /\.(?:[mc]?ts|[mc]?js)$/.exec(match[1]!)?.[0].replace(/^\.[mc]/, '.') ?? '');
}

function winner(votes: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

/** The path of the new test file for a source; never one that exists. */
export function testPathFor(source: string, conventions: Conventions, taken: ReadonlySet<string>): string {
  const folders = source.split('/');
  const file = folders.pop()!;
  const [, stem, extension] = /^(.*)\.([a-z]+)$/.exec(file) as unknown as [string, string, string];
  const name = stem === 'index' && folders.length > 0 && !/^(?:src|lib)$/.test(folders.at(-1)!) ? folders.at(-1)! : stem;
  const ending = /^[mc]?tsx?$/.test(extension) ? conventions.tsExtension + (extension.endsWith('x') ? 'x' : '') : extension;
  const inside = folders[0] === 'src' || folders[0] === 'lib' ? folders.slice(1) : folders;
  const { place } = conventions;
  const folder = place.kind === 'beside' ? folders : place.kind === 'inner' ? [...folders, '__tests__'] : [place.folder, ...(place.mirrored ? inside : [])];
  const candidates = [name, `${name}.scaffold`, ...(inside.length > 0 ? [`${inside.join('-')}-${name}`] : []), ...Array.from({ length: 20 }, (_, i) => `${name}.scaffold${i + 2}`)];
  const paths = candidates.map((candidate) => [...folder, `${conventions.pattern.replace('{name}', candidate)}.${ending}`].join('/'));
  return paths.find((path) => !taken.has(path)) ?? `${paths.at(-1)!}`;
}

/** The specifier by which a test imports a source. */
export function specifierFor(test: string, source: string, conventions: Conventions): string {
  const from = test.split('/').slice(0, -1);
  const to = source.split('/');
  while (from.length > 0 && to.length > 1 && from[0] === to[0]) {
    from.shift();
    to.shift();
  }
  const path = `${from.length === 0 ? './' : '../'.repeat(from.length)}${to.join('/')}`;
  if (!/\.[mc]?tsx?$/.test(path)) return path;
  const stem = path.replace(/\.([mc]?)tsx?$/, '');
  const letter = /\.([mc])tsx?$/.exec(path)?.[1] ?? '';
  if (conventions.importEnding === '') return stem;
  return conventions.importEnding === '.js' ? `${stem}.${letter}js` : path;
}
