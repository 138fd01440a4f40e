import type { Alarm, Memory } from '@countersign/audit/web';
import type { RecordStanding } from '@countersign/view';
import { useSyncExternalStore } from 'react';
import { everything, type Remembered } from './memories.js';

/** A record that is not the one which this browser remembers. */
export interface RaisedAlarm extends Remembered {
  readonly memory: Memory & { readonly alarm: Alarm };
}
export interface Watched {
  readonly alarms: readonly RaisedAlarm[];
  /** What everybody here remembers of this person's teams. */
  readonly remembered: readonly Remembered[];
  /** Whether that was looked up. */
  readonly store: 'unread' | 'unreadable' | 'read';
  /** Why some record could not be checked at this visit; undefined: nothing is open. */
  readonly unchecked: string | undefined;
}

let current: Watched = { alarms: [], remembered: [], store: 'unread', unchecked: undefined };
const listeners = new Set<() => void>();

/** By what watches alone. */
export function show(change: Partial<Omit<Watched, 'alarms'>>): void {
  const next = { ...current, ...change };
  current = { ...next, alarms: next.remembered.filter((one): one is RaisedAlarm => one.memory?.alarm !== null && one.memory?.alarm !== undefined) };
  for (const listener of listeners) listener();
}

/** Looks up what this browser remembers for a person: an alarm of an earlier visit stands before anything is asked or approved. */
export async function recall(personId: string): Promise<readonly Remembered[]> {
  try {
    const remembered = (await everything()).filter((one) => one.personId === personId);
    show({ remembered, store: 'read' });
    return remembered;
  } catch (error) {
    show({ remembered: [], store: 'unreadable', unchecked: 'store_unreadable' });
    throw error;
  }
}

export const useWatched = (): Watched =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );

/** Once may be bad luck; after that nothing is approved on what nobody proves. */
const UNPROVEN_AFTER_TRIES = 2;

/** How the record of a team stands, as far as this device knows. */
export function useRecord(teamId: string): RecordStanding {
  const { remembered, store } = useWatched();
  if (store !== 'read') return store;
  const memory = remembered.find((one) => one.teamId === teamId)?.memory;
  if (memory?.alarm) return 'broken';
  return (memory?.withheld?.tries ?? 0) >= UNPROVEN_AFTER_TRIES ? 'unproven' : 'not_broken';
}
