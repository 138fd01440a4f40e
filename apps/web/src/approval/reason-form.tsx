import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { failureWords } from './failure-words.js';
import { REFUSALS, type Refusal } from './refusals.js';
import forms from '../parts/form.module.css';
import styles from './answer-sheets.module.css';

interface ReasonProps {
  readonly asking: Refusal;
  readonly approvalId: string;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onSend: (answer: Refusal, reason: string) => void;
}

/** What was typed stays when the sheet is closed by mistake. */
function useDraft(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  const keep = (next: string): void => {
    setText(next);
    sessionStorage.setItem(key, next);
  };
  return [text, keep];
}

/** A no, or a not-like-this, has a reason: a common one, own words, or both. */
export function ReasonForm({ asking, approvalId, busy, error, onSend }: ReasonProps) {
  const words = REFUSALS[asking];
  const [chips, setChips] = useState<readonly string[]>([]);
  const [text, setText] = useDraft(`countersign.reason.${asking}.${approvalId}`);
  const reason = [chips.join(', '), text.trim()].filter((part) => part !== '').join(': ');
  const toggle = (chip: string): void => setChips(chips.includes(chip) ? chips.filter((other) => other !== chip) : [...chips, chip]);
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason !== '') onSend(asking, reason);
      }}
    >
      <p className="soft">{words.lead}</p>
      <div className={styles.chips} role="group" aria-label="Common reasons">
        {words.chips.map((chip) => (
          <button key={chip} type="button" aria-pressed={chips.includes(chip)} className={styles.chip} onClick={() => toggle(chip)}>
            {chip}
          </button>
        ))}
      </div>
      <Textarea label={words.label} description="A reason is needed: a common one, your own words, or both." value={text} maxLength={1_800} onChange={({ currentTarget }) => setText(currentTarget.value)} data-autofocus />
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <Button type="submit" size="lg" color={asking === 'deny' ? 'red' : 'blue'} loading={busy} disabled={reason === ''}>
        {words.send}
      </Button>
    </form>
  );
}
