import { Delivery, OnCommand, OnMessage } from '@countersign/bus';
import { approvalDecided, decisionTakenBack, pinKeys, settleEffect, teamChanged, type ApprovalDecided, type ApprovalId, type DecisionTakenBack, type PinKeys, type PinReply, type SettleEffect, type SettleReply, type TeamChanged } from '@countersign/contracts';
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

  /** A yes is acknowledged when it is noted, not when the effect is done: a slow remote is no reason to hear the message again. Anything else ends the yeses that were given before it. */
  @OnMessage(approvalDecided)
  async decided({ outcome, approvalId }: ApprovalDecided, delivery: Delivery): Promise<void> {
    if (outcome !== 'approve') return this.end(approvalId, delivery);
    await this.seen(delivery);
    void this.executor.runner.run(delivery.teamId, approvalId);
  }

  @OnMessage(decisionTakenBack)
  takenBack({ approvalId }: DecisionTakenBack, delivery: Delivery): Promise<void> {
    return this.end(approvalId, delivery);
  }

  /** Acknowledged when it is on disk: from then on it stands, whatever becomes of the rows. */
  private async end(approvalId: ApprovalId, delivery: Delivery): Promise<void> {
    await this.executor.runner.forget(delivery.teamId, approvalId);
    await this.seen(delivery);
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

  /** A named customer's first key counts at once, any other's hold begins: whoever enrols waits for that. */
  @OnCommand(pinKeys)
  async pin({ customerId }: PinKeys): Promise<PinReply> {
    const keys = await this.executor.keyring.learn(customerId);
    return { ok: true, code: 'ok', message: '', keys: keys.map(({ keyId, effectiveFrom, highestFrom }) => ({ keyId, effectiveFrom, highestFrom })) };
  }

  private async seen(delivery: Delivery): Promise<void> {
    await delivery.apply(this.database, (tx) => Promise.resolve(tx.ledgerOnly()));
  }
}
