import { Module } from '@nestjs/common';
import { ManagerController } from './adapters/nats/manager.controller.js';
import { GoalDesk } from './goal-desk.js';

@Module({ controllers: [ManagerController], providers: [GoalDesk] })
export class ManagerModule {}
