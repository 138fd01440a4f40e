import type { NotificationPreferences, NotificationPreferencesBody } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { preferencesQuery } from '../api/queries.js';
import { Quiet, useSave } from '../me/reach-settings.js';
import { Bones, Loaded, sentence } from '../parts/states.js';
import styles from './welcome.module.css';

interface WishProps {
  readonly next: () => void;
}
interface FormProps extends WishProps {
  readonly preferences: NotificationPreferences;
}

/** What the server has of the person's wishes, before one of them is changed. */
const WithPreferences = ({ children }: { children: (preferences: NotificationPreferences) => React.ReactNode }) => (
  <Loaded query={useQuery(preferencesQuery)} what="settings" skeleton={<Bones widths={[80, 60]} />}>
    {children}
  </Loaded>
);

export const PrivacyStep = ({ next }: WishProps) => <WithPreferences>{(preferences) => <Privacy preferences={preferences} next={next} />}</WithPreferences>;
export const QuietStep = ({ next }: WishProps) => <WithPreferences>{(preferences) => <QuietHours preferences={preferences} next={next} />}</WithPreferences>;

const wishesOf = ({ version: _version, available: _available, webPushKey: _webPushKey, substitutes: _substitutes, ...wishes }: NotificationPreferences): NotificationPreferencesBody => wishes;

const EXAMPLES = [
  { discreet: true, name: 'Discreet', title: 'Code care needs your approval', text: 'The team’s name, and nothing of what it is about.' },
  { discreet: false, name: 'Detailed', title: 'Code care · Push 3 files to main', text: 'Also what it is about, for whoever sees the screen.' },
] as const;

function Privacy({ preferences, next }: FormProps) {
  const [discreet, setDiscreet] = useState(preferences.discreet);
  const save = useSave(preferences.version);
  const go = (): void => (discreet === preferences.discreet ? next() : save.mutate({ ...wishesOf(preferences), discreet }, { onSuccess: next }));
  return (
    <>
      <fieldset className={styles.choices}>
        <legend className="sr">What a lock screen shows</legend>
        {EXAMPLES.map((one) => (
          <label key={one.name} className={`${styles.choice} ${one.discreet === discreet ? styles.chosen : ''}`}>
            <input type="radio" name="discreet" checked={one.discreet === discreet} onChange={() => setDiscreet(one.discreet)} />
            <span>
              <strong>{one.name}</strong>
              <span className={styles.sample}>{one.title}</span>
              <span className="soft small">{one.text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Save error={save.error} busy={save.isPending} label="Next" onSave={go} onSkip={undefined} />
    </>
  );
}

function QuietHours({ preferences, next }: FormProps) {
  const [wanted, setWanted] = useState(() => wishesOf(preferences));
  const save = useSave(preferences.version);
  const changed = JSON.stringify(wanted) !== JSON.stringify(wishesOf(preferences));
  return (
    <>
      <p>When may nothing ring that can wait?</p>
      <Quiet wanted={wanted} change={(part) => setWanted({ ...wanted, ...part })} />
      <Save error={save.error} busy={save.isPending} label="Done" onSave={() => (changed ? save.mutate(wanted, { onSuccess: next }) : next())} onSkip={save.error ? next : undefined} />
    </>
  );
}

const Save = ({ error, busy, label, onSave, onSkip }: { error: Error | null; busy: boolean; label: string; onSave: () => void; onSkip: (() => void) | undefined }) => (
  <>
    {error && (
      <p className={styles.failed} role="alert">
        Not saved. {sentence(error)}
      </p>
    )}
    <div className={styles.actions}>
      <Button size="lg" loading={busy} onClick={onSave}>
        {label}
      </Button>
      {onSkip && (
        <Button size="lg" variant="default" onClick={onSkip}>
          Leave it as it is
        </Button>
      )}
    </div>
  </>
);
