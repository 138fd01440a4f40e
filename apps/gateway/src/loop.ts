import type { Logger } from '@countersign/service';
import { setTimeout as sleep } from 'node:timers/promises';

/** Does its work again and again, with a pause in between that `hurry` ends; an error is logged and the next round tries again. */
export class Loop {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private pause = new AbortController();

  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<unknown>,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Another round at once, after the one that is running. */
  hurry(): void {
    this.pause.abort();
  }

  /** No further round after this one. */
  done(): void {
    this.stopping.abort();
  }

  /** Resolves when the round that is running has ended. */
  async stop(): Promise<void> {
    this.done();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.pause = new AbortController();
      await this.work().catch((error: unknown) => this.log.error({ err: error, loop: this.name }, 'a round failed'));
      await sleep(this.everyMs, undefined, { signal: AbortSignal.any([this.stopping.signal, this.pause.signal]), ref: false }).catch(() => undefined); // woken up to stop, or to go on
    }
  }
}
