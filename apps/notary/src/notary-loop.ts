import type { Logger } from '@countersign/service';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';

import type { HeadStore } from './adapters/head-store/head-store.js';
import type { Notary } from './notary.js';

/** An entry is under a signed head at most this long, and the round, after its commit. */
const ROUND_EVERY_MS = 500;
const PATROL_EVERY_MS = 30_000;

/** Runs the notary's rounds for as long as the service lives. */
export class NotaryLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private patrolledAt = performance.now();
  private stopped = false;

  constructor(
    private readonly notary: Notary,
    private readonly heads: HeadStore,
    private readonly log: Logger,
  ) {}

  /** Compares all heads first: the service is not ready before that. */
  async onApplicationBootstrap(): Promise<void> {
    await this.notary.start();
    this.again(0);
  }

  /** Lets the round that is running finish; the head store's lock is free afterwards. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
    this.heads.close();
  }

  private again(afterMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.turn();
    }, afterMs);
  }

  private async turn(): Promise<void> {
    let more = false;
    try {
      more = await this.notary.round();
      if (performance.now() - this.patrolledAt > PATROL_EVERY_MS) {
        await this.notary.patrol();
        this.patrolledAt = performance.now();
      }
    } catch (error) {
      // The database is away, or the disk is full: nothing was signed that is not on record, and the next round goes on.
      this.log.warn({ err: error }, 'round failed');
    }
    this.again(more ? 0 : ROUND_EVERY_MS);
  }
}
