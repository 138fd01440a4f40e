import type { Logger } from './logger.js';

/**
 * Work that is done again and again, one turn at a time: what finds from rows what a message left behind.
 *
 * An error ends its turn and is logged; the next turn comes all the same.
 */
export class Sweep {
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly name: string,
    private readonly pauseMs: number,
    private readonly work: () => Promise<void>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** Takes the first turn at once. */
  start(): void {
    this.turn = this.work()
      .catch((cause: unknown) => this.log.warn({ err: cause, sweep: this.name }, 'a sweep failed; it is tried again'))
      .finally(() => {
        if (!this.stopped) this.timer = setTimeout(() => this.start(), this.pauseMs);
      });
  }

  /** Resolves when the turn that is running has ended; no other follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turn;
  }
}
