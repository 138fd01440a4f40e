import { gzipSync } from 'node:zlib';
import type { Plugin, Rollup } from 'vite';

export interface Budget {
  /** Modules loaded on demand that belong to the first screen all the same. */
  readonly routes: readonly string[];
  /** Bytes after gzip. */
  readonly maxJs: number;
  readonly maxCss: number;
}

/** Prints what the first screen on a phone loads, and fails the build when that is too much. */
export function entryBudget({ routes, maxJs, maxCss }: Budget): Plugin {
  return {
    name: 'entry-budget',
    apply: 'build',
    enforce: 'post',
    writeBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      if (!chunks.some(({ isEntry, facadeModuleId }) => isEntry && facadeModuleId?.endsWith('index.html'))) return; // the service worker's own build
      const files = firstScreen(chunks, routes);
      const js = sum(files.map((name) => bundle[name]));
      const css = sum([...new Set(files.flatMap((name) => cssOf(bundle[name])))].map((name) => bundle[name]));
      this.info(`phone entry: JS ${kb(js)} of ${kb(maxJs)}, CSS ${kb(css)} of ${kb(maxCss)} (gzip)`);
      if (js > maxJs || css > maxCss) this.error('the first screen is over its budget');
    },
  };
}

function firstScreen(chunks: readonly Rollup.OutputChunk[], routes: readonly string[]): string[] {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const wanted = new Set<string>();
  const visit = (chunk: Rollup.OutputChunk | undefined): void => {
    if (chunk === undefined || wanted.has(chunk.fileName)) return;
    wanted.add(chunk.fileName);
    for (const name of chunk.imports) visit(byName.get(name));
  };
  for (const chunk of chunks) {
    if (chunk.isEntry || routes.some((route) => chunk.moduleIds.some((id) => id.endsWith(route)))) visit(chunk);
  }
  return [...wanted];
}

const sum = (files: readonly (Rollup.OutputChunk | Rollup.OutputAsset | undefined)[]): number =>
  files.reduce((total, file) => total + (file === undefined ? 0 : gzipSync(file.type === 'chunk' ? file.code : file.source).length), 0);

/** Vite notes the style sheets of a chunk in its own metadata. */
const cssOf = (file: Rollup.OutputChunk | Rollup.OutputAsset | undefined): string[] => [...((file as { viteMetadata?: { importedCss?: Set<string> } } | undefined)?.viteMetadata?.importedCss ?? [])];

const kb = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
