import type { Logger } from '@countersign/service';
import type { Mirrors } from './adapters/git/mirrors.js';
import type { MirrorStore } from './adapters/postgres/mirror-store.js';
import { unneeded } from './domain/forget-mirrors.js';

/** Lets go of mirrors whose goals ended long ago, and of the dependencies that were copied beside them. */
export class MirrorKeeper {
  constructor(
    private readonly mirrors: Mirrors,
    private readonly store: MirrorStore,
    private readonly keptHours: number,
    private readonly log: Pick<Logger, 'info'>,
  ) {}

  /**
   * Removes what earlier rounds forgot, then forgets: a mirror's row goes a whole round before its files, so that a goal that was
   * submitted in the same moment is seen, and fails for want of a row and not of half a repository.
   */
  async round(): Promise<void> {
    const stored = await this.mirrors.stored(); // before the rows are read: what is made meanwhile is not in it
    const kept = await this.store.kept(this.keptHours);
    for (const one of unneeded(stored, kept, new Date(), this.keptHours * 3_600_000)) {
      await this.mirrors.remove(one);
      this.log.info({ customer: one.customerId, mirror: one.mirror }, 'a mirror that no goal needs any more was removed');
    }
    for (const { customer_id, name } of await this.store.idle(this.keptHours)) await this.store.forget({ customerId: customer_id, mirror: name });
  }
}
