import { Button, Textarea } from '@mantine/core';
import { roomFor, samePlace, type Place } from '@countersign/view';
import { useState } from 'react';
import { NO_ROOM } from './use-draft.js';
import type { Review } from './use-review.js';
import styles from './remark.module.css';

/** From so few on it is said how many are left. */
const NEARLY = 200;

interface FormProps {
  readonly place: Place;
  readonly review: Review;
  /** After it was kept, or left. */
  readonly onDone: () => void;
}

export function RemarkForm({ place, review, onDone }: FormProps) {
  const text = review.comments.find((comment) => samePlace(comment, place))?.text ?? '';
  const [draft, setDraft] = useState(text);
  const [kept, setKept] = useState(true);
  const room = Math.max(text.length, roomFor(review.comments, place)); // what stands there already can be shortened
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const done = review.put(place, draft);
        setKept(done);
        if (done) onDone();
      }}
    >
      <Textarea label={`Comment on line ${place.line}${place.side === 'before' ? ' as it was' : ''}`} value={draft} maxLength={room} error={kept ? undefined : NO_ROOM} description={room < draft.length + NEARLY ? `${room - draft.length} more characters fit into this review.` : undefined} autosize minRows={2} maxRows={8} autoFocus onChange={({ currentTarget }) => setDraft(currentTarget.value)} />
      <div className={styles.buttons}>
        <Button type="submit" disabled={draft.trim() === '' && text === ''}>
          Keep comment
        </Button>
        <Button variant="subtle" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
