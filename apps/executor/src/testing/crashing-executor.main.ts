import type { ApprovalId, TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import type { Milestone } from '../adapters/effect-runner.js';
import { aRunner } from './runner.js';

/** What the parent test passes as JSON in argv[2]. */
export interface CrashOrder {
  readonly url: string;
  readonly kid: string;
  readonly keyHex: string;
  readonly home: string;
  readonly mirrors: string;
  readonly publishDir: string;
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
await aRunner(database, order, { passed }).run(order.teamId, order.approvalId);
await database.close();
