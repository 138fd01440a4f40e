import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { MOST_REASON_CHARS } from '@countersign/contracts/review-limits';
import { beyondLimits, counted, onlyConnected, SEE_COMMENTS } from '@countersign/view';
import { useConnection } from '../api/connection.js';
import type { Decision } from '../api/decide.js';
import { Revealed } from '../parts/revealed.js';
import { failureWords } from './failure-words.js';
import { REFUSALS, SUSPICIOUS, type Refusal } from './refusals.js';
import { useDraft } from './use-draft.js';
import type { Review } from './use-review.js';
import forms from '../parts/form.module.css';
import styles from './answer-sheets.module.css';

interface ReasonProps {
  readonly asking: Refusal;
  readonly approvalId: string;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly review: Review;
  readonly onSend: (decision: Decision) => void;
}

/** A no, or a not-like-this, has a reason: a common one, own words, or both. */
export function ReasonForm({ asking, approvalId, busy, error, review, onSend }: ReasonProps) {
  const words = REFUSALS[asking];
  const [chips, setChips] = useState<readonly string[]>([]);
  const { text, type, notKept } = useDraft(approvalId, asking);
  const comments = asking === 'request_changes' ? review.comments : [];
  const report = asking === 'deny' && chips.includes(SUSPICIOUS);
  const said = [chips.join(', '), text.trim()].filter((part) => part !== '').join(': ');
  // remarks on lines say what should be different as well as words do
  const reason = said === '' && comments.length > 0 ? SEE_COMMENTS : said;
  const more = report ? { report } : comments.length > 0 ? { comments: [...comments] } : undefined;
  const { online } = useConnection();
  const offline = online ? undefined : onlyConnected(asking, more);
  const tooMuch = beyondLimits(comments) ?? (reason.length > MOST_REASON_CHARS ? `A reason has ${MOST_REASON_CHARS} characters at most.` : undefined);
  const toggle = (chip: string): void => setChips(chips.includes(chip) ? chips.filter((other) => other !== chip) : [...chips, chip]);
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason !== '' && tooMuch === undefined) onSend({ answer: asking, reason, ...(more ? { more } : {}) });
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
      {report && (
        <p className={styles.warning} role="status">
          This reports the request: the team stops as the platform’s policy says, its operator is told, and nobody is rung about this goal for a while.
        </p>
      )}
      {comments.length > 0 && (
        <ul className={styles.comments} aria-label="Your comments on lines">
          {comments.map(({ path, line, side, text: remark }) => (
            <li key={`${path} ${side} ${line}`}>
              <span className="mono">
                <Revealed text={path} />:{line}
              </span>{' '}
              {remark}
            </li>
          ))}
        </ul>
      )}
      <Textarea label={words.label} description="A reason is needed: a common one, your own words, or both." value={text} maxLength={1_800} onChange={({ currentTarget }) => type(currentTarget.value)} data-autofocus />
      {(notKept ?? tooMuch) !== undefined && <p role="status">{notKept ?? tooMuch}</p>}
      {offline !== undefined && <p role="status">You are offline. {offline}</p>}
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <Button type="submit" size="lg" color={asking === 'deny' ? 'red' : 'blue'} loading={busy} disabled={reason === '' || offline !== undefined || tooMuch !== undefined}>
        {report ? 'Deny and report' : comments.length > 0 ? `Send ${counted(comments.length, 'comment')}` : words.send}
      </Button>
    </form>
  );
}
