import type { NotificationPreferences, NotificationPreferencesBody } from '@countersign/contracts';

/** What a person may change of how they are reached, without what the server says besides. */
export const wishesOf = ({ version: _version, available: _available, webPushKey: _webPushKey, substitutes: _substitutes, ...wishes }: NotificationPreferences): NotificationPreferencesBody => wishes;

type Wish = keyof NotificationPreferencesBody;
const NAMES: Readonly<Record<Wish, string>> = {
  channels: 'what comes by which channel',
  quietHours: 'quiet hours',
  timeZone: 'time zone',
  discreet: 'what a lock screen shows',
  email: 'mail address',
  phone: 'phone number',
  substituteId: 'who is asked when you do not answer',
  undoSeconds: 'time to undo a decision',
};
const WISHES = Object.keys(NAMES) as readonly Wish[];
const differ = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
const merged = <T extends object>(base: T, wanted: T, current: T): T => ({ ...current, ...Object.fromEntries(Object.entries(wanted).filter(([name, value]) => differ(value, base[name as keyof T]))) });

/** What a person has changed of `base`, put upon what the settings have become since: neither takes the other's changes away. */
export function rebasedWishes(base: NotificationPreferencesBody, wanted: NotificationPreferencesBody, current: NotificationPreferencesBody): NotificationPreferencesBody {
  return { ...merged(base, wanted, current), channels: merged(base.channels, wanted.channels, current.channels) };
}

/** Names of the settings that are not the same. */
export const changedWishes = (before: NotificationPreferencesBody, after: NotificationPreferencesBody): readonly string[] => WISHES.filter((wish) => differ(before[wish] ?? null, after[wish] ?? null)).map((wish) => NAMES[wish]);
