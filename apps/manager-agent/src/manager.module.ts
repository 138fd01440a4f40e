import { Module } from '@nestjs/common';
import { ManagerController } from './adapters/nats/manager.controller.js';
import { MissionGate } from './adapters/nats/mission-gate.js';
import { GoalDesk } from './goal-desk.js';
import { MissionBridge } from './mission-bridge.js';
import { MissionDesk } from './mission-desk.js';
import { MissionSweep } from './mission-sweep.js';

@Module({ controllers: [ManagerController], providers: [GoalDesk, MissionGate, MissionBridge, MissionDesk, MissionSweep] })
export class ManagerModule {}
