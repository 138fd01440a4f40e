import { BUDGET_LIMIT, uuidv7, type BudgetUnit, type GoalId, type MissionEvent, type TeamId } from '@countersign/contracts';
import { Database, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Audit, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { readGoal } from './adapters/postgres/goal-rows.js';
import { GoalWriter } from './adapters/postgres/goal-writer.js';
import { readMission, type StoredMission } from './adapters/postgres/mission-rows.js';
import { keepEvent, MissionWriter, type KeptEvent } from './adapters/postgres/mission-writer.js';
import { closeGoal, GATE_STOPPED } from './domain/close-goal.js';
import { exhaustGoal } from './domain/exhaust-goal.js';
import type { Reduction } from './domain/mission-facts.js';
import { DEADLINE_TIMER, failMission, reduceMission } from './domain/reduce-mission.js';
import { MissionBridge } from './mission-bridge.js';

const SWEEP_MS = 2_000;

interface Behind {
  readonly team_id: TeamId;
  readonly id: GoalId;
  readonly overdue: boolean;
  /** A unit of its budget that nothing is left of. */
  readonly exhausted: BudgetUnit | null;
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

  private async catchUp({ team_id, id, overdue, exhausted }: Behind): Promise<void> {
    if (exhausted) return this.exhaust(team_id, id, `mission_${BUDGET_LIMIT[exhausted]}`);
    if (overdue) return this.post(team_id, id, { type: 'timer_fired', mission_id: id, timer_id: DEADLINE_TIMER });
    const stoppedAtGate = await this.bridge.follow(team_id, id);
    if (stoppedAtGate) await this.post(team_id, id, { type: 'mission_canceled', mission_id: id, reason: GATE_STOPPED });
  }

  /** A mission is over with its means; a goal waits for a person. */
  private exhaust(teamId: TeamId, goalId: GoalId, limit: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const stored = await readMission(tx, goalId);
      if (stored?.row.origin === 'goal') return this.block(tx, goalId, limit);
      if (stored) await this.write(tx, stored, { type: 'mission_exhausted', mission_id: goalId, reason: limit }, failMission(stored.facts, limit));
    });
  }

  private async block(tx: Tx, goalId: GoalId, limit: string): Promise<void> {
    const facts = (await readGoal(tx, goalId))!;
    await new GoalWriter(tx, this.audit, facts).apply(exhaustGoal(facts, limit));
  }

  private post(teamId: TeamId, goalId: GoalId, event: MissionEvent): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const stored = await readMission(tx, goalId);
      if (!stored) return;
      if (stored.row.origin === 'goal') return void (event.type === 'mission_canceled' && (await this.close(tx, goalId, event.reason)));
      await this.write(tx, stored, event, reduceMission(stored.facts, event));
    });
  }

  private async close(tx: Tx, goalId: GoalId, reason: string): Promise<void> {
    const facts = (await readGoal(tx, goalId))!;
    await new GoalWriter(tx, this.audit, facts).apply([...closeGoal(facts, reason)]);
  }

  private async write(tx: Tx, stored: StoredMission, event: KeptEvent['event'], reduction: Reduction): Promise<void> {
    if (!reduction.ok || !reduction.changed) return;
    const kept = { key: `${event.type}:${uuidv7()}`, event };
    await new MissionWriter(tx, this.audit, stored).apply(kept, reduction);
    keepEvent(tx, stored, kept, reduction);
  }
}
