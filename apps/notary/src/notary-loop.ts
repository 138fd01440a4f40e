import type { Health, Logger } from '@countersign/service';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';

import type { HeadStore } from './adapters/head-store/head-store.js';
import type { Notary } from './notary.js';

/** An entry is under a signed head at most this long, and the round, after its commit. */
const ROUND_EVERY_MS = 500;
const PATROL_EVERY_MS = 30_000;
/** Rounds that fail one after the other before the health page says so: a database that starts anew is no news. */
const FAILURES_TOLD = 5;

/** Runs the notary's rounds for as long as the service lives. */
export class NotaryLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private patrolling: Promise<void> = Promise.resolve();
  private patrolledAt = performance.now();
  private failures = 0;
  private readonly stopping = new AbortController();

  constructor(
    private readonly notary: Notary,
    private readonly heads: HeadStore,
    private readonly health: Pick<Health, 'report'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** Compares all heads first: the service is not ready before that. */
  async onApplicationBootstrap(): Promise<void> {
    await this.notary.start();
    this.again(0);
  }

  /** Lets the round that is running finish; the head store's lock is free afterwards. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await Promise.all([this.running, this.patrolling]);
    this.heads.close();
  }

  private again(afterMs: number): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.running = this.turn();
    }, afterMs);
  }

  private async turn(): Promise<void> {
    let more = false;
    try {
      more = await this.notary.round();
      this.failures = 0;
      this.health.report('rounds', undefined);
    } catch (error) {
      // The database is away, or the disk is full: nothing was signed that is not on record, and the next round goes on.
      this.log.warn({ err: error }, 'round failed');
      this.failures += 1;
      if (this.failures === FAILURES_TOLD) this.health.report('rounds', `no head could be signed in ${FAILURES_TOLD} rounds`);
    }
    if (performance.now() - this.patrolledAt > PATROL_EVERY_MS) {
      this.patrolledAt = Infinity; // one at a time; a long chain takes its time beside the rounds
      this.patrolling = this.patrol();
    }
    this.again(more ? 0 : ROUND_EVERY_MS);
  }

  private async patrol(): Promise<void> {
    try {
      await this.notary.patrol(this.stopping.signal);
    } catch (error) {
      if (!this.stopping.signal.aborted) this.log.warn({ err: error }, 'a chain could not be read anew');
    }
    this.patrolledAt = performance.now();
  }
}
