import { Module } from '@nestjs/common';
import { HelpdeskController } from './adapters/nats/helpdesk.controller.js';
import { Helpdesk } from './adapters/postgres/ask.js';
import { StatusWords } from './adapters/postgres/status-words.js';

@Module({ controllers: [HelpdeskController], providers: [Helpdesk, StatusWords] })
export class HelpdeskAgentModule {}
