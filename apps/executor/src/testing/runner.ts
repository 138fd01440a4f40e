import { auditor, serviceKey } from '@countersign/audit';
import type { Database } from '@countersign/database';
import { LocalRemotes } from '@countersign/service';
import { join } from 'node:path';
import { EffectRunner, type RunnerOptions } from '../adapters/effect-runner.js';
import { EffectSettler, type SettlerOptions } from '../adapters/effect-settler.js';
import { PublishPerformer } from '../adapters/files/publish-performer.js';
import { PushPerformer } from '../adapters/git/push-performer.js';
import { EffectStore } from '../adapters/postgres/effect-store.js';

interface Folders {
  readonly home: string;
  readonly mirrors: string;
  readonly publishDir: string;
}

const quiet = { info: () => undefined, warn: () => undefined, error: (detail: object, text: string) => process.stderr.write(`${text} ${String((detail as { err?: Error }).err?.stack)}\n`) };
const testKey = serviceKey(Buffer.alloc(32, 0x42));

const partsOf = (database: Database, { home, mirrors, publishDir }: Folders) => ({
  store: new EffectStore(database, auditor({ service: 'executor', key: testKey })),
  performers: { 'git.push': new PushPerformer(home, mirrors, new LocalRemotes(join(home, 'executor'), mirrors, false)), 'file.publish': new PublishPerformer(publishDir) },
});

/** What ends unknown outcomes, without a broker. */
export const aSettler = (database: Database, folders: Folders, options: Partial<SettlerOptions> = {}): EffectSettler => new EffectSettler({ ...partsOf(database, folders), log: quiet, ...options });

/** The executor without a broker: what it wants to tell the others waits in the outbox. */
export const aRunner = (database: Database, folders: Folders, options: Partial<RunnerOptions> = {}): EffectRunner => new EffectRunner({ ...partsOf(database, folders), log: quiet, ...options });
