import { Button, Textarea } from '@mantine/core';
import type { Place } from '@countersign/view';
import { useState } from 'react';
import styles from './remark.module.css';

const MOST_CHARS = 2_000;

interface FormProps {
  readonly place: Place;
  readonly text: string;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

export function RemarkForm({ place, text, onSave, onCancel }: FormProps) {
  const [draft, setDraft] = useState(text);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onSave(draft);
      }}
    >
      <Textarea label={`Comment on line ${place.line}${place.side === 'before' ? ' as it was' : ''}`} value={draft} maxLength={MOST_CHARS} autosize minRows={2} maxRows={8} autoFocus onChange={({ currentTarget }) => setDraft(currentTarget.value)} />
      <div className={styles.buttons}>
        <Button type="submit" disabled={draft.trim() === '' && text === ''}>
          Keep comment
        </Button>
        <Button variant="subtle" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
