import { uuidv7 } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { eachAtOnce } from '../../at-once.js';
import { GatewayConfig } from '../../config.js';
import { nextTryMs, ringText, testText, type RingText } from '../../domain/ring-text.js';
import { Metrics } from '../http/metrics.js';
import { Addresses, type Address } from '../postgres/addresses.js';
import { Devices } from '../postgres/devices.js';
import { Notifications, type DueNotification } from '../postgres/notifications.js';
import { failed, type SendOutcome } from './channel.js';
import { Channels, type Way } from './channels.js';

const AT_ONCE = 8;

export interface TestedDevice {
  readonly customerId: string;
  readonly personId: string;
  readonly deviceId: string;
  readonly channel: 'fcm' | 'webpush';
}

/**
 * Sends what is due: claims a row, sends outside any transaction, writes down what became of it. At least once: a sender
 * that dies in between sends again, and the collapse key keeps it one notice on the screen.
 */
@Injectable()
export class Sending {
  constructor(
    private readonly notifications: Notifications,
    private readonly addresses: Addresses,
    private readonly devices: Devices,
    private readonly channels: Channels,
    private readonly config: GatewayConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Sends what is due now; returns how much of it was. */
  async sendDue(): Promise<number> {
    const ended = await eachAtOnce(await this.notifications.due(), AT_ONCE, ({ team_id, id }) => this.sendOne(team_id, id));
    return ended.filter(Boolean).length;
  }

  /** Rings one device because its owner wants to see that it works; resolves with what the other side said. */
  async test(device: TestedDevice): Promise<SendOutcome> {
    const address = await this.addresses.of({ ...device, decidedBy: null });
    if (address === undefined) return failed('address_removed', false);
    const outcome = await this.deliver(device.channel, address.address, testText(this.config.publicUrl), uuidv7());
    await this.devices.wasRung(device.customerId, device.deviceId, outcome);
    return outcome;
  }

  /** False when somebody else has it, or there is nothing to say any more. */
  private async sendOne(teamId: DueNotification['teamId'], id: string): Promise<boolean> {
    const due = await this.notifications.claim(teamId, id);
    if (due === undefined) return false;
    const outcome = await this.ring(due);
    this.metrics.count('pushes', { outcome: outcome.sent ? 'sent' : outcome.code });
    if (outcome.sent) await this.notifications.sent(due, outcome.providerId);
    else await this.failed(due, outcome);
    if (due.deviceId !== null) await this.devices.wasRung(due.customerId, due.deviceId, outcome);
    return true;
  }

  private async failed(due: DueNotification, { code, retryable, retryAfterMs }: SendOutcome & { sent: false }): Promise<void> {
    this.log.warn({ notification: due.id, channel: due.channel, code, attempts: due.attempts }, 'a ring failed');
    await this.notifications.failed(due, code, retryable ? nextTryMs(due.attempts, retryAfterMs) : undefined);
  }

  private async ring(due: DueNotification): Promise<SendOutcome> {
    const address = await this.addresses.of(due);
    if (address === undefined) return failed('address_removed', false);
    return this.deliver(due.channel, address.address, this.textOf(due, address), due.id);
  }

  /** Resolves with what the other side said, also where a channel broke. */
  async deliver(way: Way, address: string, text: RingText, id: string): Promise<SendOutcome> {
    try {
      return await this.channels.send(way, address, text, id);
    } catch (error) {
      this.log.error({ err: error }, 'a channel broke');
      return failed('channel_error', true);
    }
  }

  private textOf(due: DueNotification, { discreet, decidedBy }: Address): RingText {
    const kind = due.kind === 'digest' ? 'push' : due.kind;
    return ringText({ ...due, kind, digest: due.kind === 'digest' ? (due.digest ?? undefined) : undefined, discreet: discreet || due.customerId !== due.ofCustomer, decidedBy, publicUrl: this.config.publicUrl });
  }
}
