import type { Status, Tone } from '@countersign/view';
import styles from './shape.module.css';

const SHAPES: Readonly<Record<Tone, React.ReactNode>> = {
  idle: <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="2" />,
  working: <circle cx="7" cy="7" r="5.500" fill="currentColor" />,
  waiting: (
    <>
      <circle cx="7" cy="7" r="4.700" fill="none" stroke="currentColor" strokeWidth="1.800" />
      <path d="M7 2.300a4.700 4.700 0 0 0 0 9.400z" fill="currentColor" />
    </>
  ),
  stopped: <rect x="2.500" y="2.500" width="9" height="9" rx="1.500" fill="currentColor" />,
  failed: <path d="m3 3 8 8m0-8-8 8" stroke="currentColor" strokeWidth="2.400" strokeLinecap="round" />,
  done: <path d="m2 7.500 3.500 3.500L12 3.500" fill="none" stroke="currentColor" strokeWidth="2.400" strokeLinecap="round" strokeLinejoin="round" />,
};

/** The shape of a tone; its word always stands beside it. */
export const Shape = ({ tone, live = false }: { tone: Tone; live?: boolean }) => (
  <svg className={`${styles.shape} ${styles[tone]} ${live && tone === 'working' ? styles.live : ''}`} viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
    {SHAPES[tone]}
  </svg>
);

/** Shape, colour and word of a state. */
export const StatusWord = ({ status, live = false, strong = false }: { status: Status; live?: boolean; strong?: boolean }) => (
  <span className={`${styles.word} ${styles[status.tone]} ${strong ? styles.strong : ''}`}>
    <Shape tone={status.tone} live={live} />
    {status.word}
  </span>
);

/** The same as a chip on a wash of its colour. */
export const StatusChip = ({ status, live = false }: { status: Status; live?: boolean }) => (
  <span className={`${styles.chip} ${styles[status.tone]} ${styles[`${status.tone}Wash`]}`}>
    <Shape tone={status.tone} live={live} />
    {status.word}
  </span>
);
