import type { Created } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { postJson } from '../api/http.js';
import { keys } from '../api/queries.js';
import { Failure } from '../parts/states.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import { LockScreen } from './lock-screen.js';
import { pushesQuery } from './pushes.js';
import { RawPush } from './raw-push.js';
import styles from './phone-page.module.css';

const TOKEN_KEY = 'countersign.dev-phone';

/** The simulated phone's registration token: it stays, as a real phone's does. */
function ownToken(): string {
  const known = localStorage.getItem(TOKEN_KEY);
  if (known !== null) return known;
  const token = `dev-phone-${crypto.randomUUID()}`;
  localStorage.setItem(TOKEN_KEY, token);
  return token;
}

/** A phone on the desk: registers itself with the push double, shows what it gets, and opens what is tapped. */
export function PhonePage() {
  const me = useMe();
  const client = useQueryClient();
  const [token] = useState(ownToken);
  const register = useMutation({
    mutationFn: () => postJson<Created>('/v1/devices', { name: 'Simulated phone', platform: 'fcm', address: token }, { key: crypto.randomUUID() }),
    onSuccess: () => Promise.all([keys.me, keys.devices].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  const { mutate } = register;
  const mayRing = me.customer !== null;
  useEffect(() => {
    if (mayRing) mutate();
  }, [mutate, mayRing]);
  const pushes = useQuery({ ...pushesQuery(token), enabled: mayRing });
  const [gone, setGone] = useState<readonly string[]>([]);
  const shown = (pushes.data ?? []).filter(({ name }) => !gone.includes(name));
  return (
    <Page title="Simulated phone" wide>
      {!mayRing && <p className={styles.note}>You are signed in as {me.displayName}, who approves nothing, so this phone never rings. Sign in as a customer to see it work.</p>}
      {register.error && <Failure error={register.error} what="registration of this phone" retry={() => mutate()} busy={register.isPending} />}
      {pushes.isError && <Failure error={pushes.error} what="list of pushes" retry={() => void pushes.refetch()} busy={pushes.isFetching} />}
      <div className={styles.desk}>
        <LockScreen pushes={shown} registered={register.isSuccess} />
        <section className={styles.raw} aria-label="What was sent">
          <header className={styles.head}>
            <h2>What was sent</h2>
            {shown.length > 0 && (
              <Button variant="subtle" onClick={() => setGone((pushes.data ?? []).map(({ name }) => name))}>
                Clear
              </Button>
            )}
          </header>
          <p className="soft small">
            This phone&rsquo;s token: <code>{token}</code>
          </p>
          {shown.length === 0 ? <p className="soft">Nothing yet. A push carries ids and a discreet line, never what it is about.</p> : shown.map((push) => <RawPush key={push.name} push={push} />)}
        </section>
      </div>
    </Page>
  );
}
