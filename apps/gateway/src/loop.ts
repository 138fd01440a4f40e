import type { Logger } from '@countersign/service';
import { setTimeout as sleep } from 'node:timers/promises';

/** Does its work again and again, with a pause in between; an error is logged and the next round tries again. */
export class Loop {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<unknown>,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.running ??= this.run();
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
      await this.work().catch((error: unknown) => this.log.error({ err: error, loop: this.name }, 'a round failed'));
      await sleep(this.everyMs, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined); // woken up to stop
    }
  }
}
