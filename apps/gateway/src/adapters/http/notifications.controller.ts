import { ApprovalId, IdPath, NotificationPreferencesBody, PushSubscriptionBody, RefusedError, routes, type NotificationPreferences, type ReachView, type TestRing } from '@countersign/contracts';
import { Body, Controller, Headers, Param, Res } from '@nestjs/common';
import { Devices } from '../postgres/devices.js';
import { NotificationPreferencesStore, type ReadPreferences } from '../postgres/notification-preferences.js';
import { Reach } from '../postgres/reach.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Channels } from '../reach/channels.js';
import { Sending } from '../reach/sending.js';
import { versionIn } from './if-match.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

/** How people are reached, and want to be. */
@Controller()
export class NotificationsController {
  constructor(
    private readonly store: NotificationPreferencesStore,
    private readonly devices: Devices,
    private readonly sending: Sending,
    private readonly channels: Channels,
    private readonly access: TeamAccess,
    private readonly reach: Reach,
  ) {}

  @Operation(routes.readPreferences)
  async read(@By() by: Session, @Res({ passthrough: true }) reply: GatewayReply): Promise<NotificationPreferences> {
    return this.shown(await this.store.read(by), reply);
  }

  @Operation(routes.putPreferences)
  async put(@By() by: Session, @Body() { channels, quietHours, timeZone, discreet, email, phone, substituteId, undoSeconds }: NotificationPreferencesBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<NotificationPreferences> {
    const wanted = { channels, quietHours: quietHours ?? null, timeZone, discreet, email: email ?? null, phone: phone ?? null, substituteId: substituteId ?? null, ...(undoSeconds === undefined ? {} : { undoSeconds }) };
    const saved = await this.store.put(by, wanted, versionIn(ifMatch, 'your settings'));
    await this.reach.lookAgain(by.customerId);
    return this.shown(saved, reply);
  }

  @Operation(routes.subscribeDevice)
  async subscribe(@By() by: Session, @Param() { id }: IdPath, @Body() { endpoint, p256dh, auth }: PushSubscriptionBody): Promise<void> {
    await this.devices.read(by, id); // whose it is comes first
    if (!this.channels.mayCall(endpoint)) throw new RefusedError('push_service_unknown', 'browsers are not rung here, or not through this push service');
    await this.devices.subscribe(by, id, { endpoint, p256dh, auth });
    await this.reach.lookAgain(by.customerId);
  }

  @Operation(routes.testDevice)
  async test(@By() by: Session, @Param() { id }: IdPath): Promise<TestRing> {
    const { platform, rings } = await this.devices.read(by, id);
    if (!rings || platform === 'cli') throw new RefusedError('device_not_ringable', 'this device has no address at which it can be rung');
    const outcome = await this.sending.test({ customerId: by.customerId, personId: by.personId, deviceId: id, channel: platform });
    return { sent: outcome.sent, code: outcome.sent ? null : outcome.code };
  }

  @Operation(routes.readReach)
  async readReach(@By() by: Session, @Param() { id }: IdPath): Promise<ReachView> {
    const approvalId = ApprovalId.parse(id);
    const { teamId } = await this.access.approval(by, approvalId);
    return this.reach.read(teamId, approvalId);
  }

  private shown({ preferences, version, substitutes }: ReadPreferences, reply: GatewayReply): NotificationPreferences {
    void reply.header('etag', `"${version}"`);
    return { ...preferences, version, available: this.channels.available, webPushKey: this.channels.webPushKey, substitutes: [...substitutes] };
  }
}
