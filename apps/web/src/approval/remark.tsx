import type { LineComment } from '@countersign/contracts';
import { isFull, type Place } from '@countersign/view';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Revealed } from '../parts/revealed.js';
import type { Remarks } from './diff-table.js';
import switches from '../parts/switch.module.css';
import styles from './remark.module.css';

const MOST_CHARS = 2_000;

/** What the person wrote on a line and has not sent yet. */
export const Remark = ({ comment, onEdit, onRemove }: { comment: LineComment; onEdit: () => void; onRemove: () => void }) => (
  <div className={styles.remark}>
    <p>
      <Revealed text={comment.text} />
    </p>
    <p className={styles.note}>Not sent yet: it goes with “Request changes”.</p>
    <div className={styles.buttons}>
      <Button size="compact-md" variant="subtle" onClick={onEdit} aria-label={`Edit the comment on line ${comment.line}`}>
        Edit
      </Button>
      <Button size="compact-md" variant="subtle" color="red" onClick={onRemove} aria-label={`Remove the comment on line ${comment.line}`}>
        Remove
      </Button>
    </div>
  </div>
);

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

/** For whoever does not point at a line: the same by its number. */
export function RemarkByNumber({ remarks: { path, sides, review }, lines }: { remarks: Remarks; lines: Readonly<Record<LineComment['side'], number>> }) {
  const offered = sides.filter((side) => lines[side] > 0);
  const [open, setOpen] = useState(false);
  const [side, setSide] = useState<LineComment['side']>(offered.at(-1) ?? 'after');
  const [line, setLine] = useState('1');
  const full = isFull(review.comments);
  if (offered.length === 0) return null;
  if (!open) {
    return (
      <div className={styles.open}>
        <Button size="compact-md" variant="subtle" disabled={full !== undefined} onClick={() => setOpen(true)}>
          Comment on a line
        </Button>
        {full && <span className={styles.note}>{full}</span>}
      </div>
    );
  }
  const number = /^\d{1,8}$/.test(line) ? Number(line) : 0;
  const at = number >= 1 && number <= lines[side] ? { path, line: number, side } : undefined;
  return (
    <div className={styles.open}>
      <div className={styles.where}>
        <TextInput label={`Line, 1 to ${lines[side]}`} inputMode="numeric" value={line} error={at ? undefined : 'There is no such line.'} onChange={({ currentTarget }) => setLine(currentTarget.value)} />
        {offered.length > 1 && (
          <div className={switches.switch} role="group" aria-label="Of which text">
            {offered.map((one) => (
              <button key={one} type="button" aria-pressed={side === one} className={side === one ? switches.on : ''} onClick={() => setSide(one)}>
                {one === 'before' ? 'As it was' : 'As it will be'}
              </button>
            ))}
          </div>
        )}
      </div>
      {at && (
        <RemarkForm
          key={`${at.side} ${at.line}`}
          place={at}
          text={review.comments.find((one) => one.path === path && one.line === at.line && one.side === at.side)?.text ?? ''}
          onCancel={() => setOpen(false)}
          onSave={(text) => {
            review.put(at, text);
            setOpen(false);
          }}
        />
      )}
    </div>
  );
}
