import type { LineComment } from '@countersign/contracts';
import { isFull } from '@countersign/view';
import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { Revealed } from '../parts/revealed.js';
import type { Remarks } from './diff-table.js';
import styles from './remark.module.css';

/** The fields come with the first press: most requests are answered without one. */
const RemarkByNumber = lazy(async () => ({ default: (await import('./remark-by-number.js')).RemarkByNumber }));

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

/** For whoever does not point at a line: the same by its number. */
export function RemarkOnALine({ remarks, lines }: { remarks: Remarks; lines: Readonly<Record<LineComment['side'], number>> }) {
  const offered = remarks.sides.filter((side) => lines[side] > 0);
  const [open, setOpen] = useState(false);
  const full = isFull(remarks.review.comments);
  if (offered.length === 0) return null;
  if (open) {
    return (
      <Suspense>
        <RemarkByNumber remarks={remarks} lines={lines} offered={offered} onClose={() => setOpen(false)} />
      </Suspense>
    );
  }
  return (
    <div className={styles.open}>
      <Button size="compact-md" variant="subtle" disabled={full !== undefined} onClick={() => setOpen(true)}>
        Comment on a line
      </Button>
      {full && <span className={styles.note}>{full}</span>}
    </div>
  );
}
