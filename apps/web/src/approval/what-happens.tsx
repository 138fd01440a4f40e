import type { ApprovalDetail } from '@countersign/contracts';
import { SILENCE } from '@countersign/view';
import { IconArrowBarUp, IconHourglassEmpty } from '@tabler/icons-react';
import { useRef } from 'react';
import { Revealed } from '../parts/revealed.js';
import { Clock } from '../parts/time.js';
import { useOnScreen } from './use-on-screen.js';
import styles from './what-happens.module.css';

interface WhatProps {
  readonly approval: ApprovalDetail;
  readonly pending: boolean;
  /** Of the screen, by the decision bar, in pixels; undefined until that is known. */
  readonly coveredBelow: number | undefined;
  readonly onSeen: () => void;
}

/**
 * The effect in one sentence of the server's, and what silence does. Tells when its end has been on the screen: it may be longer than
 * the screen is high, with large text or many addresses.
 */
export function WhatHappens({ approval, pending, coveredBelow, onSeen }: WhatProps) {
  const end = useRef<HTMLSpanElement>(null);
  useOnScreen(end, { coveredBelow }, onSeen);
  return (
    <section className={styles.what} aria-labelledby="what-happens">
      <h2 id="what-happens">
        <IconArrowBarUp size={20} stroke={2} aria-hidden="true" />
        {pending ? 'If you approve, this will happen' : 'What was asked for'}
      </h2>
      <p className={styles.sentence}>
        <Revealed text={approval.whatHappens} />
        <span ref={end} className={styles.end} aria-hidden="true" />
      </p>
      {pending && (
        <p className={styles.silence}>
          <IconHourglassEmpty size={18} stroke={1.8} aria-hidden="true" />
          <span>
            {SILENCE.full} Deadline <Clock at={approval.dueAt} />.
          </span>
        </p>
      )}
    </section>
  );
}
