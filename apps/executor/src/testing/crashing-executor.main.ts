import type { ApprovalId, TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import type { Milestone } from '../adapters/effect-runner.js';
import { wireTo } from '@countersign/testing';
import { aRunner, type Outside } from './runner.js';

/** What the parent test passes as JSON in argv[2]. */
export interface CrashOrder {
  readonly url: string;
  readonly kid: string;
  readonly keyHex: string;
  readonly home: string;
  readonly mirrors: string;
  readonly publishDir: string;
  /** Where a webhook's receiver and the mail server of the parent listen. */
  readonly outside?: Omit<Outside, 'wire'> & { readonly receiver: { readonly port: number; readonly certificate: string } };
  readonly teamId: TeamId;
  readonly approvalId: ApprovalId;
  /** Where the process ends itself by SIGKILL; absent: it goes on to the end. */
  readonly killAt?: Milestone;
}

// An executor process of its own, to be killed: no hook of the product is needed, the runner reports where it is.
const order = JSON.parse(process.argv[2]!) as CrashOrder;
const database = new Database({ url: order.url, contextKey: { kid: order.kid, key: Buffer.from(order.keyHex, 'hex') } });
const passed = (milestone: Milestone): void => {
  if (milestone === order.killAt) process.kill(process.pid, 'SIGKILL');
};
const { outside } = order;
process.stdout.write('running\n');
const wire = outside && wireTo(outside.receiver.port, outside.receiver.certificate);
await aRunner(database, { ...order, ...(outside ? { outside: { ...outside, wire: wire! } } : {}) }, { passed }).run(order.teamId, order.approvalId);
await database.close();
