import { OnCommand } from '@countersign/bus';
import { haltMission, missionSpawn, type HaltMission, type MissionSpawn, type MissionStopped, type SpawnOutcome } from '@countersign/contracts';
import { Controller, Module } from '@nestjs/common';
import type { ScriptedGate } from './scripted-gate.js';

/** Set by the test before the double answers anything. */
export const double: { gate?: ScriptedGate } = {};

/** The gate's two commands for missions, answered from the script: stands on the bus with the gate's own credential. */
@Controller()
class GateDoubleController {
  @OnCommand(missionSpawn)
  async spawn({ teamId, taskId, requestId }: MissionSpawn): Promise<SpawnOutcome> {
    await double.gate!.spawn(teamId, taskId, requestId);
    return { ok: true, code: 'ok', message: '', violations: [], requiresUserApproval: false };
  }

  @OnCommand(haltMission)
  async halt({ teamId, missionId, verb }: HaltMission): Promise<MissionStopped> {
    await double.gate!.halt(teamId, missionId!, verb);
    return { ok: true, code: 'ok', message: '', cancelledInstances: 0 };
  }
}

@Module({ controllers: [GateDoubleController] })
export class GateDoubleModule {}
