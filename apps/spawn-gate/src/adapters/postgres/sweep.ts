import type { TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Endings } from './endings.js';

const EVERY_MS = 500;

interface OpenInstance {
  readonly team_id: TeamId;
  readonly id: string;
  readonly overdue: boolean;
  readonly needless: boolean;
}

/** Looks twice a second for instances whose time is over or whose work nobody wants, and for goals that are over: nothing here depends on a message. */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly endings: Endings,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.sweep().finally(() => (this.running = undefined));
    }, EVERY_MS);
  }

  /** Lets a sweep that is under way finish. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One round. What fails is logged and tried again in the next: one team's trouble is not another's. */
  async sweep(): Promise<void> {
    await this.attempt('sweep', async () => {
      const open = await this.database.ops<OpenInstance>('open_instances');
      for (const { team_id, id } of open.filter(({ overdue }) => overdue)) await this.attempt('expire', () => this.endings.expire(team_id, id));
      for (const { team_id, id } of open.filter(({ needless, overdue }) => needless && !overdue)) await this.attempt('withdraw', () => this.endings.withdraw(team_id, id));
      const finished = await this.database.ops<{ team_id: TeamId; goal_id: string }>('finished_missions');
      for (const { team_id, goal_id } of finished) await this.attempt('close', () => this.endings.closeMission(team_id, goal_id));
    });
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.error({ err: error }, `${what} failed, to be tried again`);
    }
  }
}
