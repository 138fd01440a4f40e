import type { Alarm, Memory } from '@countersign/audit/web';
import { useSyncExternalStore } from 'react';
import type { Remembered } from './memories.js';

/** A record that is not the one which this browser remembers. */
export interface RaisedAlarm extends Remembered {
  readonly memory: Memory & { readonly alarm: Alarm };
}
export interface Watched {
  readonly alarms: readonly RaisedAlarm[];
  /** What everybody here remembers of this person's teams. */
  readonly remembered: readonly Remembered[];
  /** Why some record could not be checked at this visit; undefined: nothing is open. */
  readonly unchecked: string | undefined;
}

let current: Watched = { alarms: [], remembered: [], unchecked: undefined };
const listeners = new Set<() => void>();

/** By what watches alone. */
export function show(next: Omit<Watched, 'alarms'>): void {
  current = { ...next, alarms: next.remembered.filter((one): one is RaisedAlarm => one.memory?.alarm !== null && one.memory?.alarm !== undefined) };
  for (const listener of listeners) listener();
}

export const useWatched = (): Watched =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );

export const useRecordBroken = (teamId: string): boolean => useWatched().alarms.some((alarm) => alarm.teamId === teamId);
