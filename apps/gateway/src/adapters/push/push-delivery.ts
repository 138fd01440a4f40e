import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { nextTryMs, pushOf } from '../../domain/push-text.js';
import { Metrics } from '../http/metrics.js';
import { Devices } from '../postgres/devices.js';
import { Notifications, type DueNotification } from '../postgres/notifications.js';
import { PushChannel, type SendOutcome } from './push-channel.js';

const AT_ONCE = 8;

/**
 * Sends what is due: claims a row, sends outside any transaction, writes down what became of it. At least once: a sender
 * that dies in between sends again, and the collapse key keeps it one notice on the screen.
 */
@Injectable()
export class PushDelivery {
  constructor(
    private readonly notifications: Notifications,
    private readonly devices: Devices,
    private readonly channel: PushChannel,
    private readonly config: GatewayConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async sendDue(): Promise<void> {
    const due = await this.notifications.due();
    for (let start = 0; start < due.length; start += AT_ONCE) {
      await Promise.all(due.slice(start, start + AT_ONCE).map(({ team_id, id }) => this.sendOne(team_id, id)));
    }
  }

  private async sendOne(teamId: DueNotification['teamId'], id: string): Promise<void> {
    const due = await this.notifications.claim(teamId, id);
    if (due === undefined) return;
    const outcome = await this.ring(due);
    this.metrics.count('pushes', { outcome: outcome.sent ? 'sent' : outcome.code });
    if (outcome.sent) return this.wasSent(due, outcome.providerId);
    this.log.warn({ notification: id, code: outcome.code, attempts: due.attempts }, 'push failed');
    await this.notifications.failed(teamId, id, outcome.code, outcome.retryable ? nextTryMs(due.attempts) : undefined);
    if (outcome.gone) await this.devices.pruned(due.customerId, due.personId, due.deviceId);
  }

  private async wasSent(due: DueNotification, providerId: string): Promise<void> {
    await this.notifications.sent(due.teamId, due.id, providerId);
    await this.devices.reached(due.customerId, due.deviceId);
  }

  private async ring(due: DueNotification): Promise<SendOutcome> {
    const device = await this.devices.address(due.customerId, due.deviceId);
    if (device === undefined || device.removed) return { sent: false, code: 'device_removed', gone: false, retryable: false };
    try {
      return await this.channel.send(device.address, pushOf(due), `${this.config.publicUrl}/a/${due.approvalId}`);
    } catch (error) {
      this.log.error({ err: error }, 'push channel broke');
      return { sent: false, code: 'channel_error', gone: false, retryable: true };
    }
  }
}
