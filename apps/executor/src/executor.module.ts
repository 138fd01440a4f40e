import { Module } from '@nestjs/common';
import { ExecutorController } from './adapters/nats/executor.controller.js';
import { Executor } from './executor.js';

@Module({ controllers: [ExecutorController], providers: [Executor] })
export class ExecutorModule {}
