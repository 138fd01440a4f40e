import type { TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Audit, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { tellStatus } from './tell.js';

const EVERY_MS = 60_000;

/** Keeps the promise how often a customer hears of a team that stands still; and tells why where the news of it was lost. */
@Injectable()
export class StatusWords implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds: Sweep;

  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.rounds = new Sweep('status words', EVERY_MS, () => this.sweep(), log);
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  async sweep(): Promise<void> {
    for (const { team_id } of await this.database.ops<{ team_id: TeamId }>('due_status_words'))
      await this.database.withTeam(team_id, (tx) => tellStatus(tx, this.audit)).catch((error: unknown) => this.log.error({ err: error, teamId: team_id }, 'a customer could not be told where things stand, to be tried again'));
  }
}
