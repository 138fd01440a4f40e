import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { errnoName, loadLibc, NativeMemory } from '../sandbox/native.js';

/** Why a path below a directory could not be opened. `escape`: it leads out of the tree, into the kernel's own links, or in circles. */
export type BeneathCode = 'escape' | 'missing' | 'not_a_directory' | 'unreadable';

export class BeneathError extends Error {
  constructor(readonly code: BeneathCode, path: string) {
    super(`${path}: ${code}`);
  }
}

/**
 * Opens a path below the directory `root` with O_PATH: nothing is read, no device or FIFO is touched. Links are followed inside the
 * tree and never out of it, whatever is renamed meanwhile; with `followLast` false the last part is opened as it stands.
 * The caller closes the descriptor.
 */
export type OpenBeneath = (root: number, path: string, followLast: boolean) => number;

export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const NOFOLLOW = O_PATH | constants.O_NOFOLLOW;

/** openat2(2): the number is the same on every architecture. NO_XDEV, NO_MAGICLINKS, BENEATH. */
const OPENAT2 = 437;
const RESOLVE = 0x01 | 0x02 | 0x08;
const HOW_BYTES = 24;
const LONGEST_PATH = 4095;
/** The kernel gives up on `..` while something is renamed (EAGAIN); as often as it may be asked again. */
const TRIES = 100;

/** One call's memory: the call is synchronous, so one block serves all. */
let memory: NativeMemory | undefined;

/** The kernel resolves the whole path in one call. */
export const openByKernel: OpenBeneath = (root, path, followLast) => {
  if (path.includes('\0') || Buffer.byteLength(path) > LONGEST_PATH) throw new BeneathError('missing', path.slice(0, 80));
  memory ??= new NativeMemory(HOW_BYTES + LONGEST_PATH + 1);
  memory.bytes.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC | (followLast ? 0 : constants.O_NOFOLLOW)), 0);
  memory.bytes.writeBigUInt64LE(0n, 8);
  memory.bytes.writeBigUInt64LE(BigInt(RESOLVE), 16);
  memory.bytes.write(`${path}\0`, HOW_BYTES);
  for (let attempt = 1; ; attempt++) {
    const fd = loadLibc().syscall(OPENAT2, root, Number(memory.at(HOW_BYTES)), Number(memory.address), HOW_BYTES);
    if (fd >= 0) return fd;
    const name = errnoName();
    if (name !== 'EAGAIN' || attempt === TRIES) throw errorOf(name, path);
  }
};

/** As many links as Linux follows in one path (path_resolution(7)). */
const MOST_FOLLOWED = 40;

/** The same for kernels and containers without openat2: part by part, each opened without following it; `..` goes back to the directory that was come from. */
export const openByWalking: OpenBeneath = (root, path, followLast) => {
  const device = fstatSync(root).dev;
  const way: number[] = [];
  const ahead = path.split('/').reverse();
  let followed = 0;
  try {
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        const left = way.pop();
        if (left === undefined) throw new BeneathError('escape', path);
        closeSync(left);
        continue;
      }
      const directory = way.at(-1) ?? root;
      way.push(openIn(directory, part, NOFOLLOW, path));
      const stat = fstatSync(way.at(-1)!);
      if (stat.dev !== device) throw new BeneathError('escape', path);
      if (!stat.isSymbolicLink() || (!followLast && ahead.every((rest) => rest === '' || rest === '.'))) continue;
      closeSync(way.pop()!);
      const target = linkIn(directory, part, path);
      if (++followed > MOST_FOLLOWED || target.startsWith('/')) throw new BeneathError('escape', path);
      ahead.push(...target.split('/').reverse());
    }
    return way.pop() ?? openIn(root, '.', O_PATH, path);
  } finally {
    for (const fd of way) closeSync(fd);
  }
};

/** What an open descriptor's directory holds, by the name it has there now. */
export const inside = (directory: number, name: string): string => `/proc/self/fd/${directory}/${name}`;

function openIn(directory: number, name: string, flags: number, path: string): number {
  try {
    return openSync(inside(directory, name), flags);
  } catch (error) {
    throw errorOf((error as NodeJS.ErrnoException).code ?? '', path);
  }
}

function linkIn(directory: number, name: string, path: string): string {
  try {
    return readlinkSync(inside(directory, name));
  } catch (error) {
    throw errorOf((error as NodeJS.ErrnoException).code ?? '', path); // EINVAL: it is no link any more
  }
}

function errorOf(name: string, path: string): BeneathError {
  const codes: Readonly<Record<string, BeneathCode>> = { EXDEV: 'escape', ELOOP: 'escape', ENOENT: 'missing', ENAMETOOLONG: 'missing', EINVAL: 'missing', ERR_INVALID_ARG_VALUE: 'missing', ENOTDIR: 'not_a_directory', EACCES: 'unreadable', EPERM: 'unreadable', EAGAIN: 'unreadable' };
  const code = codes[name];
  if (code === undefined) throw new Error(`cannot open below the workspace: ${name}`);
  return new BeneathError(code, path.slice(0, 400));
}

let chosen: OpenBeneath | undefined;

/** The kernel's way where there is one; old kernels and some containers' filters have none. */
export function openBeneath(): OpenBeneath {
  if (chosen) return chosen;
  const here = openSync('/', O_PATH);
  try {
    closeSync(openByKernel(here, '.', true));
    chosen = openByKernel;
  } catch {
    chosen = openByWalking;
  } finally {
    closeSync(here);
  }
  return chosen;
}
