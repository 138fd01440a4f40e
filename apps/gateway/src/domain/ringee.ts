import { PREFERENCE_DEFAULTS, type Channel, type NotificationPreferencesBody, type QuorumOf } from '@countersign/contracts';
import { RUNGS_OF, usableChannels, type Part, type PersonFacts, type Tried } from './next-rung.js';
import type { QuietHours } from './quiet-hours.js';

/** Somebody who may be rung about a question, as the rows say. */
export interface Ringee {
  readonly personId: string;
  readonly customerId: string;
  readonly preferences: NotificationPreferencesBody;
  readonly hasEmail: boolean;
  readonly hasPhone: boolean;
  /** Devices that can be rung. */
  readonly devices: readonly { readonly id: string; readonly platform: 'fcm' | 'webpush' }[];
}
/** How somebody was rung lately, about whatever. */
export interface RungLately {
  readonly rungAt: readonly Date[];
  readonly held: number;
  readonly digestAt: Date | undefined;
  readonly digestUnderWay: boolean;
}

/** What the person said, and the defaults for what they did not. */
export const preferencesOf = (doc: Partial<NotificationPreferencesBody> | null): NotificationPreferencesBody => ({ ...PREFERENCE_DEFAULTS, ...doc, channels: { ...PREFERENCE_DEFAULTS.channels, ...doc?.channels } });

/** By the person's own clock. */
export const quietHoursOf = ({ quietHours, timeZone }: NotificationPreferencesBody): QuietHours | undefined => (quietHours ? { ...quietHours, zone: timeZone } : undefined);

export function liveChannels({ devices, hasEmail, hasPhone }: Ringee, available: readonly Channel[]): Channel[] {
  const live: Readonly<Record<Channel, boolean>> = { push: devices.length > 0, email: hasEmail, sms: hasPhone };
  return available.filter((channel) => live[channel]);
}

/**
 * Who is what to a question of a customer: its governors are asked, those they named stand in for them, the platform's are told.
 * A substitute must be a governor of the same customer: only who may decide is rung to decide.
 */
export function partsOf(ringees: readonly Ringee[], customerId: string): { readonly ringee: Ringee; readonly part: Part }[] {
  const approvers = ringees.filter((one) => one.customerId === customerId);
  const named = new Set(approvers.map(({ personId, preferences }) => (preferences.substituteId === personId ? null : preferences.substituteId)));
  return [
    ...approvers.map((ringee) => ({ ringee, part: 'approver' as const })),
    ...approvers.filter(({ personId }) => named.has(personId)).map((ringee) => ({ ringee, part: 'substitute' as const })),
    ...ringees.filter((one) => one.customerId !== customerId).map((ringee) => ({ ringee, part: 'governor' as const })),
  ];
}

/** Whom a question needs still: who has said yes where other people must as well is not asked again, and stands in for nobody. */
export const stillAsked = (ringees: readonly Ringee[], needOf: QuorumOf, yeses: readonly { readonly personId: string }[]): readonly Ringee[] =>
  ringees.filter(({ personId }) => needOf === 'devices' || !yeses.some((yes) => yes.personId === personId));

/** What is known of somebody about this question alone. */
export interface OfQuestion {
  readonly tried: readonly Tried[];
  readonly deferredUntil: Date | undefined;
  readonly rungBefore: boolean;
}

export function personFacts(ringee: Ringee, part: Part, available: readonly Channel[], { tried, ...question }: OfQuestion, lately: RungLately | undefined): PersonFacts {
  const { preferences, personId } = ringee;
  return {
    personId,
    part,
    usable: usableChannels(preferences, liveChannels(ringee, available)),
    quiet: quietHoursOf(preferences),
    ...question,
    tried: tried.filter(({ rung }) => RUNGS_OF[part].includes(rung)),
    rungAt: lately?.rungAt ?? [],
    heldElsewhere: lately?.held ?? 0,
    digest: { reachedAt: lately?.digestAt, underWay: lately?.digestUnderWay ?? false },
  };
}
