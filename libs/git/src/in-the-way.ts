import type { TreeEntry } from './read.js';

const LINK = '120000';
const SUBMODULE = '160000';
/** A link or a submodule: no draft reads, replaces or removes one. */
export const isFixed = ({ mode }: Pick<TreeEntry, 'mode'>): boolean => mode === LINK || mode === SUBMODULE;

/** A change that cannot be made by itself, and what would go with it. */
export interface InTheWay {
  readonly path: string;
  readonly stands: string;
}

/**
 * The written paths in whose place something stands that is not named as deleted: a file or link where a folder must be, a folder where the
 * file must be, a link or a submodule of its name, or another written path. git puts such a path in and lets the other go, unseen by whoever reads the list of changes.
 */
export function inTheWay(standing: Iterable<TreeEntry>, changes: readonly { readonly path: string; readonly content: Uint8Array | null }[]): InTheWay[] {
  const written = changes.filter(({ content }) => content !== null).map(({ path }) => path);
  const gone = new Set(changes.filter(({ content }) => content === null).map(({ path }) => path));
  const stays = new Map([...standing].filter((entry) => isFixed(entry) || !gone.has(entry.path)).map((entry) => [entry.path, entry]));
  const others = new Set([...stays.keys(), ...written]);
  const inFolder = new Map([...others].flatMap((path) => parentsOf(path).map((folder) => [folder, path])));
  return written.flatMap((path) => {
    const entry = stays.get(path);
    const stands = (entry && isFixed(entry) ? path : undefined) ?? parentsOf(path).find((folder) => others.has(folder)) ?? inFolder.get(path);
    return stands === undefined ? [] : [{ path, stands }];
  });
}

/** The folders a path lies in, the outermost first. */
export const parentsOf = (path: string): string[] => path.split('/').slice(0, -1).map((_, index, parts) => parts.slice(0, index + 1).join('/'));
