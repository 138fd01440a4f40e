import { chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { isWithin, type CheckedBind } from './binds.js';
import { fillScratch } from './fill-scratch.mjs';
import type { Identity } from './identity.js';
import type { Bind, SandboxLevel } from './types.js';

/** Where a bound file or directory is found inside: at its target where the sandbox has mounts of its own, else where it is. */
export const placeInside = (level: SandboxLevel, { source, target = source }: Pick<Bind, 'source' | 'target'>): string => (level === 3 ? target : source);

/** A private directory in place of `/tmp`, the worker's own; whoever runs the worker removes it. */
export function privateHome({ uid, gid }: Identity): string {
  const home = mkdtempSync(join(realpathSync(tmpdir()), 'sandbox-'));
  if (uid !== undefined && gid !== undefined) chownSync(home, uid, gid);
  return home;
}

/** Where nothing is mounted: a path below a bind's target means the same path below its source. */
export function onHost(path: string, binds: readonly CheckedBind[]): string {
  const bind = binds.findLast(({ target }) => isWithin(path, target));
  return bind === undefined ? path : bind.source + path.slice(bind.target.length);
}

/**
 * The paths under which a bind is known on this machine, and the links that lead to it: Node judges a path as it is asked
 * for, before links are followed, and looks at each link when it follows them.
 */
export function namesOnHost({ source, target }: CheckedBind): { readonly names: string[]; readonly links: string[] } {
  if (target === source || !existsSync(target) || realpathSync(target) !== source) return { names: [source], links: [] };
  const parts = target.split(sep);
  const links = parts.map((_, index) => parts.slice(0, index + 1).join(sep)).filter((path) => path !== '' && lstatSync(path).isSymbolicLink());
  return { names: [source, target], links };
}

/**
 * Makes what lies inside a writable bind reachable there, as a mount would: by links. Elsewhere nothing is made: a
 * read-only bind is somebody else's directory, and what belongs inside it is there already.
 */
export function linkNested(binds: readonly CheckedBind[], identity: Identity): void {
  for (const bind of binds) {
    const outer = binds.findLast((other) => other !== bind && other.writable && isWithin(bind.target, other.target));
    if (!outer) continue;
    const place = outer.source + bind.target.slice(outer.target.length);
    if (bind.scratch) layOver(bind.source, place, identity);
    else if (!lstatSync(place, { throwIfNoEntry: false })) symlinkSync(bind.source, place);
  }
}

/** A private directory that shows the entries of `source`, in place of whatever stood there. */
function layOver(source: string, place: string, { uid, gid }: Identity): void {
  const made = (directory: string): void => void (uid !== undefined && gid !== undefined && chownSync(directory, uid, gid));
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  made(place);
  fillScratch(source, place, made);
}
