import { OnCommand } from '@countersign/bus';
import { haltMission, missionSpawn, type HaltMission, type MissionSpawn, type MissionStopped, type SpawnOutcome } from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { SpawnDesk } from '../postgres/spawn.js';
import { SteeringDesk } from '../postgres/steering.js';

/** What the manager's reducer may ask for its missions: an instance for a work item, and that a mission starts nothing more. */
@Controller()
export class ManagerController {
  constructor(
    private readonly desk: SpawnDesk,
    private readonly steering: SteeringDesk,
  ) {}

  @OnCommand(missionSpawn)
  spawn(request: MissionSpawn): Promise<SpawnOutcome> {
    return this.desk.missionSpawn(request);
  }

  @OnCommand(haltMission)
  halt(request: HaltMission): Promise<MissionStopped> {
    return this.steering.halt(request);
  }
}
