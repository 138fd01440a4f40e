import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { startLive } from '../api/live.js';
import { meQuery } from '../api/queries.js';
import { queryClient } from '../api/query-client.js';
import { Failure } from '../parts/states.js';
import { rememberPerson, MeProvider } from './session.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';
import styles from './root.module.css';

/** Who is here decides what stands: the shell with its pages, or the way in. */
export function Root() {
  const me = useQuery(meQuery);
  const personId = me.data?.personId;
  const deviceId = me.data?.deviceId ?? undefined;
  useEffect(() => {
    if (personId === undefined) return;
    rememberPerson(personId);
    return startLive(queryClient);
  }, [personId]);
  useEffect(() => {
    // rung or not, the page works; the settings say when this device was not reached
    if (deviceId !== undefined && 'serviceWorker' in navigator) void import('../api/subscribe.js').then(({ renewSubscription }) => renewSubscription(deviceId)).catch((error: unknown) => console.warn('this browser’s address could not be renewed', error));
  }, [deviceId]);
  if (me.data) {
    return (
      <MeProvider value={me.data}>
        <Shell />
      </MeProvider>
    );
  }
  if (me.data === null) return <SignIn />;
  if (me.isError) {
    return (
      <main className={styles.alone}>
        <Failure error={me.error} what="page" retry={() => void me.refetch()} busy={me.isFetching} />
      </main>
    );
  }
  return null;
}
