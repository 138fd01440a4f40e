import type { NotificationPreferences } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { preferencesQuery } from '../api/queries.js';
import { OWN_ZONE, Quiet } from '../me/reach-settings.js';
import { useWishes } from '../me/use-wishes.js';
import { Bones, Loaded } from '../parts/states.js';
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

const EXAMPLES = [
  { discreet: true, name: 'Discreet', title: 'Code care needs your approval', text: 'The team’s name, and nothing of what it is about.' },
  { discreet: false, name: 'Detailed', title: 'Code care · Push 3 files to main', text: 'Also what it is about, for whoever sees the screen.' },
] as const;

function Privacy({ preferences, next }: FormProps) {
  const { wanted, change, ...wishes } = useWishes(preferences);
  return (
    <>
      <fieldset className={styles.choices}>
        <legend className="sr">What a lock screen shows</legend>
        {EXAMPLES.map((one) => (
          <label key={one.name} className={`${styles.choice} ${one.discreet === wanted.discreet ? styles.chosen : ''}`}>
            <input type="radio" name="discreet" checked={one.discreet === wanted.discreet} onChange={() => change({ discreet: one.discreet })} />
            <span>
              <strong>{one.name}</strong>
              <span className={styles.sample}>{one.title}</span>
              <span className="soft small">{one.text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Save wishes={wishes} label="Next" next={next} />
    </>
  );
}

function QuietHours({ preferences, next }: FormProps) {
  const { wanted, change, ...wishes } = useWishes(preferences, preferences.timeZone === 'UTC' ? { timeZone: OWN_ZONE } : {});
  return (
    <>
      <p>When may nothing ring that can wait?</p>
      <Quiet wanted={wanted} change={change} />
      <Save wishes={wishes} label="Done" next={next} />
    </>
  );
}

/** Onwards once what was changed is saved; where it is not, one may also go on without. */
const Save = ({ wishes: { changed, busy, problem, stale, save }, label, next }: { wishes: Omit<ReturnType<typeof useWishes>, 'wanted' | 'change'>; label: string; next: () => void }) => (
  <>
    {problem !== undefined && (
      <p className={styles.failed} role="alert">
        {problem}
      </p>
    )}
    <div className={styles.actions}>
      <Button size="lg" loading={busy} onClick={() => (changed ? save(next) : next())}>
        {stale && changed ? 'Save again' : label}
      </Button>
      {problem !== undefined && (
        <Button size="lg" variant="default" onClick={next}>
          Leave it as it is
        </Button>
      )}
    </div>
  </>
);
