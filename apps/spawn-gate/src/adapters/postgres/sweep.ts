import type { RunState, TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApprovalDesk } from './approval-desk.js';
import { Endings } from './endings.js';
import { TeamDesk } from './move-team.js';

const EVERY_MS = 500;
/** Teams whose instances are ended at once; a team's own are ended one after the other, because they wait for its turn anyway. */
const TEAMS_AT_ONCE = 4;

interface DueInstance {
  readonly team_id: TeamId;
  readonly id: string;
  readonly run_state: RunState | null;
}

/** Looks twice a second for what is over although no message said so: instances, and beside them questions, goals and trials. Nothing here depends on a message. */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timers: NodeJS.Timeout[] = [];
  private readonly running = new Map<() => Promise<void>, Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly endings: Endings,
    private readonly approvals: ApprovalDesk,
    private readonly teams: TeamDesk,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timers = [this.instances, this.others].map((round) => setInterval(() => this.begin(round), EVERY_MS));
  }

  /** Lets rounds that are under way finish. */
  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.running.values());
  }

  /** One round of everything. What fails is logged and tried again in the next: one team's trouble is not another's. */
  async sweep(): Promise<void> {
    await this.instances();
    await this.others();
  }

  private begin(round: () => Promise<void>): void {
    if (this.running.has(round)) return;
    this.running.set(round, round().finally(() => this.running.delete(round)));
  }

  private readonly instances = (): Promise<void> =>
    this.attempt('sweep', async () => {
      const teams = [...Map.groupBy(await this.database.ops<DueInstance>('due_instances'), ({ team_id }) => team_id).values()];
      const next = async (): Promise<void> => {
        for (let due = teams.shift(); due; due = teams.shift()) for (const { team_id, id, run_state } of due) await this.attempt('end', () => this.endings.sweep(team_id, id, run_state));
      };
      await Promise.all(Array.from({ length: TEAMS_AT_ONCE }, next));
    });

  private readonly others = (): Promise<void> =>
    this.attempt('sweep', async () => {
      const questions = await this.database.ops<{ team_id: TeamId; id: string }>('due_gate_approvals');
      for (const { team_id, id } of questions) await this.attempt('close a question', () => this.approvals.sweep(team_id, id));
      const finished = await this.database.ops<{ team_id: TeamId; goal_id: string }>('finished_missions');
      for (const { team_id, goal_id } of finished) await this.attempt('close', () => this.endings.closeMission(team_id, goal_id));
      const trials = await this.database.ops<{ team_id: TeamId }>('due_trials');
      for (const { team_id } of trials) await this.attempt('end a trial', () => this.teams.sweepTrial(team_id));
    });

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.error({ err: error }, `${what} failed, to be tried again`);
    }
  }
}
