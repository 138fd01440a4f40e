import type { TestRing } from '@countersign/contracts';
import { findings, type DeviceFacts } from '@countersign/view';
import { Shape } from '../parts/shape.js';
import styles from './welcome.module.css';

/** What could have kept a test from arriving, with what to do about each. */
export const Diagnostics = ({ facts, sent }: { facts: DeviceFacts; sent: TestRing | undefined }) => (
  <ul className={styles.findings}>
    {findings(facts, sent, navigator.userAgent).map(({ ok, what, help }) => (
      <li key={what}>
        <Shape tone={ok ? (help === undefined ? 'done' : 'idle') : 'failed'} />
        <span>
          {what}
          {help !== undefined && <span className="soft small">{help}</span>}
        </span>
      </li>
    ))}
  </ul>
);
