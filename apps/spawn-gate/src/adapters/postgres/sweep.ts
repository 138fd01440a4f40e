import type { RunState, TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApprovalDesk } from './approval-desk.js';
import { Endings } from './endings.js';

const EVERY_MS = 500;

interface DueInstance {
  readonly team_id: TeamId;
  readonly id: string;
  readonly run_state: RunState | null;
}

/** Looks twice a second for what is over although no message said so: instances, questions, goals. Nothing here depends on a message. */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly endings: Endings,
    private readonly approvals: ApprovalDesk,
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
      const over = await this.database.ops<DueInstance>('due_instances');
      for (const { team_id, id, run_state } of over) await this.attempt('end', () => this.endings.sweep(team_id, id, run_state));
      const questions = await this.database.ops<{ team_id: TeamId; id: string }>('due_gate_approvals');
      for (const { team_id, id } of questions) await this.attempt('close a question', () => this.approvals.sweep(team_id, id));
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
