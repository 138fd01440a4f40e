import { agoWords, clockWords, dueWords } from '@countersign/view';
import { useSyncExternalStore } from 'react';
import { onClockSet, serverNow } from '../api/clock.js';
import styles from './time.module.css';

const TICK_MS = 15_000;
let now = new Date(serverNow());
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** One clock for all words on the screen, so that they change together; it stands still while nobody looks. */
function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
function tick(): void {
  now = new Date(serverNow());
  for (const listener of listeners) listener();
}
document.addEventListener('visibilitychange', tick);
onClockSet(tick);

export const useNow = (): Date => useSyncExternalStore(listen, () => now);

/** `in 42 min (17:00 CET)`; urgent ones stand out by weight and colour, and by their words. */
export function Due({ at }: { at: string }) {
  const { relative, clock, urgency } = dueWords(at, useNow());
  return (
    <time dateTime={at} className={`${styles.due} ${styles[urgency]}`}>
      <span className={styles.relative}>{urgency === 'over' ? `was due ${relative}` : relative}</span> <span className={styles.clock}>({clock})</span>
    </time>
  );
}

/** `4 min ago`, with the clock for who points at it. */
export function Ago({ at }: { at: string }) {
  const current = useNow();
  return (
    <time dateTime={at} title={clockWords(at, current)}>
      {agoWords(at, current)}
    </time>
  );
}

export function Clock({ at }: { at: string }) {
  return <time dateTime={at}>{clockWords(at, useNow())}</time>;
}
