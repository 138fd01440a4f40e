import { Delivery, OnCommand, OnMessage } from '@countersign/bus';
import { approvalDecided, settleEffect, teamChanged, type ApprovalDecided, type SettleEffect, type SettleReply, type TeamChanged } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Controller } from '@nestjs/common';
import { Executor } from '../../executor.js';

/** Every message says "look": whether an effect runs is decided from rows, and once, by the approval itself. */
@Controller()
export class ExecutorController {
  constructor(
    private readonly database: Database,
    private readonly executor: Executor,
  ) {}

  /** Acknowledged when it is noted, not when the effect is done: a slow remote is no reason to hear the message again. */
  @OnMessage(approvalDecided)
  async decided({ outcome, approvalId }: ApprovalDecided, delivery: Delivery): Promise<void> {
    await this.seen(delivery);
    if (outcome === 'approve') void this.executor.runner.run(delivery.teamId, approvalId);
  }

  @OnMessage(teamChanged)
  async teamChanged({ state }: TeamChanged, delivery: Delivery): Promise<void> {
    if (state !== 'active') this.executor.runner.stopTeam(delivery.teamId);
    await this.seen(delivery);
  }

  @OnCommand(settleEffect)
  async settle(request: SettleEffect): Promise<SettleReply> {
    return { ok: true, code: 'ok', message: '', state: await this.executor.settler.settle(request) };
  }

  private async seen(delivery: Delivery): Promise<void> {
    await delivery.apply(this.database, (tx) => Promise.resolve(tx.ledgerOnly()));
  }
}
