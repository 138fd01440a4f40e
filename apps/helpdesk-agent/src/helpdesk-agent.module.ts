import { Module } from '@nestjs/common';
import { HelpdeskController } from './adapters/nats/helpdesk.controller.js';
import { Helpdesk } from './adapters/postgres/ask.js';

@Module({ controllers: [HelpdeskController], providers: [Helpdesk] })
export class HelpdeskAgentModule {}
