import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { shortPath, type Home } from './home.js';
import { identityOf, isRoot, ownFolder, type Identity, type IdentityMode } from './identity.js';
import type { Place } from './place.js';
import { freePort } from './ports.js';
import { adminUrl, endStrayServer, ensureCluster, postgresSpec } from './postgres.js';
import { postgresBinaries } from './postgres-binaries.js';

/** Present on every system; used only where root has no user of its own for Postgres (no mount namespace). */
export const NOBODY = 65534;

/** Starts the embedded Postgres, or takes the one that DATABASE_URL names. */
export async function startDatabase(place: Place): Promise<{ url: string; detail: string }> {
  const external = place.env.DATABASE_URL;
  if (external) return { url: external, detail: `DATABASE_URL (${new URL(external).host})` };
  const { home, mode } = place;
  const { folder, identity, apart } = dataPlace(home, mode, place.secrets.id);
  const libraries = apart ? dirname(folder) : join(home.root, 'run', 'pg');
  const binaries = postgresBinaries(libraries, identity !== undefined);
  ownFolder(folder, identity);
  if (apart) place.note(`Postgres keeps binaries and data in ${dirname(folder)}: its user cannot enter the home, and mounts are refused here`);
  const cluster = { folder, binaries, identity, password: place.secrets.superuser, durable: true };
  if (await endStrayServer(cluster)) place.note('ended a Postgres that an earlier run had left behind');
  await ensureCluster(cluster);
  const port = await freePort();
  // The links to its libraries can be made anew; data that somebody deleted cannot.
  const prepare = (): void => {
    if (!existsSync(binaries.libraryPath) || !existsSync(binaries.bin)) postgresBinaries(libraries, identity !== undefined);
  };
  await place.begin({ ...postgresSpec(cluster, port, join(home.logs, 'postgres.log')), prepare });
  const shown = apart ? folder : shortPath(join(home.shown, 'pg'));
  return { url: adminUrl(cluster, port), detail: `${binaries.version}  embedded  ${shown}` };
}

interface DataPlace {
  readonly folder: string;
  readonly identity: Identity;
  /** True when the data lie outside the home. */
  readonly apart: boolean;
}

/** Postgres refuses to run as root. Without users of our own it becomes nobody, in a folder that nobody can enter. */
export function dataPlace(home: Home, mode: IdentityMode, id: string): DataPlace {
  if (mode !== 'shared' || !isRoot()) return { folder: home.pg, identity: identityOf('postgres', mode), apart: false };
  return { folder: join(apartFrom(id), 'pg'), identity: { uid: NOBODY, gid: NOBODY }, apart: true };
}

/** A folder for the home with this id that any user can enter: below /var/lib, else below the system's temporary folder. */
function apartFrom(id: string): string {
  for (const parent of ['/var/lib', tmpdir()]) {
    const folder = join(parent, `countersign-${id}`);
    try {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o755);
      return folder;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error; // read-only: the next one is tried
    }
  }
  throw new SetupError('no folder for Postgres that its own user can enter', { hint: 'start as an ordinary user, or set DATABASE_URL' });
}
