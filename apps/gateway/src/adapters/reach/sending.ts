import { uuidv7 } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { Lanes } from '../../lanes.js';
import { within } from '../../within.js';
import { quietUntil } from '../../domain/quiet-hours.js';
import { ALL_TRIES_MS, nextTryMs, ringText, testText, type RingText } from '../../domain/ring-text.js';
import { Metrics } from '../http/metrics.js';
import { Addresses, type Address } from '../postgres/addresses.js';
import { Devices } from '../postgres/devices.js';
import { Notifications, type DueNotification } from '../postgres/notifications.js';
import { failed, isTried, type Failed, type SendOutcome, type Tried } from './channel.js';
import { Channels, WAYS, type Way } from './channels.js';

/** So many at once by each way; one that is silent is waited for by nothing but its own. */
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
  private readonly lanes: Lanes<Way>;

  constructor(
    private readonly notifications: Notifications,
    private readonly addresses: Addresses,
    private readonly devices: Devices,
    private readonly channels: Channels,
    private readonly config: GatewayConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.lanes = new Lanes(WAYS, AT_ONCE, (error) => this.log.error({ err: error }, 'a ring was not written down, to be sent again'));
  }

  /** Begins to send what is due by each way that has room, and waits for none of it; `ended` is called when one has ended and is written down. */
  async sendDue(ended: () => void): Promise<void> {
    const { room } = this.lanes;
    if (room === undefined) return;
    for (const { team_id, id, channel } of await this.notifications.due(room)) this.lanes.put(channel, id, () => this.sendOne(team_id, id).then(ended));
  }

  /** Resolves when nothing is being sent. */
  idle(): Promise<void> {
    return this.lanes.idle();
  }

  /** Rings one device because its owner wants to see that it works; resolves with what the other side said. */
  async test(device: TestedDevice): Promise<Tried> {
    const address = await this.addresses.of({ ...device, decidedBy: null });
    if (address === undefined) return failed('address_removed', false);
    const outcome = await this.deliver(device.channel, address.address, testText(this.config.publicUrl), uuidv7());
    if (!isTried(outcome)) return failed('timeout', true); // it was silent a moment ago
    await this.devices.wasRung(device.customerId, device.deviceId, address.address, outcome);
    return outcome;
  }

  /** Does nothing when somebody else has it, or there is nothing to say any more. */
  private async sendOne(teamId: DueNotification['teamId'], id: string): Promise<void> {
    const due = await this.notifications.claim(teamId, id);
    if (due === undefined) return;
    const address = await this.addresses.of(due);
    const quiet = due.critical ? undefined : quietUntil(due.now, address?.quiet);
    if (quiet) return this.notifications.holdUntil(due, quiet);
    const outcome = address === undefined ? failed('address_removed', false) : await this.deliver(due.channel, address.address, this.textOf(due, address), due.id);
    if (!isTried(outcome)) return this.putOff(due, outcome.laterMs);
    this.metrics.count('pushes', { outcome: outcome.sent ? 'sent' : outcome.code });
    if (outcome.sent) await this.notifications.sent(due, outcome.providerId);
    else await this.failed(due, outcome);
    if (due.deviceId !== null && address !== undefined) await this.devices.wasRung(due.customerId, due.deviceId, address.address, outcome);
  }

  /** Nobody was asked, so nothing is said of the device; but a ladder waits no longer for it than for as many tries as there are. */
  private putOff(due: DueNotification, ms: number): Promise<void> {
    const waitsMs = due.rungAt === null ? 0 : due.now.getTime() - due.rungAt.getTime();
    return waitsMs + ms > ALL_TRIES_MS ? this.notifications.failed(due, 'timeout', undefined) : this.notifications.giveBack(due, ms);
  }

  private async failed(due: DueNotification, { code, retryable, retryAfterMs }: Failed): Promise<void> {
    this.log.warn({ notification: due.id, channel: due.channel, code, attempts: due.attempts }, 'a ring failed');
    await this.notifications.failed(due, code, retryable ? nextTryMs(due.attempts, retryAfterMs) : undefined);
  }

  /** Resolves with what the other side said, also where a channel broke or says nothing: well before the claim ends, so that no other sender takes it up meanwhile. */
  async deliver(way: Way, address: string, text: RingText, id: string): Promise<SendOutcome> {
    try {
      return (await within(this.config.deliverWithinMs, this.channels.send(way, address, text, id))) ?? failed('timeout', true);
    } catch (error) {
      this.log.error({ err: error }, 'a channel broke');
      return failed('channel_error', true);
    }
  }

  private textOf(due: DueNotification, { discreet, timeZone, decidedBy }: Address): RingText {
    const ofMany = due.kind === 'digest' || due.kind === 'inbox';
    return ringText({ ...due, kind: ofMany ? 'push' : due.kind, digest: ofMany ? (due.digest ?? undefined) : undefined, discreet: discreet || due.customerId !== due.ofCustomer, timeZone, decidedBy, publicUrl: this.config.publicUrl });
  }
}
