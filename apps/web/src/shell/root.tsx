import type { Me } from '@countersign/contracts';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Outlet, useMatches } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useConnection } from '../api/connection.js';
import { startLive } from '../api/live.js';
import { keys, meQuery } from '../api/queries.js';
import { queryClient } from '../api/query-client.js';
import { Failure, useFailure } from '../parts/states.js';
import { recall, show } from '../witness/state.js';
import { isAnotherPerson, onPersonElsewhere, rememberPerson, MeProvider } from './session.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';
import { drawn, pageStands } from './stands.js';
import styles from './root.module.css';

/** A receipt is verified by whoever holds it, with no server and nobody signed in; everything else begins with who is here. */
export const Root = () => (useMatches({ select: (matches) => matches.some(({ routeId }) => routeId === '/verify') }) ? <Outlet /> : <Rooms />);

/** Who is here decides what stands: the shell with its pages, or the way in. */
function Rooms() {
  const me = useQuery(meQuery);
  useEffect(() => onPersonElsewhere(() => void queryClient.invalidateQueries({ queryKey: keys.me })), []);
  return me.data && isAnotherPerson(me.data.personId) ? <BeginAnew personId={me.data.personId} /> : <RoomsOf me={me} />;
}

/** Answers, proofs, alarms, words that were typed: all of it is the last person's, so the page is loaded anew. */
function BeginAnew({ personId }: { personId: string }) {
  useEffect(() => {
    rememberPerson(personId);
    location.reload();
  }, [personId]);
  return null;
}

function RoomsOf({ me }: { me: UseQueryResult<Me | null> }) {
  const failure = useFailure(me);
  useConnection(); // where nobody knows who is here, too, it is looked whether the server is back
  const personId = me.data?.personId;
  const ofCustomer = me.data?.customer != null;
  const deviceId = me.data?.deviceId ?? undefined;
  useEffect(() => {
    if (personId === undefined) return;
    rememberPerson(personId);
    return startLive(queryClient);
  }, [personId]);
  useEffect(() => {
    if (personId === undefined || !ofCustomer) return; // staff see all teams, and approve for none
    recall(personId).catch((error: unknown) => console.warn('what this browser remembers could not be read', error)); // it stands on the page, too
    return begin(
      async () => {
        await drawn(); // reading what is remembered opens or bars the button; proofs are work beside it
        return (await import('../witness/watch.js')).startWitness(queryClient, personId);
      },
      () => show({ unchecked: 'not_loaded' }),
    );
  }, [personId, ofCustomer]);
  useEffect(() => {
    // rung or not, the page works; the settings say when this device was not reached
    if (deviceId !== undefined && 'serviceWorker' in navigator) void renew(deviceId).catch((error: unknown) => console.warn('this browser’s address could not be renewed', error));
  }, [deviceId]);
  useEffect(() => {
    if (personId === undefined) return;
    return begin(async () => {
      await drawn();
      return (await import('../outbox/start.js')).startOutbox(queryClient, { personId, deviceId: deviceId ?? null });
    });
  }, [personId, deviceId]);
  if (me.data) {
    return (
      <MeProvider value={me.data}>
        <Shell />
      </MeProvider>
    );
  }
  if (me.data === null) return <SignIn />;
  if (failure !== null) {
    return (
      <main className={styles.alone}>
        <Failure error={failure} what="page" retry={() => void me.refetch()} busy={me.isFetching} alone />
      </main>
    );
  }
  return null;
}

async function renew(deviceId: string): Promise<void> {
  await pageStands(queryClient);
  await (await import('../api/subscribe.js')).renewSubscription(deviceId);
}

/** Starts what is loaded on demand. Returns how to stop it, also before it has begun. */
function begin(start: () => Promise<() => void>, failed?: () => void): () => void {
  let stop: (() => void) | undefined;
  let gone = false;
  start().then(
    (started) => {
      if (gone) started();
      else stop = started;
    },
    (error: unknown) => {
      failed?.();
      console.warn('a part of the app could not be loaded', error);
    },
  );
  return () => {
    gone = true;
    stop?.();
  };
}
