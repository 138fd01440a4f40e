import { inSight } from '@countersign/view';
import type { ReactNode } from 'react';
import styles from './panel.module.css';

interface PanelProps {
  readonly title?: ReactNode;
  /** Stands at the end of the title line. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** For a panel without a visible title. */
  readonly label?: string;
}

/** A sheet of paper with a title: the unit that pages are made of. */
export const Panel = ({ title, aside, children, className = '', label }: PanelProps) => (
  <section className={`${styles.panel} ${className}`} aria-label={label === undefined ? undefined : inSight(label)}>
    {title !== undefined && (
      <header className={styles.head}>
        <h2>{title}</h2>
        {aside !== undefined && <div className={styles.aside}>{aside}</div>}
      </header>
    )}
    {children}
  </section>
);
