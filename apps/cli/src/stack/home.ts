import { chmodSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** The clone this program was built in; the same depth from `src/stack` and `dist/stack`. */
export const CLONE = resolve(import.meta.dirname, '../../../..');

/** Folders and files of one stack. `root` is where this process sees it, `shown` what a person calls it. */
export interface Home {
  readonly root: string;
  readonly shown: string;
  readonly logs: string;
  readonly pg: string;
  readonly js: string;
  /** What each part is given to prove who it is. */
  readonly keys: string;
  readonly lock: string;
  readonly record: string;
  readonly secrets: string;
  readonly cliSecret: string;
  /** Where `file.publish` puts its folders, unless COUNTERSIGN_PUBLISH_DIR names another place. */
  readonly published: string;
  /** What teams do, as files for people to read. */
  readonly teamFiles: string;
  /** The folder that is a service's own: its keys, its credential, what it keeps outside the database. */
  stateOf(service: string): string;
}

/**
 * The home asked for: `--home`, else COUNTERSIGN_HOME, else `.countersign` in the clone.
 * Inside the private mount namespace (namespace.ts) the same folder has a second path, which parts of the stack that run
 * as other users can enter; COUNTERSIGN_STAGED_HOME names it.
 */
export function homeOf(option: string | undefined, env: NodeJS.ProcessEnv = process.env): Home {
  const shown = resolve(option ?? env.COUNTERSIGN_HOME ?? join(env.COUNTERSIGN_CLONE ?? CLONE, '.countersign'));
  const root = env.COUNTERSIGN_STAGED_HOME ?? shown;
  return {
    root,
    shown,
    logs: join(root, 'logs'),
    pg: join(root, 'pg'),
    js: join(root, 'js'),
    keys: join(root, 'keys'),
    lock: join(root, 'run', 'lock'),
    record: join(root, 'run', 'stack.json'),
    secrets: join(root, 'secrets.json'),
    cliSecret: join(root, 'cli-secret'),
    published: join(root, 'published'),
    teamFiles: join(root, 'agent-teams'),
    stateOf: (service) => join(root, service),
  };
}

/** Makes the home's own folders. Others may pass through it (the parts have their own folders below), not list it. */
export function makeHome(home: Home): void {
  mkdirSync(home.root, { recursive: true });
  chmodSync(home.root, 0o711);
  for (const folder of [home.logs, home.keys, join(home.root, 'run')]) mkdirSync(folder, { recursive: true, mode: 0o711 });
}

/** A path as a person likes to read it: relative where that is shorter and does not climb. */
export function shortPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : `./${near}`;
}

/** A path below the home as it is called outside the private mount namespace. */
export function outsidePath(path: string, env: NodeJS.ProcessEnv = process.env): string {
  const { COUNTERSIGN_STAGED_HOME: staged, COUNTERSIGN_HOME: shown } = env;
  return staged && shown && path.startsWith(`${staged}/`) ? join(shown, path.slice(staged.length)) : path;
}
