import { CommandClient } from '@countersign/bus';
import { haltMission, missionSpawn, type GoalId, type MissionStopVerb, type TaskId, type TeamId } from '@countersign/contracts';
import { Injectable } from '@nestjs/common';

/** A person waits for the answer; what the gate did not hear in time the sweep tells it. */
const IN_TIME = { timeoutMs: 1_500 };

/** The manager's side of the spawn gate, through its own credential: it names a task or a mission, and the gate reads the rest from rows. */
@Injectable()
export class MissionGate {
  constructor(private readonly commands: CommandClient) {}

  /** The same request id gets the same answer. What came of it stands in the gate's rows. */
  async spawn(teamId: TeamId, taskId: TaskId, requestId: string): Promise<void> {
    await this.commands.request(missionSpawn, { teamId, taskId, requestId }, IN_TIME);
  }

  async halt(teamId: TeamId, missionId: GoalId, verb: MissionStopVerb, reason: string): Promise<void> {
    await this.commands.request(haltMission, { teamId, missionId, verb, reason }, IN_TIME);
  }
}
