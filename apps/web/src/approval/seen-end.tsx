import { useRef } from 'react';
import { useOnScreen } from './use-on-screen.js';
import styles from './what-happens.module.css';

/** Stands at the end of something, and tells when it has been on the part of the screen that nothing covers. */
export function SeenEnd({ coveredBelow, onSeen }: { coveredBelow: number | undefined; onSeen: () => void }) {
  const end = useRef<HTMLSpanElement>(null);
  useOnScreen(end, { coveredBelow }, onSeen);
  return <span ref={end} className={styles.end} aria-hidden="true" />;
}
