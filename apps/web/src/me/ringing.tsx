import { askingTitle, deadlineWords } from '@countersign/contracts/ring-words';
import type { DeviceFacts } from '@countersign/view';
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

const WORDS: Readonly<Record<DeviceFacts['notifications'], string>> = {
  default: 'We only notify you when a team is waiting for you.',
  granted: 'This browser may show notifications.',
  denied: 'This browser is set not to show notifications from here. You can change that in its settings for this site.',
  unsupported: 'This browser cannot show notifications. On an iPhone, add Countersign to the home screen first.',
};
const FROM_NOW_ON = 'This browser can notify you from now on.';
const SAMPLE_MS = 24 * 3_600_000;

/** How this device is called, with a sample that says what the real thing would: by the person's clock, and no more than they wish. */
export function Ringing() {
  const { facts: { notifications, rings, subscribed }, turnOn, connect } = useDevice();
  const [outcome, setOutcome] = useState('');
  const doubles = useQuery(doublesQuery).data === true;
  const preferences = useQuery(preferencesQuery).data;
  const [team] = useMe().teams;
  const reached = notifications === 'granted' && subscribed;
  const failed = (error: Error): void => setOutcome(`It cannot notify you. ${sentence(error)}`);
  const asking = useMutation({
    mutationFn: turnOn,
    onMutate: () => setOutcome(''),
    onSuccess: (answer) => setOutcome(answer === 'default' ? 'You gave no answer, so this browser shows nothing yet.' : answer === 'granted' && rings ? FROM_NOW_ON : ''),
    onError: failed,
  });
  const connecting = useMutation({ mutationFn: connect, onMutate: () => setOutcome(''), onSuccess: () => setOutcome(FROM_NOW_ON), onError: failed });
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
      <p className="soft">{reached ? 'This browser notifies you.' : WORDS[notifications]}</p>
      <div className={styles.actions}>
        {notifications === 'default' && (
          <Button variant="light" loading={asking.isPending} onClick={() => asking.mutate()}>
            Turn on
          </Button>
        )}
        {notifications === 'granted' && (
          <Button variant="light" onClick={show}>
            Show a sample
          </Button>
        )}
        {notifications === 'granted' && !reached && rings && 'PushManager' in window && (
          <Button variant="light" loading={connecting.isPending} onClick={() => connecting.mutate()}>
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
      </p>
    </Panel>
  );
}
