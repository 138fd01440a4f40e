import type { NotificationPreferencesBody, Violation } from '@countersign/contracts';

/** What a person cannot want: to be unreachable when somebody waits, or to be stood in for by whoever may not decide. */
export function faultsOf(wanted: NotificationPreferencesBody, mayStandIn: readonly string[]): Violation[] {
  const faults: Violation[] = [];
  if (wanted.channels.approval.length === 0) faults.push({ pointer: '/channels/approval', rule: 'arrayMinSize', message: 'at least one channel must say that somebody waits' });
  if (wanted.substituteId !== null && !mayStandIn.includes(wanted.substituteId)) faults.push({ pointer: '/substituteId', rule: 'substitute', message: 'a substitute is another governor of the same customer' });
  return faults;
}

/** Names of the settings that differ. */
export const changedFields = (before: NotificationPreferencesBody, after: NotificationPreferencesBody): string[] =>
  (Object.keys(after) as (keyof NotificationPreferencesBody)[]).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).sort();
