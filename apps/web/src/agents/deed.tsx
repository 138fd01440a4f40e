import type { Role } from '@countersign/contracts';
import { inSight } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { useAgentAction } from '../api/use-agent-action.js';
import { failureWords } from '../approval/failure-words.js';
import { Sheet } from '../parts/sheet.js';
import { DESKTOP } from '../parts/widths.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';

/** The server's own lists again, so that the screen offers only what it would take. */
export const MAY_STEER: readonly Role[] = ['customer_governor', 'operator', 'platform_governor'];
export const MAY_ANSWER: readonly Role[] = ['customer_governor', 'platform_governor'];
export const useMay = (roles: readonly Role[]): boolean => {
  const own = useMe().roles;
  return roles.some((role) => own.includes(role));
};

export interface DeedProps {
  readonly path: string;
  readonly label: string;
  /** Whom it is about, for those who hear the button alone. */
  readonly about: string;
  readonly title: string;
  readonly lead: string;
  readonly grave?: boolean;
  readonly light?: boolean;
  /** What exactly it is about, once more. */
  readonly children?: ReactNode;
}

/** A button that asks once more, and why: the words go on the record. */
export function Deed({ path, label, about, title, lead, grave = false, light = false, children }: DeedProps) {
  const desktop = useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false });
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button variant={light ? 'default' : 'filled'} color={grave ? 'red' : 'blue'} onClick={() => setAsking(true)} aria-label={`${label}: ${inSight(about)}`}>
        {label}
      </Button>
      <Sheet opened={asking} onClose={() => setAsking(false)} title={title} desktop={desktop}>
        {asking && <DeedForm path={path} label={label} lead={lead} grave={grave} onDone={() => setAsking(false)} quoted={children} />}
      </Sheet>
    </>
  );
}

function DeedForm({ path, label, lead, grave, onDone, quoted }: Pick<DeedProps, 'path' | 'label' | 'lead'> & { grave: boolean; onDone: () => void; quoted: ReactNode }) {
  const [reason, setReason] = useState('');
  const action = useAgentAction(path, onDone);
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        action.mutate(reason.trim());
      }}
    >
      {quoted}
      <p className="soft">{lead}</p>
      <Textarea label="Why?" description="Optional. It goes on the record." value={reason} maxLength={500} onChange={({ currentTarget }) => setReason(currentTarget.value)} data-autofocus />
      {action.error && (
        <p className={forms.error} role="alert">
          {failureWords(action.error)}
        </p>
      )}
      <Button type="submit" size="lg" color={grave ? 'red' : 'blue'} loading={action.isPending}>
        {label}
      </Button>
    </form>
  );
}
