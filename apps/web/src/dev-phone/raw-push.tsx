import { Clock } from '../parts/time.js';
import type { ReceivedPush } from './pushes.js';
import styles from './raw-push.module.css';

/** The message byte for byte as the double got it; the data first, because that is all an app gets. */
export const RawPush = ({ push }: { push: ReceivedPush }) => (
  <article className={styles.push}>
    <header>
      <Clock at={push.at} />
      <code>{push.name.split('/').at(-1)}</code>
    </header>
    <h3>Data</h3>
    <pre>{JSON.stringify(push.message['data'] ?? {}, null, 2)}</pre>
    <details>
      <summary>Whole message</summary>
      <pre>{JSON.stringify(push.message, null, 2)}</pre>
    </details>
  </article>
);
