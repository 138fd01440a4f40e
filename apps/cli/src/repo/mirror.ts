import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../stack/home.js';
import { giveTree, ownerOf } from '../stack/identity.js';
import { personGit } from './person-git.js';
import type { Source } from './source.js';

const NAME_LENGTH = 60;

/**
 * Copies the repository's history up to the base commit into a bare mirror among those of the customer, which belongs to the
 * fleet, and resolves with its name, which follows from the repository, the commit and the deed's key: repeated, it is there. It is made
 * afresh and complete in a folder of the person's, then handed over: git never runs as the person in a repository that others
 * can write, and the person's own repository is only read. Nothing of it stays when it is broken off.
 */
export async function makeMirror(home: Home, customerId: string, source: Source, key: string): Promise<string> {
  const mirrors = join(home.stateOf('fleet'), 'mirrors');
  const mine = join(mirrors, customerId);
  const name = `${plainName(source.name)}-${tagOf(`${key} ${source.base}`, 8)}`;
  const [mirror, dependencies] = [join(mine, `${name}.git`), join(mine, `${name}.deps`)];
  if (existsSync(mirror)) return name;
  const draft = join(making(home), `${name}-${randomBytes(4).toString('hex')}`);
  const parts = [{ made: `${draft}.deps`, place: dependencies }, { made: `${draft}.git`, place: mirror }] as const;
  try {
    await cloneBare(source, `${draft}.git`);
    copyDependencies(source, `${draft}.deps`);
    const owner = ownerOf(home.stateOf('fleet'));
    mkdirSync(mine, { recursive: true });
    for (const folder of [mirrors, mine]) giveTree(folder, owner, { deep: false });
    rmSync(dependencies, { recursive: true, force: true }); // of a mirror that did not come to be
    // The mirror last: where it is, everything is.
    for (const { made, place } of parts.filter((part) => existsSync(part.made))) {
      giveTree(made, owner);
      renameSync(made, place);
    }
  } finally {
    for (const { made } of parts) rmSync(made, { recursive: true, force: true });
  }
  return name;
}

/** Deletes what somebody was making when they were killed: for the start of a stack, before anybody can submit to it. */
export function clearDrafts(home: Home): void {
  const left = readdirSync(making(home)).filter((name) => /\.(?:git|deps)$/.test(name));
  for (const name of left) rmSync(join(making(home), name), { recursive: true, force: true });
}

const making = (home: Home): string => join(home.root, 'run');

/** The first hex digits of a text's hash: a name that the same text always gets. */
export const tagOf = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits);

async function cloneBare(source: Source, folder: string): Promise<void> {
  // Never hard links: the copy changes its owner, and theirs must not.
  await personGit(source.folder, ['clone', '--quiet', '--bare', '--no-hardlinks', '--single-branch', '--no-tags', '--', source.folder, folder]);
  const found = await personGit(folder, ['rev-parse', 'HEAD']);
  if (found !== source.base) await personGit(folder, ['fetch', '--quiet', source.folder, source.base]);
  rmSync(join(folder, 'hooks'), { recursive: true, force: true });
}

/** The modules that are installed beside the sources: a suite needs them, and the sandbox it runs in has no network. */
function copyDependencies(source: Source, folder: string): void {
  const installed = join(source.folder, 'node_modules');
  if (!existsSync(installed) || !lstatSync(installed).isDirectory()) return;
  cpSync(installed, join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
}

/** A name that the fleet accepts: letters, digits, dots and dashes, one path segment. */
const plainName = (name: string): string => name.replaceAll(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, NAME_LENGTH) || 'repository';
