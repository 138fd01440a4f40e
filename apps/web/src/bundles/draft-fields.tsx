import '@mantine/core/styles/Input.layer.css';
import '@mantine/core/styles/NumberInput.layer.css';
import type { Bundle, BundleSpecialist, DraftFault } from '@countersign/contracts';
import { Button, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import styles from './bundles.module.css';

interface Editing {
  readonly bundle: Bundle;
  readonly faults: readonly DraftFault[];
  readonly change: (bundle: Bundle) => void;
}
type Key = string | number;

const pointerOf = (path: readonly Key[]): string => path.map((key) => `/${key}`).join('');
const valueAt = (bundle: Bundle, path: readonly Key[]): unknown => path.reduce<unknown>((value, key) => (value as Record<Key, unknown> | undefined)?.[key], bundle);

/** The same bundle with one value changed; an empty text takes it away where it need not be there. */
function withValue(bundle: Bundle, path: readonly Key[], value: unknown): Bundle {
  const next = structuredClone(bundle);
  const parent = valueAt(next, path.slice(0, -1)) as Record<Key, unknown>;
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return next;
}

/** What a field of the form needs: its value, how it changes, and what is wrong with it, from the checks of the whole bundle. */
function field({ bundle, faults, change }: Editing, path: readonly Key[]) {
  const pointer = pointerOf(path);
  return {
    value: valueAt(bundle, path),
    error: faults.filter((fault) => fault.pointer === pointer).map(({ message }) => message).join('; ') || undefined,
    set: (value: unknown): void => change(withValue(bundle, path, value)),
  };
}

const UNITS = { tokens: 'Tokens', steps: 'Model turns', toolCalls: 'Tool calls', minutes: 'Minutes', usd: 'US dollars' } as const;
const BUDGETS = { team: 'The whole team may use', trial: 'On trial the team may use', goal: 'One goal may use' } as const;

/** Everything of a bundle that is a field. What a goal turns into, and what leaves the team, is written in the file. */
export function DraftFields(editing: Editing) {
  const { bundle, change } = editing;
  const { error } = field(editing, ['members']);
  return (
    <>
      <Words editing={editing} path={['name']} label="Name" />
      <Words editing={editing} path={['description']} label="Description" long />
      <fieldset className={styles.group}>
        <legend>Manager</legend>
        <Words editing={editing} path={['manager', 'name']} label="Name" />
        <Words editing={editing} path={['manager', 'template']} label="Template" />
      </fieldset>
      {bundle.members.map((member, index) => (
        <fieldset key={index} className={styles.group}>
          <legend>{member.skill === '' ? 'New specialist' : `Specialist for ${member.skill}`}</legend>
          <Words editing={editing} path={['members', index, 'name']} label="Name" />
          <Words editing={editing} path={['members', index, 'skill']} label="Skill" />
          <Words editing={editing} path={['members', index, 'agent']} label="Agent" />
          <Words editing={editing} path={['members', index, 'title']} label="What it does" optional double />
          <Button variant="subtle" mih={44} onClick={() => change({ ...bundle, members: bundle.members.filter((_, at) => at !== index) })}>
            Remove {member.name}
          </Button>
        </fieldset>
      ))}
      {error && <p role="alert">{error}</p>}
      <Button variant="default" mih={44} onClick={() => change({ ...bundle, members: [...bundle.members, { name: '', skill: '', agent: '' } satisfies BundleSpecialist] })}>
        Add a specialist
      </Button>
      {(['team', 'trial', 'goal'] as const).filter((whose) => bundle.budgets[whose]).map((whose) => (
        <fieldset key={whose} className={styles.group}>
          <legend>{BUDGETS[whose]}</legend>
          {(Object.keys(UNITS) as (keyof typeof UNITS)[]).map((unit) => (
            <Amount key={unit} editing={editing} path={['budgets', whose, unit]} label={UNITS[unit]} />
          ))}
        </fieldset>
      ))}
      <fieldset className={styles.group}>
        <legend>Price</legend>
        <Choice editing={editing} path={['price', 'tariff']} label="Tariff" options={{ discounted: 'Own prices, discounted', fixed: 'Fixed per member' }} />
        <Amount editing={editing} path={['price', 'monthly']} label="Rupees a month" />
      </fieldset>
      <fieldset className={styles.group}>
        <legend>Approvals</legend>
        <Amount editing={editing} path={['approval', 'timeoutMinutes']} label="Minutes to answer" />
        <Amount editing={editing} path={['approval', 'validMinutes']} label="Minutes a yes holds" />
        <Amount editing={editing} path={['approval', 'tier']} label="Risk tier, 0 to 3" />
      </fieldset>
      <fieldset className={styles.group}>
        <legend>Helpdesk</legend>
        <Choice editing={editing} path={['helpdesk', 'activation']} label="When the team is suspended" options={{ preapproved: 'It opens at once', ask: 'A governor opens it' }} />
        <Words editing={editing} path={['helpdesk', 'plan']} label="What customers are told" long />
      </fieldset>
      <p className="soft small">The playbook, what leaves the team, and the version number are edited in the file.</p>
    </>
  );
}

interface FieldProps {
  readonly editing: Editing;
  readonly path: readonly Key[];
  readonly label: string;
}

function Words({ editing, path, label, long = false, optional = false, double = false }: FieldProps & { long?: boolean; optional?: boolean; double?: boolean }) {
  const { value, error, set } = field(editing, path);
  const props = { label, error, size: 'md', value: typeof value === 'string' ? value : '', onChange: ({ currentTarget }: { currentTarget: { value: string } }) => set(optional && currentTarget.value === '' ? undefined : currentTarget.value) };
  return long ? <Textarea {...props} autosize minRows={2} className={styles.wideField} /> : <TextInput {...props} className={double ? styles.double : undefined} />;
}

function Amount({ editing, path, label }: FieldProps) {
  const { value, error, set } = field(editing, path);
  return <NumberInput label={label} error={error} size="md" hideControls thousandSeparator="," value={typeof value === 'number' ? value : ''} onChange={(next) => set(typeof next === 'number' ? next : null)} />;
}

function Choice({ editing, path, label, options }: FieldProps & { options: Readonly<Record<string, string>> }) {
  const { value, error, set } = field(editing, path);
  return <NativeSelect label={label} error={error} size="md" className={styles.double} value={String(value)} onChange={({ currentTarget }) => set(currentTarget.value)} data={Object.entries(options).map(([each, words]) => ({ value: each, label: words }))} />;
}
