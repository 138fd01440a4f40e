import { watch, type FSWatcher } from 'node:fs';
import { violationLine } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PolicyStore } from '../postgres/policy-store.js';
import { POLICIES_DIR, readPolicyFolder, type PolicyFolder } from './policy-files.js';

/** Editors write in several steps; one import is enough for all of them. */
const SETTLE_MS = 150;
/** For file systems that tell nobody about changes. */
const LOOK_ANYWAY_MS = 10_000;

/**
 * Keeps the policies in force equal to the folder: at start, and whenever a file changes.
 *
 * A broken file is logged with file, line and column, and the version before it stays in force. A folder that cannot be
 * read changes nothing.
 */
@Injectable()
export class PolicyWatcher implements OnApplicationBootstrap, OnApplicationShutdown {
  private watcher: FSWatcher | undefined;
  private settling: NodeJS.Timeout | undefined;
  private anyway: NodeJS.Timeout | undefined;
  private queue: Promise<void> = Promise.resolve();
  private seen = '';

  constructor(
    private readonly store: PolicyStore,
    @Inject(POLICIES_DIR) private readonly folder: string,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** The first import is done when the service takes work: nothing is judged by an old policy. */
  async onApplicationBootstrap(): Promise<void> {
    await this.refresh();
    this.startWatching();
    this.anyway = setInterval(() => void this.refresh(), LOOK_ANYWAY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.watcher?.close();
    clearInterval(this.anyway);
    clearTimeout(this.settling);
    await this.queue;
  }

  /** Imports what changed; one import after the other. Never rejects: what went wrong is logged and tried again. */
  refresh(): Promise<void> {
    this.queue = this.queue.then(() => this.importFolder()).catch((error: unknown) => this.log.error({ err: error }, 'policies could not be imported'));
    return this.queue;
  }

  private startWatching(): void {
    try {
      this.watcher = watch(this.folder, { recursive: true }, () => {
        clearTimeout(this.settling);
        this.settling = setTimeout(() => void this.refresh(), SETTLE_MS);
      }).on('error', (error) => this.log.warn({ err: error }, 'policies are no longer watched, only looked at'));
    } catch (error) {
      this.log.warn({ err: error }, 'policies cannot be watched, only looked at');
    }
  }

  private async importFolder(): Promise<void> {
    const found = await readPolicyFolder(this.folder);
    const fingerprint = fingerprintOf(found);
    if (fingerprint === this.seen) return;
    for (const { violations } of found.broken) {
      for (const violation of violations) this.log.error({ violation }, `policy file refused, the version before stays in force: ${violationLine(violation)}`);
    }
    const changed = await this.store.put(found);
    this.seen = fingerprint;
    if (changed.length > 0) this.log.info({ changed }, 'policies changed');
  }
}

const fingerprintOf = ({ files, broken }: PolicyFolder): string => JSON.stringify([files.map(({ kind, id, hash }) => [kind, id, hash]), broken.map(({ violations }) => violations)]);
