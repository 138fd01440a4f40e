import { IconCloudOff, IconCloudPause, IconEyeOff, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useConnection } from '../api/connection.js';
import { Clock } from '../parts/time.js';
import { doublesQuery } from '../dev-phone/pushes.js';
import { useWatched } from '../witness/state.js';
import { uncheckedWords } from '../witness/unchecked-words.js';
import { useUpdate } from './updates.js';
import styles from './strips.module.css';

/** Striped edge: doubles stand in for the outside world here. */
export function DevStripe() {
  const { data } = useQuery(doublesQuery);
  return data === true ? <div className={styles.dev} aria-hidden="true" /> : null;
}

/** Nobody should ever need it. */
const Alarms = lazy(async () => ({ default: (await import('../witness/alarms.js')).Alarms }));

/** What is true of every page at the moment: a record that is not to be trusted, no connection, a new version. */
export function Strips() {
  const { alarms, unchecked } = useWatched();
  const { online, savedAt, lateSince } = useConnection();
  const shown = savedAt ?? lateSince;
  const update = useUpdate();
  return (
    <>
      {alarms.length > 0 && (
        <Suspense>
          <Alarms alarms={alarms} />
        </Suspense>
      )}
      <div className={styles.strips} aria-live="polite">
        {unchecked !== undefined && online && (
          <p className={styles.offline}>
            <IconEyeOff size={18} stroke={1.8} aria-hidden="true" />
            <span>{uncheckedWords(unchecked)}</span>
          </p>
        )}
        {!online && (
          <p className={styles.offline}>
            <IconCloudOff size={18} stroke={1.8} aria-hidden="true" />
            <span>Offline{shown === undefined ? '. What you see may be out of date.' : <> – showing what was saved at {<Clock at={shown} />}</>}</span>
          </p>
        )}
        {online && lateSince !== undefined && (
          <p className={styles.offline}>
            <IconCloudPause size={18} stroke={1.8} aria-hidden="true" />
            <span>
              The server is slow to answer – showing what was saved at <Clock at={lateSince} />
            </span>
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
    </>
  );
}
