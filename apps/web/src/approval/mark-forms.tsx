import { MOST_REASON_CHARS } from '@countersign/contracts/review-limits';
import { deferPresets } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import type { Decision } from '../api/decide.js';
import { useNow } from '../parts/time.js';
import { failureWords } from './failure-words.js';
import { useDraft } from './use-draft.js';
import forms from '../parts/form.module.css';
import styles from './answer-sheets.module.css';

interface MarkProps {
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onSend: (decision: Decision) => void;
}

const Failed = ({ error }: { error: Error | null }) =>
  error && (
    <p className={forms.error} role="alert">
      {failureWords(error)}
    </p>
  );

/** One press, one time; a time that would be too late is not offered. */
export function DeferForm({ dueAt, busy, error, onSend }: MarkProps & { readonly dueAt: string }) {
  const presets = deferPresets(useNow(), dueAt);
  return (
    <div className={forms.form}>
      <p className="soft">You are not rung about it until then, and others still are. It stays due when it is.</p>
      {presets.length === 0 && <p>It is due too soon to be put off.</p>}
      {presets.map(({ id, label, clock, until }) => (
        <button key={id} type="button" className={styles.preset} disabled={busy} onClick={() => onSend({ answer: 'defer', more: { until } })}>
          <span>{label}</span>
          <span className="soft small">{clock}</span>
        </button>
      ))}
      <Failed error={error} />
    </div>
  );
}

export const EscalateForm = ({ busy, error, onSend }: MarkProps) => (
  <div className={forms.form}>
    <p>Whoever stands in for you is told now; where nobody does, or can be reached, the platform’s governor. It stays open for you, too.</p>
    <Failed error={error} />
    <Button size="lg" loading={busy} onClick={() => onSend({ answer: 'escalate' })}>
      Escalate now
    </Button>
  </div>
);

export function AskForm({ approvalId, busy, error, onSend }: MarkProps & { readonly approvalId: string }) {
  const { text, type, notKept } = useDraft(approvalId, 'ask');
  const question = text.trim();
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (question !== '') onSend({ answer: 'ask', reason: question });
      }}
    >
      <p className="soft">The request stays open. The team’s answer comes to this page, marked as an agent’s words.</p>
      <Textarea label="Your question" value={text} maxLength={MOST_REASON_CHARS} autosize minRows={3} maxRows={10} onChange={({ currentTarget }) => type(currentTarget.value)} data-autofocus />
      {notKept !== undefined && <p role="status">{notKept}</p>}
      <Failed error={error} />
      <Button type="submit" size="lg" loading={busy} disabled={question === ''}>
        Ask
      </Button>
    </form>
  );
}
