import { uuidv7, type GoalId, type MissionEvent, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Audit, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { endGoal } from './adapters/postgres/guide-goal.js';
import { readMission } from './adapters/postgres/mission-rows.js';
import { keepEvent, MissionWriter } from './adapters/postgres/mission-writer.js';
import { DEADLINE_TIMER, reduceMission } from './domain/reduce-mission.js';
import { MissionBridge } from './mission-bridge.js';

const SWEEP_MS = 2_000;

interface Behind {
  readonly team_id: TeamId;
  readonly id: GoalId;
  readonly overdue: boolean;
}

/** Finds from rows what a crash, a silent gate or the clock left to do about missions; events that nobody posts are posted here. */
@Injectable()
export class MissionSweep implements OnModuleInit, OnModuleDestroy {
  private readonly sweep: Sweep;

  constructor(
    private readonly database: Database,
    private readonly bridge: MissionBridge,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.sweep = new Sweep('missions', SWEEP_MS, () => this.look(), log);
  }

  onModuleInit(): void {
    this.sweep.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweep.stop();
  }

  /** One turn. One mission's trouble is not another's. */
  async look(): Promise<void> {
    for (const behind of await this.database.ops<Behind>('missions_behind')) {
      await this.catchUp(behind).catch((cause: unknown) => this.log.error({ err: cause, goalId: behind.id }, 'a mission could not be followed; it is looked at again'));
    }
  }

  private async catchUp({ team_id, id, overdue }: Behind): Promise<void> {
    if (overdue) return this.post(team_id, id, { type: 'timer_fired', mission_id: id, timer_id: DEADLINE_TIMER });
    const stoppedAtGate = await this.bridge.follow(team_id, id);
    if (stoppedAtGate) await this.post(team_id, id, { type: 'mission_canceled', mission_id: id, reason: 'The gate stopped the mission.' });
  }

  private post(teamId: TeamId, goalId: GoalId, event: MissionEvent): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const stored = await readMission(tx, goalId);
      if (!stored) return;
      if (stored.row.origin === 'goal') return void (event.type === 'mission_canceled' && (await endGoal(tx, this.audit, goalId, event.reason)));
      const reduction = reduceMission(stored.facts, event);
      if (!reduction.ok || !reduction.changed) return;
      const kept = { key: `${event.type}:${uuidv7()}`, event };
      await new MissionWriter(tx, this.audit, stored).apply(kept, reduction);
      keepEvent(tx, stored, kept, reduction);
    });
  }
}
