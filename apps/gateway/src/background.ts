import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { PushDelivery } from './adapters/push/push-delivery.js';
import { removeExpired } from './adapters/postgres/oidc-records.js';
import { SettleApprovals } from './adapters/postgres/settle-approvals.js';
import { Asking } from './asking.js';
import { GatewayConfig } from './config.js';
import { Loop } from './loop.js';

const SETTLE_EVERY_MS = 500;
const SEND_EVERY_MS = 300;
const CLEAN_EVERY_MS = 10 * 60_000;

/** What the gateway does without being asked: deadlines, notifications, proposals whose message was lost, expired records. */
@Injectable()
export class Background implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: readonly Loop[];

  constructor(settling: SettleApprovals, pushes: PushDelivery, asking: Asking, database: Database, { lookEveryMs }: GatewayConfig, @Inject(LOGGER) log: Logger) {
    this.loops = [
      new Loop('settle', SETTLE_EVERY_MS, () => settling.sweep(), log),
      new Loop('push', SEND_EVERY_MS, () => pushes.sendDue(), log),
      new Loop('ask', lookEveryMs, () => asking.askUnasked(), log),
      new Loop('clean', CLEAN_EVERY_MS, () => removeExpired(database), log),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}
