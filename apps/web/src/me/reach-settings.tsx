import '@mantine/core/styles/Input.layer.css';
import type { Channel, NotificationKind, NotificationPreferences, NotificationPreferencesBody, UndoSeconds } from '@countersign/contracts';
import { inSight } from '@countersign/view';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { preferencesQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Bones, Loaded } from '../parts/states.js';
import { useMe } from '../shell/session.js';
import { useWishes } from './use-wishes.js';
import forms from '../parts/form.module.css';
import page from './me-page.module.css';
import styles from './reach-settings.module.css';

const CHANNELS: Readonly<Record<Channel, string>> = { push: 'Push', email: 'Mail', sms: 'SMS' };
const KINDS: Readonly<Record<NotificationKind, string>> = { approval: 'Somebody waits', reminder: 'Still waiting', warning: 'About to expire', escalation: 'A customer is silent' };
const ZONES = Intl.supportedValuesOf('timeZone');
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Which channel may say what, when it is quiet, and what a lock screen may show. */
export function ReachSettings() {
  const query = useQuery(preferencesQuery);
  return (
    <Panel title="How you are reached">
      <Loaded query={query} what="settings" skeleton={<Bones widths={[80, 60, 70]} />}>
        {(preferences) => <Settings preferences={preferences} />}
      </Loaded>
    </Panel>
  );
}

function Settings({ preferences }: { preferences: NotificationPreferences }) {
  const { available, substitutes } = preferences;
  const { wanted, change, changed, busy, problem, stale, save } = useWishes(preferences);
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Matrix wanted={wanted} available={available} change={change} />
      {available.includes('email') && <TextInput label="Mail address" type="email" size="md" autoComplete="email" value={wanted.email ?? ''} onChange={({ currentTarget }) => change({ email: orNull(currentTarget.value) })} />}
      {available.includes('sms') && <TextInput label="Phone number" description="With country code, as in +919800000001." type="tel" size="md" autoComplete="tel" value={wanted.phone ?? ''} onChange={({ currentTarget }) => change({ phone: orNull(currentTarget.value) })} />}
      <Quiet wanted={wanted} change={change} />
      {substitutes.length > 0 && (
        <NativeSelect label="When you do not answer, ask also" size="md" value={wanted.substituteId ?? ''} onChange={({ currentTarget }) => change({ substituteId: orNull(currentTarget.value) })} data={[{ value: '', label: 'Nobody' }, ...substitutes.map(({ id, name }) => ({ value: id, label: inSight(name) }))]} />
      )}
      <NativeSelect label="Time to undo a decision" description="It takes effect when that is over." size="md" value={String(wanted.undoSeconds ?? 10)} onChange={({ currentTarget }) => change({ undoSeconds: Number(currentTarget.value) as UndoSeconds })} data={UNDO_CHOICES} />
      <Toggle label="Discreet lock screen" hint="Names the team, and nothing of what it is about." on={wanted.discreet} change={(discreet) => change({ discreet })} />
      {problem !== undefined && (
        <p className={forms.error} role="alert">
          {problem}
        </p>
      )}
      <Button type="submit" variant="light" loading={busy} disabled={!changed || wanted.channels.approval.length === 0}>
        {stale ? 'Save again' : 'Save'}
      </Button>
    </form>
  );
}

const UNDO_CHOICES = [5, 10, 30].map((seconds) => ({ value: String(seconds), label: `${seconds} seconds` }));

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

export interface PartProps {
  readonly wanted: NotificationPreferencesBody;
  readonly change: (part: Partial<NotificationPreferencesBody>) => void;
}

/** Kinds a person is told of, by channel; what governors of the platform are told is theirs alone. */
function Matrix({ wanted, available, change }: PartProps & { available: readonly Channel[] }) {
  const isCustomer = useMe().customer !== null;
  const kinds = (Object.keys(KINDS) as NotificationKind[]).filter((kind) => (kind === 'escalation') !== isCustomer);
  const toggle = (kind: NotificationKind, channel: Channel): void => {
    const channels = wanted.channels[kind];
    change({ channels: { ...wanted.channels, [kind]: channels.includes(channel) ? channels.filter((one) => one !== channel) : [...channels, channel] } });
  };
  return (
    <>
      <table className={styles.matrix}>
        <thead>
          <tr>
            <th scope="col">What</th>
            {available.map((channel) => (
              <th key={channel} scope="col">
                {CHANNELS[channel]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {kinds.map((kind) => (
            <tr key={kind}>
              <th scope="row">{KINDS[kind]}</th>
              {available.map((channel) => (
                <td key={channel}>
                  <input type="checkbox" aria-label={`${KINDS[kind]}: ${CHANNELS[channel]}`} checked={wanted.channels[kind].includes(channel)} onChange={() => toggle(kind, channel)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {wanted.channels.approval.length === 0 && (
        <p className={forms.error} role="alert">
          At least one channel must say that somebody waits.
        </p>
      )}
    </>
  );
}

/** By the person's own clock, by which deadlines are told as well. */
export function Quiet({ wanted: { quietHours, timeZone }, change }: PartProps) {
  return (
    <>
      <Toggle label="Quiet hours" hint="What is critical rings all the same; the rest comes when they end." on={quietHours !== null} change={(on) => change(on ? { quietHours: { from: '22:00', to: '07:00' }, timeZone: timeZone === 'UTC' ? OWN_ZONE : timeZone } : { quietHours: null })} />
      <div className={styles.quiet}>
        {quietHours !== null && <TextInput label="From" type="time" size="md" required withAsterisk={false} value={quietHours.from} onChange={({ currentTarget }) => change({ quietHours: { ...quietHours, from: currentTarget.value } })} />}
        {quietHours !== null && <TextInput label="To" type="time" size="md" required withAsterisk={false} value={quietHours.to} onChange={({ currentTarget }) => change({ quietHours: { ...quietHours, to: currentTarget.value } })} />}
        <NativeSelect label="Time zone" size="md" value={timeZone} onChange={({ currentTarget }) => change({ timeZone: currentTarget.value })} data={[...new Set([timeZone, ...ZONES])]} />
      </div>
    </>
  );
}

const Toggle = ({ label, hint, on, change }: { label: string; hint: string; on: boolean; change: (on: boolean) => void }) => (
  <label className={page.switch}>
    <span>
      {label}
      <span className={page.keys}>{hint}</span>
    </span>
    <input type="checkbox" role="switch" checked={on} onChange={({ currentTarget }) => change(currentTarget.checked)} />
  </label>
);
