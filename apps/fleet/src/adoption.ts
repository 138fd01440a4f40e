import { RefusedError, type AdoptMirror } from '@countersign/contracts';
import { DatabaseError } from '@countersign/database';
import type { LocalRemotes } from '@countersign/service';
import type { Mirrors } from './adapters/git/mirrors.js';
import type { MirrorStore } from './adapters/postgres/mirror-store.js';
import { checkAdoption } from './domain/check-adoption.js';

/** Takes over what the launcher put into a customer's folder, for that customer: made harmless first, then noted as theirs. */
export class Adoption {
  constructor(
    private readonly mirrors: Mirrors,
    private readonly store: MirrorStore,
    private readonly remotes: LocalRemotes,
  ) {}

  /**
   * Returns the mirror's branches. Doing it again changes nothing. Throws `RefusedError`: `not_found` for a mirror that is not
   * in the folder of the person's customer, another customer's included.
   */
  async adopt(request: AdoptMirror): Promise<Record<string, string>> {
    const { by, mirror } = request;
    const [before, barred] = await Promise.all([this.store.adoptedRemote(request), this.remotes.bars(request.remote)]);
    const refusal = checkAdoption(request, before, barred);
    if (refusal) throw new RefusedError(refusal.code, refusal.message);
    const heads = await this.mirrors.clean({ customerId: by.customerId, mirror }).catch(asNotFound);
    if (before === null) await this.note(request);
    return heads;
  }

  /** A command that comes twice at once finds the other's row, which must say the same. */
  private async note(request: AdoptMirror): Promise<void> {
    try {
      await this.store.adopt(request);
    } catch (cause) {
      if (!(cause instanceof DatabaseError && cause.code === 'already_exists')) throw cause;
      const refusal = checkAdoption(request, await this.store.adoptedRemote(request), false);
      if (refusal) throw new RefusedError(refusal.code, refusal.message);
    }
  }
}

function asNotFound(cause: unknown): never {
  if (cause instanceof RefusedError && cause.code === 'mirror_missing') throw new RefusedError('not_found', 'mirror not found');
  throw cause;
}
