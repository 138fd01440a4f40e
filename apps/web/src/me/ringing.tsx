import { askingTitle, deadlineWords } from '@countersign/contracts/ring-words';
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { preferencesQuery } from '../api/queries.js';
import { doublesQuery } from '../dev-phone/pushes.js';
import { Panel } from '../parts/panel.js';
import { sentence } from '../parts/states.js';
import { useMe } from '../shell/session.js';
import { useDevice } from '../welcome/use-device.js';
import styles from './ringing.module.css';

type Permission = NotificationPermission | 'unsupported';
const readPermission = (): Permission => ('Notification' in window && 'serviceWorker' in navigator ? Notification.permission : 'unsupported');

const WORDS: Readonly<Record<Permission, string>> = {
  default: 'We only notify you when a team is waiting for you.',
  granted: 'This browser shows notifications.',
  denied: 'This browser is set not to show notifications from here. You can change that in its settings for this site.',
  unsupported: 'This browser cannot show notifications. On an iPhone, add Countersign to the home screen first.',
};
const SAMPLE_MS = 24 * 3_600_000;

/** How this device is called, with a sample that says what the real thing would: by the person's clock, and no more than they wish. */
export function Ringing() {
  const [permission, setPermission] = useState(readPermission);
  const [outcome, setOutcome] = useState('');
  const doubles = useQuery(doublesQuery).data === true;
  const preferences = useQuery(preferencesQuery).data;
  const { webPushKey = null } = preferences ?? {};
  const [team] = useMe().teams;
  const connect = useConnect(webPushKey);
  const turnOn = (): void =>
    void Notification.requestPermission().then((answer) => {
      setPermission(answer);
      setOutcome(answer === 'default' ? 'You gave no answer, so this browser shows nothing yet.' : '');
    });
  const show = (): void => {
    setOutcome('');
    const title = askingTitle(team?.name ?? 'Code care', 'Push 3 files to main', preferences?.discreet ?? true);
    const body = deadlineWords(new Date(Date.now() + SAMPLE_MS), preferences?.timeZone ?? 'UTC');
    navigator.serviceWorker.ready
      .then((worker) => worker.showNotification(title, { body: `${body} (A sample.)`, tag: 'sample', icon: '/icon-192.png' }))
      .then(
        () => setOutcome('A sample is on its way to the screen.'),
        (error: unknown) => setOutcome(`It could not be shown. ${sentence(error as Error)}`),
      );
  };
  return (
    <Panel title="Notifications">
      <p className="soft">{WORDS[permission]}</p>
      <div className={styles.actions}>
        {permission === 'default' && (
          <Button variant="light" onClick={turnOn}>
            Turn on
          </Button>
        )}
        {permission === 'granted' && (
          <Button variant="light" onClick={show}>
            Show a sample
          </Button>
        )}
        {permission === 'granted' && connect.possible && (
          <Button variant="light" loading={connect.busy} onClick={connect.now}>
            Notify me in this browser
          </Button>
        )}
        {doubles && (
          <Button variant="default" component={Link} to="/dev/phone">
            Open the simulated phone
          </Button>
        )}
        {doubles && (
          <Button variant="default" component={Link} to="/dev/mail">
            Open the local mailbox
          </Button>
        )}
      </div>
      <p className="small soft" aria-live="polite">
        {outcome}
        {connect.outcome}
      </p>
    </Panel>
  );
}

/** Lets this browser notify, where the installation can. */
function useConnect(webPushKey: string | null) {
  const connect = useMutation({ mutationFn: useDevice().connect });
  const outcome = connect.isSuccess ? 'This browser can notify you from now on.' : connect.error ? `It cannot notify you. ${sentence(connect.error)}` : '';
  return { possible: webPushKey !== null && 'PushManager' in window, busy: connect.isPending, now: () => connect.mutate(), outcome };
}
