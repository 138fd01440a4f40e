import type { ApproverKeyView } from '@countersign/contracts';
import { isBound, unfitFor } from '@countersign/contracts/assertions';
import { clockWords } from './time-words.js';

/**
 * How it stands with the passkeys that sign on a device: the person has none, or only on other devices; one of those signs here as soon as the device has a key
 * of its own that counts, which is a touch away; it is not said yet from when the first of them counts; or that is known (RFC 3339).
 */
export type PasskeyHere = 'none' | 'elsewhere' | 'device_new' | 'unconfirmed' | { readonly from: string };
type Time = ApproverKeyView['effectiveFrom'];

const earliest = (times: readonly Time[]): Time => times.filter((time) => time !== null).sort()[0] ?? null;
const later = (one: Time, other: Time): Time => (one === null || other === null ? null : one > other ? one : other);

/**
 * From all keys of a person. A passkey that may be synchronised signs on each device of theirs, no sooner than a key of that device's own. Undefined where it
 * is not known which device this is, as after each new sign-in: the next answer of theirs says it.
 */
export function passkeyHere(keys: readonly ApproverKeyView[], deviceId: string | null, now: Date): PasskeyHere | undefined {
  const passkeys = keys.filter(({ kind }) => kind === 'passkey');
  if (passkeys.length === 0) return 'none';
  if (deviceId === null) return undefined;
  const isHere = (key: ApproverKeyView): boolean => key.deviceId === deviceId;
  const usable = passkeys.filter((key) => isHere(key) || !isBound(key));
  if (usable.length === 0) return 'elsewhere';
  const ofDevice = keys.filter(isHere);
  if (ofDevice.length === 0 || (keysInEffect(ofDevice, now).length === 0 && keysInEffect(usable, now).length > 0)) return 'device_new';
  const device = earliest(ofDevice.map(({ effectiveFrom }) => effectiveFrom));
  const from = earliest(usable.map((key) => (isHere(key) ? key.effectiveFrom : later(key.effectiveFrom, device))));
  return from === null ? 'unconfirmed' : { from };
}

/** Whether a yes at this tier is a passkey's alone. */
export const needsPasskey = (tier: number): boolean => unfitFor(tier, { kind: 'device', backupEligible: false }) === 'passkey_required';

/** What is told in minutes is not waited for in seconds: until then the server says it. */
const MINUTE_MS = 60_000;
export const isInEffect = (passkey: PasskeyHere, now: Date): boolean => typeof passkey === 'object' && Date.parse(passkey.from) - now.getTime() < MINUTE_MS;

/** Keys that count by now, by whose word another can count at once. */
export const keysInEffect = (keys: readonly ApproverKeyView[], now: Date): ApproverKeyView[] => keys.filter(({ effectiveFrom }) => effectiveFrom !== null && Date.parse(effectiveFrom) <= now.getTime());
/** The names of the passkeys among them. */
export const passkeyNames = (keys: readonly ApproverKeyView[]): string[] => keys.filter(({ kind }) => kind === 'passkey').map(({ credentialId }) => credentialId);

export function passkeyWords(passkey: PasskeyHere, now: Date): string {
  if (passkey === 'none') return 'This device has no passkey. What others will see, like a mail or a webhook, is approved with one. A new one waits before it counts, as a rule a day: make it before you need it.';
  if (passkey === 'elsewhere') return 'Your passkey is on another device: approve there, or make one here as well. A new one waits before it counts, as a rule a day, or until you say with the other one that it is yours.';
  if (passkey === 'device_new') return 'Your passkey signs here, too, once you have let this device sign.';
  if (passkey === 'unconfirmed') return 'Your passkey does not count on this device yet: the service that carries out approvals writes you a letter first.';
  return isInEffect(passkey, now) ? 'Your passkey signs on this device.' : `Your passkey counts on this device from ${clockWords(passkey.from, now)} on.`;
}
