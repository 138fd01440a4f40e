import { reportPace } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Commands } from './adapters/http/commands.js';
import { Metrics } from './adapters/http/metrics.js';
import { Attachments } from './adapters/postgres/attachments.js';
import { Ladders } from './adapters/postgres/ladders.js';
import { removeExpired } from './adapters/postgres/oidc-records.js';
import { SettleApprovals } from './adapters/postgres/settle-approvals.js';
import { Announcing } from './adapters/reach/announcing.js';
import { Sending } from './adapters/reach/sending.js';
import { Asking } from './asking.js';
import { GatewayConfig } from './config.js';
import { Loop } from './loop.js';
import { Watch } from './watch.js';

const SETTLE_EVERY_MS = 500;
const REACH_EVERY_MS = 250;
const CLEAN_EVERY_MS = 10 * 60_000;

/** The gate judges by the team policy whether that is too slow. */
async function tellPace(metrics: Metrics, commands: Commands): Promise<void> {
  const paced = metrics.pace.take();
  if (paced) await commands.carry(reportPace, paced);
}

/** What the gateway does without being asked: deadlines, notifications, agents that wear people out, proposals whose message was lost, expired records. */
@Injectable()
export class Background implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: readonly Loop[];

  private readonly sent: readonly { idle(): Promise<void> }[];

  constructor(settling: SettleApprovals, ladders: Ladders, sending: Sending, announcing: Announcing, asking: Asking, watch: Watch, metrics: Metrics, commands: Commands, attachments: Attachments, database: Database, { lookEveryMs, watchEveryMs, paceEveryMs }: GatewayConfig, @Inject(LOGGER) log: Logger) {
    this.sent = [sending, announcing];
    // what a delivery ends in may be the next step at once: a dead channel is not waited for
    const reach = new Loop('reach', REACH_EVERY_MS, () => ladders.climbDue().then(() => sending.sendDue(() => reach.hurry())), log);
    const announce = new Loop('announce', REACH_EVERY_MS, () => announcing.sendDue(() => announce.hurry()), log);
    this.loops = [
      reach,
      announce,
      new Loop('settle', SETTLE_EVERY_MS, () => settling.sweep(), log),
      new Loop('ask', lookEveryMs, () => asking.askUnasked(), log),
      new Loop('watch', watchEveryMs, () => watch.look(), log),
      new Loop('pace', paceEveryMs, () => tellPace(metrics, commands), log),
      new Loop('clean', CLEAN_EVERY_MS, () => removeExpired(database), log),
      new Loop('attachments', CLEAN_EVERY_MS, () => attachments.forgetUnnamed(), log),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await Promise.all(this.sent.map((each) => each.idle()));
  }
}
