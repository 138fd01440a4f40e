import { OnCommand, OnMessage, type Delivery } from '@countersign/bus';
import { approvalDecided, draftDecided, haltMission, missionSpawn, type ApprovalDecided, type DraftDecided, type HaltMission, type MissionSpawn, type MissionStopped, type SpawnOutcome } from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { SignalWatch } from '../postgres/signal-watch.js';
import { SpawnDesk } from '../postgres/spawn.js';
import { SteeringDesk } from '../postgres/steering.js';

/** What the manager's reducer may ask for its missions: an instance for a work item, and that a mission starts nothing more. Beside it what makes the gate look at a team at once. */
@Controller()
export class ManagerController {
  constructor(
    private readonly desk: SpawnDesk,
    private readonly steering: SteeringDesk,
    private readonly watch: SignalWatch,
  ) {}

  @OnCommand(missionSpawn)
  spawn(request: MissionSpawn): Promise<SpawnOutcome> {
    return this.desk.missionSpawn(request);
  }

  @OnCommand(haltMission)
  halt(request: HaltMission): Promise<MissionStopped> {
    return this.steering.halt(request);
  }

  /** A review, or a person's answer, may be one too many. */
  @OnMessage(draftDecided)
  draftDecided(_: DraftDecided, { teamId }: Delivery): Promise<void> {
    return this.watch.look(teamId);
  }

  @OnMessage(approvalDecided)
  approvalDecided(_: ApprovalDecided, { teamId }: Delivery): Promise<void> {
    return this.watch.look(teamId);
  }
}
