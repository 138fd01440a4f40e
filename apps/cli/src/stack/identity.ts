import { chmodSync, lchownSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Who trusts whom: a part that is broken into must not read the files of another domain. */
export type Domain = 'postgres' | 'nats' | 'notary' | 'fleet' | 'services' | 'person';

/** A numeric user and group, or nothing: then the part runs as the person who started the stack. */
export type Identity = { readonly uid: number; readonly gid: number } | undefined;

/**
 * Users of the parts when root starts the stack. 60706–61183 is the range that systemd leaves unused
 * (systemd.io/UIDS-GIDS), so the numbers collide with nobody and still fit a container that maps 65536 users.
 */
export const UIDS = { postgres: 60900, nats: 60901, notary: 60902, fleet: 60903, services: 60904 } as const;

/** `separate`: one user per domain; `servers`: Postgres and NATS only; `shared`: all parts as the person. */
export type IdentityMode = 'separate' | 'servers' | 'shared';

export function identityOf(domain: Domain, mode: IdentityMode): Identity {
  if (mode === 'shared' || domain === 'person') return undefined;
  if (mode === 'servers' && domain !== 'postgres' && domain !== 'nats') return undefined;
  return { uid: UIDS[domain], gid: UIDS[domain] };
}

/** Makes a folder that only the given user can enter, and hands over what lies in it already. */
export function ownFolder(path: string, identity: Identity): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  // Same owner at the top: the tree was handed over before, and a large database is not walked at every start.
  if (identity && lstatSync(path).uid !== identity.uid) giveTree(path, identity);
  return path;
}

/** Hands a tree over to another user; links are not followed. Nothing changes where there is no other user. */
export function giveTree(path: string, identity: Identity, { deep } = { deep: true }): void {
  if (!identity) return;
  const stat = lstatSync(path);
  if (deep && stat.isDirectory()) for (const name of readdirSync(path)) giveTree(join(path, name), identity);
  lchownSync(path, identity.uid, identity.gid);
}

/** Whose a folder is, when that is somebody else than this process. */
export function ownerOf(path: string): Identity {
  const { uid, gid } = lstatSync(path);
  return uid === process.getuid?.() ? undefined : { uid, gid };
}

/** True when any user can reach the path: every folder above it may be entered, and the thing itself read. */
export function isOpenToAll(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  const readable = stat.isDirectory() ? 0o005 : 0o004;
  if ((stat.mode & readable) !== readable) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

export const isRoot = (): boolean => process.getuid?.() === 0;
