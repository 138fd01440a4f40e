import type { GoalId, OrchestratorCancellations, OrchestratorSpawn, TaskId, TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from './adapters/id-of.js';
import { MissionGate } from './adapters/nats/mission-gate.js';
import { countCancelled, countRunning, readBridge } from './adapters/postgres/bridge-rows.js';
import { dueOf, spawnRows, type BridgeFacts } from './domain/follow-mission.js';

/** How long a person who stops a goal waits for its workers to be gone; they are stopped all the same. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 50;

/** Carries what a mission became to the spawn gate, from rows: after a commit, and again by the sweep when that was interrupted. */
@Injectable()
export class MissionBridge {
  constructor(
    private readonly database: Database,
    private readonly gate: MissionGate,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Does at the gate what is due for one mission. True when the gate has stopped it and its own row does not say so. */
  async follow(teamId: TeamId, goalId: GoalId, reason = ''): Promise<boolean> {
    const facts = await this.read(teamId, goalId);
    if (!facts) return false;
    const { halt, spawns, cancel } = dueOf(facts);
    try {
      if (halt) await this.gate.halt(teamId, goalId, halt, reason);
      for (const taskId of spawns) await this.gate.spawn(teamId, taskId, requestIdOf(taskId, facts));
    } catch (cause) {
      this.log.warn({ err: cause, teamId, goalId }, 'the gate was not told of a mission; it is told again');
    }
    return cancel;
  }

  async spawns(teamId: TeamId, goalId: GoalId): Promise<OrchestratorSpawn[]> {
    const facts = await this.read(teamId, goalId);
    return facts ? spawnRows(facts) : [];
  }

  async cancellations(teamId: TeamId, goalId: GoalId, reason: string): Promise<OrchestratorCancellations> {
    const cancelledInstances = await this.database.withTeam(teamId, (tx) => countCancelled(tx, goalId));
    return { triggered: true, ...(reason === '' ? {} : { reason }), cancelledInstances };
  }

  /** Waits until no supervisor holds a worker of the goal any more; resolves with how many still run when patience ends (B-5). */
  async stopped(teamId: TeamId, goalId: GoalId): Promise<number> {
    for (const end = performance.now() + PATIENCE_MS; ; await sleep(LOOK_MS)) {
      const running = await this.database.withTeam(teamId, (tx) => countRunning(tx, goalId));
      if (running === 0 || performance.now() > end) return running;
    }
  }

  private read(teamId: TeamId, goalId: GoalId): Promise<BridgeFacts | undefined> {
    return this.database.withTeam(teamId, (tx) => readBridge(tx, goalId));
  }
}

/** One per task and time at work: a repeat is known as such, and what is needed after a pause is not taken for one. */
const requestIdOf = (taskId: TaskId, { since }: BridgeFacts): string => idOf(`${taskId}|${since}`);
