import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { BROKER_LOG, BrokerWatch } from './adapters/files/broker-watch.js';
import { POLICIES_DIR } from './adapters/files/policy-files.js';
import { PolicyWatcher } from './adapters/files/policy-watcher.js';
import { FleetController } from './adapters/nats/fleet.controller.js';
import { GatewayController } from './adapters/nats/gateway.controller.js';
import { ManagerController } from './adapters/nats/manager.controller.js';
import { ApprovalDesk } from './adapters/postgres/approval-desk.js';
import { Endings } from './adapters/postgres/endings.js';
import { FanOutDesk } from './adapters/postgres/fan-out.js';
import { GovernanceDesk } from './adapters/postgres/governance-desk.js';
import { HiringDesk } from './adapters/postgres/hire.js';
import { Meter } from './adapters/postgres/meter.js';
import { TeamDesk } from './adapters/postgres/move-team.js';
import { PolicyDesk } from './adapters/postgres/policy-desk.js';
import { PolicyStore } from './adapters/postgres/policy-store.js';
import { RecallDesk } from './adapters/postgres/recall-desk.js';
import { CHOSEN_SANDBOX, SandboxChoices } from './adapters/postgres/sandbox-choices.js';
import { SpawnDesk } from './adapters/postgres/spawn.js';
import { EscalationDesk } from './adapters/postgres/escalation-desk.js';
import { SignalWatch } from './adapters/postgres/signal-watch.js';
import { TeamTermsDesk } from './adapters/postgres/team-terms.js';
import { SteeringDesk } from './adapters/postgres/steering.js';
import { Sweeper } from './adapters/postgres/sweep.js';
import { readBrokerLog, readChosenSandbox } from './config.js';

const SHIPPED_POLICIES = fileURLToPath(new URL('../../../policies', import.meta.url));

@Module({
  controllers: [FleetController, GatewayController, ManagerController],
  providers: [
    SpawnDesk, FanOutDesk, ApprovalDesk, SteeringDesk, Meter, Endings, HiringDesk, TeamDesk, GovernanceDesk, TeamTermsDesk, EscalationDesk, SignalWatch, Sweeper, PolicyDesk, PolicyStore, PolicyWatcher, RecallDesk, SandboxChoices, BrokerWatch,
    { provide: POLICIES_DIR, useFactory: () => process.env['COUNTERSIGN_POLICIES_DIR'] ?? SHIPPED_POLICIES },
    { provide: CHOSEN_SANDBOX, useFactory: () => readChosenSandbox(process.env) },
    { provide: BROKER_LOG, useFactory: () => readBrokerLog(process.env) },
  ],
})
export class SpawnGateModule {}
