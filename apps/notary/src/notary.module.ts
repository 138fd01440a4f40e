import { join } from 'node:path';

import { Database } from '@countersign/database';
import { Health, LOGGER, ServiceConfig, type Logger } from '@countersign/service';
import { Module } from '@nestjs/common';

import { HeadStore } from './adapters/head-store/head-store.js';
import { openSigningKey } from './adapters/key-store/key-store.js';
import { CheckpointController } from './adapters/nats/checkpoint.controller.js';
import { ChainStore } from './adapters/postgres/chain-store.js';
import { NotaryLoop } from './notary-loop.js';
import { Notary } from './notary.js';

const headStore = { provide: HeadStore, inject: [ServiceConfig], useFactory: ({ home }: ServiceConfig) => HeadStore.open(join(home, 'heads.sqlite')) };

const notary = {
  provide: Notary,
  inject: [ServiceConfig, Database, HeadStore, Health, LOGGER],
  useFactory: ({ home }: ServiceConfig, database: Database, heads: HeadStore, health: Health, log: Logger) => {
    const key = openSigningKey(join(home, 'signing-key.json'), process.env['COUNTERSIGN_ENV'], heads.all().size === 0);
    return new Notary({ chains: new ChainStore(database), heads, key, health, log });
  },
};

const loop = { provide: NotaryLoop, inject: [Notary, HeadStore, Health, LOGGER], useFactory: (one: Notary, heads: HeadStore, health: Health, log: Logger) => new NotaryLoop(one, heads, health, log) };

/** Signs tree heads of the audit chains; writes checkpoints and nothing else. */
@Module({ controllers: [CheckpointController], providers: [headStore, notary, loop] })
export class NotaryModule {}
