import '@mantine/core/styles/Input.layer.css';
import '@mantine/core/styles/NumberInput.layer.css';
import type { BundleSpecialist, DraftFault } from '@countersign/contracts';
import { faultsAt, faultsWithin, inSight, type FieldPath } from '@countersign/view';
import { Button, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import forms from '../parts/form.module.css';
import styles from './bundles.module.css';

interface Editing {
  readonly bundle: Written;
  readonly faults: readonly DraftFault[];
  readonly change: (bundle: Written) => void;
}
/** What somebody has written so far: not yet a bundle, and perhaps with other things where a bundle has its fields. */
export type Written = Readonly<Record<string, unknown>>;
type Fields = Record<string | number, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const valueAt = (bundle: Written, path: FieldPath): unknown => path.reduce<unknown>((value, key) => (isFields(value) ? value[key] : undefined), bundle);
const membersOf = (bundle: Written): readonly Fields[] => (valueAt(bundle, ['members']) as readonly Fields[] | undefined) ?? [];

/** Whether what was written has the shape that the fields have: else it can be mended in the file alone. */
export function hasFields(document: object | null): document is Written {
  const members = valueAt(document as Written, ['members']);
  return document !== null && (members === undefined || (Array.isArray(members) && members.every((member) => isFields(member) && !Array.isArray(member))));
}

/** The same with one value changed; undefined takes it away, and with the last one the group that need not be there. */
function withValue(bundle: Written, path: FieldPath, value: unknown): Written {
  const next = structuredClone(bundle) as Fields;
  let parent = next;
  for (const key of path.slice(0, -1)) {
    if (!isFields(parent[key])) parent[key] = {};
    parent = parent[key] as Fields;
  }
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return next;
}

/** What a field of the form needs: its value, how it changes, and what is wrong with it, from the checks of the whole bundle. */
function field({ bundle, faults, change }: Editing, path: FieldPath) {
  return {
    value: valueAt(bundle, path),
    error: faultsAt(faults, path).join('; ') || undefined,
    set: (value: unknown): void => change(withValue(bundle, path, value)),
  };
}

const UNITS = { tokens: 'Tokens', steps: 'Model turns', toolCalls: 'Tool calls', minutes: 'Minutes', usd: 'US dollars' } as const;
const BUDGETS = { team: 'The whole team may use', trial: 'On trial the team may use', goal: 'One goal may use' } as const;

const OWN = { manager: ['name', 'template'], member: ['name', 'skill', 'agent', 'title'], approval: ['timeoutMinutes', 'validMinutes', 'tier', 'delaySeconds'], price: ['tariff', 'monthly'], helpdesk: ['activation', 'plan'] } as const;

/** Everything of a bundle that is a field. The rest is written in the file. */
export function DraftFields(editing: Editing) {
  const { bundle, change } = editing;
  const members = membersOf(bundle);
  return (
    <>
      <Words editing={editing} path={['name']} label="Name" />
      <Words editing={editing} path={['description']} label="Description" long />
      <Group editing={editing} path={['manager']} own={OWN.manager} title="Manager">
        <Words editing={editing} path={['manager', 'name']} label="Name" />
        <Words editing={editing} path={['manager', 'template']} label="Template" />
      </Group>
      {members.map((member, index) => (
        <Group key={index} editing={editing} path={['members', index]} own={OWN.member} title={said(member['skill']) === '' ? 'New specialist' : `Specialist for ${said(member['skill'])}`}>
          <Words editing={editing} path={['members', index, 'name']} label="Name" />
          <Words editing={editing} path={['members', index, 'skill']} label="Skill" />
          <Words editing={editing} path={['members', index, 'agent']} label="Agent" />
          <Words editing={editing} path={['members', index, 'title']} label="What it does" optional double />
          <Button variant="subtle" mih={44} onClick={() => change({ ...bundle, members: members.filter((_, at) => at !== index) })}>
            Remove {inSight(said(member['name']))}
          </Button>
        </Group>
      ))}
      <Wrong faults={faultsAt(editing.faults, ['members'])} />
      <Button variant="default" mih={44} onClick={() => change({ ...bundle, members: [...members, { name: '', skill: '', agent: '' } satisfies BundleSpecialist] })}>
        Add a specialist
      </Button>
      <Budgets {...editing} />
      <Group editing={editing} path={['price']} own={OWN.price} title="Price">
        <Choice editing={editing} path={['price', 'tariff']} label="Tariff" options={{ discounted: 'Own prices, discounted', fixed: 'Fixed per member' }} />
        <Amount editing={editing} path={['price', 'monthly']} label="Rupees a month" />
      </Group>
      <Group editing={editing} path={['approval']} own={OWN.approval} title="Approvals">
        <Amount editing={editing} path={['approval', 'timeoutMinutes']} label="Minutes to answer" />
        <Amount editing={editing} path={['approval', 'validMinutes']} label="Minutes a yes holds" />
        <Amount editing={editing} path={['approval', 'tier']} label="Risk tier, 0 to 3" />
        <Amount editing={editing} path={['approval', 'delaySeconds']} label="Seconds before it starts" optional />
      </Group>
      <Group editing={editing} path={['helpdesk']} own={OWN.helpdesk} title="Helpdesk">
        <Choice editing={editing} path={['helpdesk', 'activation']} label="When the team is suspended" options={{ preapproved: 'It opens at once', ask: 'A governor opens it' }} />
        <Words editing={editing} path={['helpdesk', 'plan']} label="What customers are told" long />
      </Group>
      <p className="soft small">
        Only in the file: the version, the playbook, what leaves the team, how many must say yes and who (quorum), how patient the manager is (coordination), what can go wrong (critique), the manager’s agent, and of single members the role, template, further skills and budget.
      </p>
    </>
  );
}

/** What the team may use; on trial another amount, where it can be tried. */
function Budgets(editing: Editing) {
  const { bundle, change } = editing;
  const whole = valueAt(bundle, ['budgets', 'team']);
  const trial = isFields(valueAt(bundle, ['budgets', 'trial']));
  return (
    <>
      {(['team', 'trial', 'goal'] as const).filter((whose) => whose !== 'trial' || trial).map((whose) => (
        <Group key={whose} editing={editing} path={['budgets', whose]} own={Object.keys(UNITS)} title={BUDGETS[whose]}>
          {(Object.keys(UNITS) as (keyof typeof UNITS)[]).map((unit) => (
            <Amount key={unit} editing={editing} path={['budgets', whose, unit]} label={UNITS[unit]} />
          ))}
        </Group>
      ))}
      <Button variant="default" mih={44} onClick={() => change(withValue(bundle, ['budgets', 'trial'], trial ? undefined : isFields(whole) ? { ...whole } : {}))}>
        {trial ? 'No amount of its own for trials' : 'An amount of its own for trials'}
      </Button>
    </>
  );
}

const said = (value: unknown): string => (typeof value === 'string' ? value : '');

const Wrong = ({ faults }: { faults: readonly string[] }) =>
  faults.length === 0 ? null : (
    <p className={`${styles.wideField} ${forms.error}`} role="alert">
      {inSight(faults.join('; '))}
    </p>
  );

/** Fields that belong together, and what is wrong with what the file has of them besides. */
const Group = ({ editing, path, own, title, children }: { editing: Editing; path: FieldPath; own: readonly string[]; title: string; children: ReactNode }) => (
  <fieldset className={styles.group}>
    <legend>{inSight(title)}</legend>
    {children}
    <Wrong faults={faultsWithin(editing.faults, path, own.map((key) => [...path, key]))} />
  </fieldset>
);

interface FieldProps {
  readonly editing: Editing;
  readonly path: FieldPath;
  readonly label: string;
}

function Words({ editing, path, label, long = false, optional = false, double = false }: FieldProps & { long?: boolean; optional?: boolean; double?: boolean }) {
  const { value, error, set } = field(editing, path);
  const props = { label, error, size: 'md', value: said(value), onChange: ({ currentTarget }: { currentTarget: { value: string } }) => set(optional && currentTarget.value === '' ? undefined : currentTarget.value) };
  return long ? <Textarea {...props} autosize minRows={2} className={styles.wideField} /> : <TextInput {...props} className={double ? styles.double : undefined} />;
}

function Amount({ editing, path, label, optional = false }: FieldProps & { optional?: boolean }) {
  const { value, error, set } = field(editing, path);
  return <NumberInput label={label} error={error} size="md" hideControls thousandSeparator="," value={typeof value === 'number' ? value : ''} onChange={(next) => set(typeof next === 'number' ? next : optional ? undefined : null)} />;
}

function Choice({ editing, path, label, options }: FieldProps & { options: Readonly<Record<string, string>> }) {
  const { value, error, set } = field(editing, path);
  return <NativeSelect label={label} error={error} size="md" className={styles.double} value={said(value)} onChange={({ currentTarget }) => set(currentTarget.value)} data={Object.entries(said(value) in options ? options : { [said(value)]: said(value) === '' ? 'Choose' : said(value), ...options }).map(([each, words]) => ({ value: each, label: words }))} />;
}
