import { auditor, serviceKey } from '@countersign/audit';
import type { Database } from '@countersign/database';
import { EffectRunner, type RunnerOptions } from '../adapters/effect-runner.js';
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

/** The executor without a broker: what it wants to tell the others waits in the outbox. */
export function aRunner(database: Database, { home, mirrors, publishDir }: Folders, options: Partial<RunnerOptions> = {}): EffectRunner {
  const store = new EffectStore(database, auditor({ service: 'executor', key: testKey }));
  const performers = { 'git.push': new PushPerformer(home, mirrors), 'file.publish': new PublishPerformer(publishDir) };
  return new EffectRunner({ store, performers, log: quiet, ...options });
}
