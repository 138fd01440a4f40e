import type { CustomerId } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { accountText } from '../../domain/account-text.js';
import { nextNoticeMs } from '../../domain/ring-text.js';
import { Lanes } from '../../lanes.js';
import { AccountNotices, type DueAccountNotice } from '../postgres/account-notices.js';
import { Addresses } from '../postgres/addresses.js';
import { Devices } from '../postgres/devices.js';
import { failed, isTried } from './channel.js';
import { WAYS, type Way } from './channels.js';
import { Sending } from './sending.js';

const AT_ONCE = 4;

/** Tells people of new devices and keys of theirs, at least once, like every ring; a way that is down is tried for longer than a ring, as no other step comes after it. */
@Injectable()
export class Announcing {
  private readonly lanes: Lanes<Way>;

  constructor(
    private readonly notices: AccountNotices,
    private readonly addresses: Addresses,
    private readonly devices: Devices,
    private readonly sending: Sending,
    private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.lanes = new Lanes(WAYS, AT_ONCE, (error) => this.log.error({ err: error }, 'a notice was not written down, to be sent again'));
  }

  /** As `Sending.sendDue`. */
  async sendDue(ended: () => void): Promise<void> {
    const { room } = this.lanes;
    if (room === undefined) return;
    for (const { customer_id, id, channel } of await this.notices.due(room)) this.lanes.put(channel, id, () => this.take(customer_id, id).then(ended));
  }

  idle(): Promise<void> {
    return this.lanes.idle();
  }

  private async take(customerId: CustomerId, id: string): Promise<void> {
    const due = await this.notices.claim(customerId, id);
    if (due) await ((await this.notices.stillSo(due)) ? this.sendOne(due) : this.notices.withdraw(due));
  }

  private async sendOne(due: DueAccountNotice): Promise<void> {
    const address = due.address ?? (await this.addresses.of({ ...due, decidedBy: null }))?.address;
    const outcome = address === undefined ? failed('address_removed', false) : await this.sending.deliver(due.channel, address, accountText(due.kind, due.about, due.id, this.config.publicUrl), due.id);
    if (!isTried(outcome)) return this.notices.giveBack(due, outcome.laterMs);
    if (outcome.sent) await this.notices.sent(due, outcome.providerId);
    else {
      this.log.warn({ notice: due.id, channel: due.channel, code: outcome.code, attempts: due.attempts }, 'a notice about an account could not be sent');
      await this.notices.failed(due, outcome.code, outcome.retryable ? nextNoticeMs(due.attempts, outcome.retryAfterMs) : undefined);
    }
    if (due.deviceId !== null && address !== undefined) await this.devices.wasRung(due.customerId, due.deviceId, address, outcome);
  }
}
