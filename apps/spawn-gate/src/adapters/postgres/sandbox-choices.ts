import { createHash } from 'node:crypto';
import { personal, type Audit } from '@countersign/audit';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ChosenSandbox } from '../../config.js';
import { readSandboxChoice } from './in-force.js';

/** Inject what the person who started this gate chose; undefined where they chose nothing. */
export const CHOSEN_SANDBOX = Symbol('CHOSEN_SANDBOX');

const NAME = 'sandbox-choice';

/**
 * Keeps the choice in force equal to what this start was told: a start with one lowers the least sandbox of this
 * installation, a start without one takes that back. Each change is a version and an entry of the platform's chain.
 */
@Injectable()
export class SandboxChoices implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(CHOSEN_SANDBOX) private readonly chosen: ChosenSandbox | undefined,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Done when the service takes work: nothing is judged by the choice of an earlier start. */
  async onApplicationBootstrap(): Promise<void> {
    const changed = await this.database.withPlatform((tx) => this.settle(tx));
    if (changed) this.log.warn({ least: this.chosen?.least ?? 'strict' }, 'the least sandbox was changed by the one who started the stack');
  }

  private async settle(tx: Tx): Promise<boolean> {
    await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('policies', 0))`);
    const { version: last, sandboxChoice: before } = await readSandboxChoice(tx);
    const least = this.chosen?.least;
    if (least === before) return false;
    const version = last + 1;
    const doc = least === undefined ? { retired: true } : { least };
    tx.write(sql`insert into app.policy (kind, id, version, doc, hash, source) values (${NAME}, ${NAME}, ${version}, ${json(doc)}, ${createHash('sha256').update(least ?? '').digest()}, 'start')`);
    // Whoever has a shell here is known to the machine only: no person of ours can be named as the subject.
    const chosenBy = this.chosen ? personal(tx.scopeId, this.chosen.by) : 'start_without_choice';
    await this.audit(tx, 'SANDBOX-CHOSEN', { policy: NAME, version: String(version), least: least ?? 'strict', chosen_by: chosenBy, ...(last > 0 ? { replaced: before ?? 'strict' } : {}) });
    return true;
  }
}
