import { counted } from '@countersign/view';
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useOutbox } from '../outbox/use-saved.js';
import { Avatar } from '../parts/avatar.js';
import { FactsList } from '../parts/facts-list.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { ROLE_WORDS } from '../parts/role-words.js';
import { setShortcuts, shortcutsOn } from '../parts/shortcuts.js';
import { sentence } from '../parts/states.js';
import { Page } from '../shell/page.js';
import { signOut, useMe } from '../shell/session.js';
import { Devices } from './devices.js';
import { ReachSettings } from './reach-settings.js';
import { RememberedRecords } from './remembered.js';
import { Ringing } from './ringing.js';
import forms from '../parts/form.module.css';
import styles from './me-page.module.css';

/** Who is signed in, on which devices they decide, and how they are called. */
export function MePage() {
  const me = useMe();
  const leave = useMutation({ mutationFn: signOut });
  return (
    <Page title="Me">
      <Panel label="Signed in as">
        <div className={styles.who}>
          <Avatar name={me.displayName} size={52} />
          <div>
            <h2>
              <Revealed text={me.displayName} />
            </h2>
            <p className="soft"><Revealed text={me.customer?.name ?? 'Platform'} /></p>
          </div>
        </div>
        <FactsList
          rows={[
            { label: 'Name', value: me.login },
            { label: 'Roles', value: me.roles.map((role) => ROLE_WORDS[role]).join(', ') },
          ]}
        />
      </Panel>
      {me.customer && <Devices />}
      {me.customer && <RememberedRecords />}
      <Ringing />
      <ReachSettings />
      <Keyboard />
      <Button component={Link} to="/welcome" variant="default">
        Set up this device step by step
      </Button>
      <Unsent />
      <Button variant="default" onClick={() => leave.mutate()} loading={leave.isPending}>
        Sign out
      </Button>
      {leave.error && (
        <p className={forms.error} role="alert">
          You are still signed in. {sentence(leave.error)}
        </p>
      )}
    </Page>
  );
}

/** Who signs out with something unsent takes it with them nowhere: it waits here. */
function Unsent() {
  const waiting = useOutbox().filter(({ problem }) => problem === undefined).length;
  if (waiting === 0) return null;
  return <p className="soft">{counted(waiting, 'decision')} saved on this device {waiting === 1 ? 'is' : 'are'} not sent yet. Signed out, nothing is sent; it waits here until you sign in again.</p>;
}

/** Single letters can get in the way of speech input. */
function Keyboard() {
  const [on, setOn] = useState(shortcutsOn);
  return (
    <Panel title="Keyboard">
      <label className={styles.switch}>
        <span>
          Single-letter shortcuts
          <span className={styles.keys}>
            <kbd>J</kbd> <kbd>K</kbd> through the inbox · <kbd>A</kbd> <kbd>C</kbd> <kbd>D</kbd> to approve, changes, deny
          </span>
        </span>
        <input
          type="checkbox"
          role="switch"
          checked={on}
          onChange={({ currentTarget }) => {
            setShortcuts(currentTarget.checked);
            setOn(currentTarget.checked);
          }}
        />
      </label>
    </Panel>
  );
}
