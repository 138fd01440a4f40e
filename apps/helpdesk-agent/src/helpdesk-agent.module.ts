import { Module } from '@nestjs/common';
import { HELPDESK_MODEL, helpdeskModelOf, Understanding } from './adapters/model/understanding.js';
import { HelpdeskController } from './adapters/nats/helpdesk.controller.js';
import { Helpdesk } from './adapters/postgres/ask.js';
import { StatusWords } from './adapters/postgres/status-words.js';

@Module({ controllers: [HelpdeskController], providers: [Helpdesk, StatusWords, Understanding, { provide: HELPDESK_MODEL, useFactory: () => helpdeskModelOf(process.env) }] })
export class HelpdeskAgentModule {}
