import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Order, OrderedFile } from '../../domain/order.js';
import { refuse } from '../../domain/refusal.js';
import type { Sight } from '../../domain/resolve-effect.js';
import type { VerifiedOrder } from '../../domain/verify-approval.js';
import type { Performer, Plan, Planned, Target } from '../performer.js';
import { sha256 } from '../sha256.js';

/** Much longer than writing some megabytes takes. */
const PUBLISH_MS = 30_000;
/** What is written before it is shown. */
const STAGING = /^\.staging-[0-9a-f]{18}$/;
/** One that is this old is that of a process that died while it wrote. */
const STAGING_DEAD_MS = 86_400_000;

/**
 * `file.publish`: the approved files appear all at once as a new folder below the publishing folder.
 *
 * They are written and synced in a folder beside it and then renamed, so a reader sees all of them or none. A folder of
 * that name with other content is never touched.
 */
export class PublishPerformer implements Performer {
  readonly alone = false;
  readonly actMs = PUBLISH_MS;
  constructor(private readonly root: string | undefined) {}

  prepare(order: VerifiedOrder): Promise<Planned> {
    return this.recall(order);
  }

  recall({ effect, files }: Order): Promise<Planned> {
    if (effect.kind !== 'file.publish' || this.root === undefined) return Promise.resolve(refuse('effect_unsupported'));
    return Promise.resolve({ ok: true, plan: { kind: effect.kind, folder: effect.folder, listing: listingOf(files.filter(({ deleted }) => !deleted)) } });
  }

  async target(plan: Plan, order: VerifiedOrder | undefined): Promise<Target> {
    const root = await realpath(this.root!);
    const folder = join(root, plan['folder']!);
    return {
      place: { kind: 'file.publish', folder: plan['folder']! },
      look: () => see(root, folder, plan['listing']!),
      act: async () => {
        await publish(root, folder, order!);
        return undefined;
      },
      receipt: { folder, listing: plan['listing']! },
    };
  }

  /** Removes what processes that died while they wrote have left in the publishing folder. Where that is away, nothing. */
  async tidy(now = Date.now()): Promise<void> {
    if (this.root === undefined || !existsSync(this.root)) return;
    for (const name of (await readdir(this.root)).filter((each) => STAGING.test(each))) {
      const staging = join(this.root, name);
      const found = await lstat(staging).catch(shown);
      if (found && now - found.mtimeMs > STAGING_DEAD_MS) await rm(staging, { recursive: true, force: true });
    }
  }
}

/** Of a staging folder that is gone: it was renamed while we looked, which is what it was for. */
function shown(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** One line per file, so that two folders with the same content have the same hash. */
const listingOf = (files: readonly Pick<OrderedFile, 'path' | 'mode' | 'sha256'>[]): string =>
  sha256([...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, mode, sha256: hash }) => `${mode} ${hash} ${path}\n`).join(''));

async function see(root: string, folder: string, listing: string): Promise<Sight> {
  try {
    return listingOf(await filesIn(folder)) === listing ? { kind: 'ours' } : { kind: 'foreign', code: 'target_exists' };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' && existsSync(folder)) return { kind: 'foreign', code: 'target_exists' };
    // of a disk that was taken away meanwhile nothing can be said
    return code === 'ENOENT' && existsSync(root) ? { kind: 'before' } : { kind: 'silent', why: message };
  }
}

async function filesIn(folder: string, below = ''): Promise<Pick<OrderedFile, 'path' | 'mode' | 'sha256'>[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return filesIn(folder, path);
      if (!entry.isFile()) return [{ path, mode: '100644' as const, sha256: 'not a file' }];
      const executable = ((await stat(join(folder, path))).mode & 0o100) !== 0;
      return [{ path, mode: executable ? ('100755' as const) : ('100644' as const), sha256: sha256(await readFile(join(folder, path))) }];
    }),
  );
  return found.flat();
}

/** The staging folder is new and ours, so no link in it can lead elsewhere; paths were checked when the order was read. */
async function publish(root: string, folder: string, { files, bytes }: VerifiedOrder): Promise<void> {
  const staging = join(root, `.staging-${randomBytes(9).toString('hex')}`);
  await mkdir(staging, { mode: 0o755 });
  try {
    const folders = new Set([staging]);
    for (const { path, mode } of files.filter(({ deleted }) => !deleted)) {
      const file = join(staging, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      for (let up = dirname(file); up !== staging; up = dirname(up)) folders.add(up);
      await writeSynced(file, bytes.get(path)!, mode === '100755' ? 0o755 : 0o644);
    }
    for (const each of folders) await sync(each);
    await rename(staging, folder);
    await sync(root);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function writeSynced(file: string, content: Uint8Array, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
