import type { ReactNode } from 'react';
import { Revealed } from './revealed.js';
import styles from './facts-list.module.css';

export interface Row {
  readonly label: string;
  readonly value: ReactNode;
}

/** A longer value gets the whole width, under its label. */
const LONG = 34;

/** Labels and values in plain rows: nothing in here was written by an agent. */
export const FactsList = ({ rows }: { rows: readonly Row[] }) => (
  <dl className={styles.list}>
    {rows.map(({ label, value }, index) => (
      // a letter has a line *To* for each
      <div key={`${index} ${label}`} className={`${styles.row} ${typeof value === 'string' && value.length > LONG ? styles.long : ''}`}>
        <dt>{label}</dt>
        <dd>{typeof value === 'string' ? <Revealed text={value} /> : value}</dd>
      </div>
    ))}
  </dl>
);
