import { Module } from '@nestjs/common';
import { Announcer } from './adapters/nats/announcer.js';
import { FleetController } from './adapters/nats/fleet.controller.js';
import { Gate } from './adapters/nats/gate.js';
import { TeamLine } from './adapters/nats/team-line.js';
import { ContextStore } from './adapters/postgres/context-store.js';
import { DraftStore } from './adapters/postgres/draft-store.js';
import { MirrorStore } from './adapters/postgres/mirror-store.js';
import { RunStore } from './adapters/postgres/run-store.js';
import { MemberStop } from './adapters/postgres/stop-member.js';
import { Fleet } from './fleet.js';

@Module({ controllers: [FleetController], providers: [Fleet, ContextStore, RunStore, MemberStop, DraftStore, MirrorStore, Gate, TeamLine, Announcer] })
export class FleetModule {}
