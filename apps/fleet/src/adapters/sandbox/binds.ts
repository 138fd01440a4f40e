import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import { UnsafePathError } from './errors.js';
import type { Bind, SandboxSpec } from './types.js';

/** A bind that was looked at: `source` is real, `target` is normal. */
export interface CheckedBind {
  readonly source: string;
  readonly target: string;
  readonly directory: boolean;
  readonly writable: boolean;
  readonly scratch: boolean;
}

/** Where the originals of directories with a scratch layer are shown. */
export const SHELF = '/.packages';

/** Directories the sandbox fills itself: a bind on or above them would hide a wall. */
const OWN = ['/', '/usr', '/usr/bin', '/usr/lib', '/bin', '/lib', '/lib64', '/etc', '/tmp'];
const OWN_TREES = ['/proc', '/dev', '/sys', '/.sbx', SHELF];

/**
 * The binds of a spec, parents before what lies inside them.
 *
 * Refuses relative and missing paths, symbolic links anywhere in a source, and links below a writable bind on the way to
 * another target: bubblewrap would follow them, and a worker may have planted them in an earlier run.
 */
export function checkBinds(spec: Pick<SandboxSpec, 'readOnly' | 'readWrite'>): CheckedBind[] {
  const checked = [
    ...spec.readOnly.map((bind) => checkBind(bind, false)),
    ...spec.readWrite.map((bind) => checkBind(bind, true)),
  ].sort((a, b) => a.target.length - b.target.length);
  for (const bind of checked) checkWay(bind, checked);
  return checked;
}

function checkBind(bind: Bind, writable: boolean): CheckedBind {
  const source = plain(bind.source);
  const target = plain(bind.target ?? bind.source);
  if (OWN.includes(target) || OWN_TREES.some((tree) => isWithin(target, tree))) {
    throw new UnsafePathError(bind.source, `its target ${target} belongs to the sandbox`);
  }
  let real: string;
  try {
    real = realpathSync(source);
  } catch (cause) {
    throw new UnsafePathError(bind.source, 'it cannot be reached', { cause });
  }
  if (real !== source) throw new UnsafePathError(bind.source, 'it leads through a symbolic link');
  const stat = lstatSync(source);
  if (!stat.isDirectory() && !stat.isFile()) throw new UnsafePathError(bind.source, 'it is neither file nor directory');
  const scratch = bind.scratch === true;
  if (scratch && (writable || !stat.isDirectory())) throw new UnsafePathError(bind.source, 'only a read-only directory can have a scratch layer');
  return { source, target, directory: stat.isDirectory(), writable, scratch };
}

function plain(path: string): string {
  if (!isAbsolute(path)) throw new UnsafePathError(path, 'it is not absolute');
  if (path.includes('\0')) throw new UnsafePathError(path, 'it contains a null byte');
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith(sep) ? normal.slice(0, -1) : normal;
}

/** True where `path` is `tree` or lies inside it. */
export function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(tree === sep ? sep : tree + sep);
}

function checkWay(bind: CheckedBind, all: readonly CheckedBind[]): void {
  for (const outer of all) {
    if (outer === bind || !isWithin(bind.target, outer.target)) continue;
    if (outer.target === bind.target) throw new UnsafePathError(bind.source, `two binds share the target ${bind.target}`);
    let path = outer.source;
    for (const part of relative(outer.target, bind.target).split(sep)) {
      path = join(path, part);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isSymbolicLink() === true) throw new UnsafePathError(bind.source, `${path} on the way to its target is a symbolic link`);
    }
  }
}
