import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../stack/home.js';
import { giveTree, ownerOf } from '../stack/identity.js';
import { personGit } from './person-git.js';
import type { Source } from './source.js';

const NAME_LENGTH = 60;

/**
 * Copies the repository's history up to the base commit into a bare mirror among those of the customer, which belongs to the
 * fleet, and resolves with its name. It is made afresh and complete in a folder of the person's, then handed over: git never runs as the person
 * in a repository that others can write, and the person's own repository is only read.
 */
export async function makeMirror(home: Home, customerId: string, source: Source): Promise<string> {
  const mirrors = join(home.stateOf('fleet'), 'mirrors');
  const mine = join(mirrors, customerId);
  const owner = ownerOf(home.stateOf('fleet'));
  const name = `${plainName(source.name)}-${randomBytes(4).toString('hex')}`;
  const making = join(home.root, 'run', `${name}.git`);
  // Never hard links: the copy changes its owner, and theirs must not.
  await personGit(source.folder, ['clone', '--quiet', '--bare', '--no-hardlinks', '--single-branch', '--no-tags', '--', source.folder, making]);
  const found = await personGit(making, ['rev-parse', 'HEAD']);
  if (found !== source.base) await personGit(making, ['fetch', '--quiet', source.folder, source.base]);
  rmSync(join(making, 'hooks'), { recursive: true, force: true });
  const dependencies = copyDependencies(source, join(home.root, 'run', `${name}.deps`));
  for (const made of dependencies ? [making, dependencies] : [making]) giveTree(made, owner);
  mkdirSync(mine, { recursive: true });
  for (const folder of [mirrors, mine]) giveTree(folder, owner, { deep: false });
  renameSync(making, join(mine, `${name}.git`));
  if (dependencies) renameSync(dependencies, join(mine, `${name}.deps`));
  return name;
}

/** The modules that are installed beside the sources: a suite needs them, and the sandbox it runs in has no network. */
function copyDependencies(source: Source, folder: string): string | undefined {
  const installed = join(source.folder, 'node_modules');
  if (!existsSync(installed) || !lstatSync(installed).isDirectory()) return undefined;
  cpSync(installed, join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  return folder;
}

/** A name that the fleet accepts: letters, digits, dots and dashes, one path segment. */
const plainName = (name: string): string => name.replaceAll(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, NAME_LENGTH) || 'repository';
