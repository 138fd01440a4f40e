import { ServiceConfig } from '@countersign/service';
import { Module } from '@nestjs/common';
import { join } from 'node:path';
import { AgentDesk } from './agent-desk.js';
import { AgentsController } from './adapters/nats/agents.controller.js';
import { TEAM_FILES_DIR } from './adapters/files/team-folder.js';
import { ManagerController } from './adapters/nats/manager.controller.js';
import { MissionGate } from './adapters/nats/mission-gate.js';
import { ClarificationDesk } from './clarification-desk.js';
import { MailDesk } from './mail-desk.js';
import { MailSweep } from './mail-sweep.js';
import { GoalDesk } from './goal-desk.js';
import { MissionBridge } from './mission-bridge.js';
import { MissionDesk } from './mission-desk.js';
import { TeamFiles } from './team-files.js';
import { MissionSweep } from './mission-sweep.js';

@Module({
  controllers: [ManagerController, AgentsController],
  providers: [
    AgentDesk, ClarificationDesk, GoalDesk, MailDesk, MailSweep, MissionGate, MissionBridge, MissionDesk, MissionSweep, TeamFiles,
    { provide: TEAM_FILES_DIR, inject: [ServiceConfig], useFactory: ({ home }: ServiceConfig) => process.env['COUNTERSIGN_TEAM_FILES'] ?? join(home, 'agent-teams') },
  ],
})
export class ManagerModule {}
