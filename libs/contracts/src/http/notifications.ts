import { ArrayMaxSize, IsArray, IsBoolean, IsEmail, IsIn, IsInt, IsOptional, IsTimeZone, Length, Matches } from 'class-validator';
import { RUNGS, type Rung } from '../files/ladder-policy.js';
import { applyDecorators } from '../apply-decorators.js';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { IsTime, IsTimeOrNull } from './common.js';

/** Ways to reach a person outside the product. The inbox is always there. */
export const CHANNELS = ['push', 'email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];
const IsChannels = (): PropertyDecorator => applyDecorators(IsArray(), ArrayMaxSize(CHANNELS.length), IsIn(CHANNELS, { each: true }));

/**
 * Told by every way at once, whatever somebody wishes to hear of: changes of the own account, and that a team stands still, goes on or has ended.
 * That somebody has to look at something comes by the ways that the person chose for escalations; that they are asked to review something, or that it is anybody's by now, or what a member wants to know, or are reminded, by those they chose for questions and for reminders, and not in their quiet hours.
 */
export const ACCOUNT_NOTICES = ['device_added', 'key_added', 'key_copied', 'device_removed', 'device_lost', 'email_changed', 'phone_changed', 'team_suspended', 'team_reactivated', 'team_over', 'approves_hastily', 'escalation_raised', 'escalation_overdue', 'review_asked', 'review_reminded', 'review_escalated', 'question_asked'] as const;
/** What is done to a device in one go is told once. */
export const ONE_GO_MINUTES = 10;
export type AccountNotice = (typeof ACCOUNT_NOTICES)[number];

/** Which channels may say what. */
export class ChannelsByKind {
  /** Somebody waits for a decision: at least one channel. */
  @IsChannels() approval!: Channel[];
  @IsChannels() reminder!: Channel[];
  /** A question is about to expire. */
  @IsChannels() warning!: Channel[];
  /** Nobody of a customer answered; platform governors are told. */
  @IsChannels() escalation!: Channel[];
}
export type NotificationKind = keyof ChannelsByKind;

/** By the person's own clock; may wrap midnight. Critical questions ring all the same. */
export class QuietHoursView {
  @Matches(/^(?:[01]\d|2[0-3]):[0-5]\d$/) from!: string;
  @Matches(/^(?:[01]\d|2[0-3]):[0-5]\d$/) to!: string;
}

export const UNDO_SECONDS = [5, 10, 30] as const;
export type UndoSeconds = (typeof UNDO_SECONDS)[number];

export class NotificationPreferencesBody {
  @IsNested(() => ChannelsByKind) channels!: ChannelsByKind;
  @IsOptional() @IsNested(() => QuietHoursView) quietHours!: QuietHoursView | null;
  /** IANA name. */
  @IsTimeZone() @Length(1, 64) timeZone!: string;
  /** A push names the team only. */
  @IsBoolean() discreet!: boolean;
  @IsOptional() @IsEmail() @Length(3, 254) email!: string | null;
  /** E.164. */
  @IsOptional() @Matches(/^\+[1-9]\d{6,14}$/) phone!: string | null;
  /** Another governor of the customer, who is rung when this person does not answer. */
  @IsOptional() @IsId() substituteId!: string | null;
  /** How long a decision made on a screen can be undone; absent: ten seconds. */
  @IsOptional() @IsIn(UNDO_SECONDS) undoSeconds?: UndoSeconds;
}
/** Somebody who could stand in. */
export class SubstituteView {
  @IsId() id!: string;
  @IsText(200) name!: string;
}
export class NotificationPreferences extends NotificationPreferencesBody {
  @IsInt() version!: number;
  /** Channels that this installation can use. */
  @IsChannels() available!: Channel[];
  /** The key with which a browser subscribes (VAPID, base64url); null: browsers cannot be rung. */
  @IsOptional() @IsText(200) webPushKey!: string | null;
  /** The customer's other governors. */
  @IsListOf(() => SubstituteView, 1_000) substitutes!: SubstituteView[];
}

export const PREFERENCE_DEFAULTS: NotificationPreferencesBody = {
  channels: { approval: [...CHANNELS], reminder: [...CHANNELS], warning: [...CHANNELS], escalation: [...CHANNELS] },
  quietHours: null,
  timeZone: 'UTC',
  discreet: true,
  email: null,
  phone: null,
  substituteId: null,
  undoSeconds: 10,
};

/** Of a step of the ladder at one person by one channel. `held`: quiet hours or too many rings; `covered`: another ring or a digest told of it. */
export const RING_STATES = ['held', 'ringing', 'reached', 'dead', 'covered', 'withdrawn'] as const;
export type RingState = (typeof RING_STATES)[number];

/** Of a ring at one address: `due` waits for its time or another try, `failed` is not tried again. */
export const DELIVERY_STATES = ['due', 'sending', 'sent', 'failed', 'withdrawn'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
export class DeliveryView {
  /** As its owner calls it; null: a mail address or number, or a device of somebody outside the customer. */
  @IsOptional() @IsText(80) device!: string | null;
  @IsIn(['fcm', 'webpush', 'email', 'sms']) by!: 'fcm' | 'webpush' | 'email' | 'sms';
  @IsIn(DELIVERY_STATES) state!: DeliveryState;
  /** Taken by the service, given up, or when it is tried next. */
  @IsTime() at!: string;
  @IsCount() attempts!: number;
  /** What the service answered to the last try that failed: a stable code; `quiet_hours` of one that was withdrawn because they had begun. */
  @IsOptional() @IsText(500) code!: string | null;
}
export class RingView {
  @IsIn(RUNGS) rung!: Rung;
  @IsIn(CHANNELS) channel!: Channel;
  @IsText(200) person!: string;
  /** The same number is the same person: two may have one name. */
  @IsCount() who!: number;
  @IsIn(RING_STATES) state!: RingState;
  /** Why it is held, or dead. */
  @IsOptional() @IsText(64) reason!: string | null;
  /** Rung, or held since. */
  @IsTime() at!: string;
  /** How many questions it told of, if it was a digest. */
  @IsOptional() @IsCount() digest!: number | null;
  /** To each device or address of it. */
  @IsListOf(() => DeliveryView, 100) deliveries!: DeliveryView[];
}
/** How people were reached about a question so far, the oldest first, and when that is looked at again. */
export class ReachView {
  @IsListOf(() => RingView, 1_000) rings!: RingView[];
  @IsTimeOrNull() nextAt!: string | null;
}

/** Where a browser can be rung (W3C `PushSubscription`). */
export class PushSubscriptionBody {
  @Matches(/^https?:\/\/\S{1,1000}$/) endpoint!: string;
  /** Base64url of an uncompressed P-256 point. */
  @Matches(/^[\w-]{86,88}=?$/) p256dh!: string;
  /** Base64url of 16 bytes. */
  @Matches(/^[\w-]{22}(?:==)?$/) auth!: string;
}
/** What the push service said. */
export class TestRing {
  @IsBoolean() sent!: boolean;
  @IsOptional() @IsText(64) code!: string | null;
}
