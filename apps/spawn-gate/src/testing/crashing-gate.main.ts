import { auditor, serviceKey } from '@countersign/audit';
import { Database } from '@countersign/database';
import { desksOn } from './desks.js';
import { stoppingAt, type Milestone } from './stopping.js';

/** What a gate of its own process is told to do before it dies. */
export interface CrashOrder {
  readonly url: string;
  readonly kid: string;
  readonly keyHex: string;
  readonly auditKeyHex: string;
  readonly killAt: Milestone;
  readonly desk: 'spawnDesk' | 'approvals' | 'steering' | 'endings' | 'meter' | 'teams' | 'watch';
  readonly verb: string;
  readonly request: object;
}

const order = JSON.parse(process.argv[2]!) as CrashOrder;
const database = new Database({ url: order.url, contextKey: { kid: order.kid, key: Buffer.from(order.keyHex, 'hex') } });
const audit = auditor({ service: 'spawn-gate', key: serviceKey(Buffer.from(order.auditKeyHex, 'hex')) });
const dying = stoppingAt(database, (milestone) => {
  if (milestone === order.killAt) process.kill(process.pid, 'SIGKILL');
});
const desk = desksOn(dying, audit)[order.desk] as unknown as Record<string, (request: object) => Promise<unknown>>;
await desk[order.verb]!(order.request);
throw new Error(`nobody was killed at "${order.killAt}"`);
