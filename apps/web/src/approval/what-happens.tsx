import type { ApprovalDetail } from '@countersign/contracts';
import { SILENCE } from '@countersign/view';
import { IconArrowBarUp, IconHourglassEmpty } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { Clock } from '../parts/time.js';
import styles from './what-happens.module.css';

/** The effect in one sentence of the server's, and what silence does. Tells when it has been on the screen. */
export function WhatHappens({ approval, pending, onSeen }: { approval: ApprovalDetail; pending: boolean; onSeen: () => void }) {
  const sentence = useRef<HTMLParagraphElement>(null);
  const seen = useRef(onSeen);
  useEffect(() => {
    seen.current = onSeen;
  });
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        watcher.disconnect();
        seen.current();
      },
      { threshold: 0.9 },
    );
    if (sentence.current) watcher.observe(sentence.current);
    return () => watcher.disconnect();
  }, []);
  return (
    <section className={styles.what} aria-labelledby="what-happens">
      <h2 id="what-happens">
        <IconArrowBarUp size={20} stroke={2} aria-hidden="true" />
        {pending ? 'If you approve, this will happen' : 'What was asked for'}
      </h2>
      <p ref={sentence} className={styles.sentence}>
        {approval.whatHappens}
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
