import { IconCloudOff, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useConnection } from '../api/connection.js';
import { Clock } from '../parts/time.js';
import { doublesQuery } from '../dev-phone/pushes.js';
import { useUpdate } from './updates.js';
import styles from './strips.module.css';

/** Striped edge: doubles stand in for the outside world here. */
export function DevStripe() {
  const { data } = useQuery(doublesQuery);
  return data === true ? <div className={styles.dev} aria-hidden="true" /> : null;
}

/** What is true of every page at the moment: no connection, a new version. */
export function Strips() {
  const { online, savedAt } = useConnection();
  const update = useUpdate();
  return (
    <div className={styles.strips} aria-live="polite">
      {!online && (
        <p className={styles.offline}>
          <IconCloudOff size={18} stroke={1.8} aria-hidden="true" />
          <span>Offline{savedAt === undefined ? '. What you see may be out of date.' : <> – showing what was saved at {<Clock at={savedAt} />}</>}</span>
        </p>
      )}
      {update && (
        <p className={styles.update}>
          <IconRefresh size={18} stroke={1.8} aria-hidden="true" />
          <span>A new version of this app is ready.</span>
          <button type="button" onClick={update}>
            Reload
          </button>
        </p>
      )}
    </div>
  );
}
