import { maySettle, settleWords } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useSettle } from '../api/settle.js';
import { useMe } from '../shell/session.js';
import { failureWords } from './failure-words.js';
import styles from './outcome.module.css';

/** Ends an unknown outcome: another look, or a person's word with how they know. Says who may, to those who may not. */
export function SettleEffect({ approvalId }: { approvalId: string }) {
  const me = useMe();
  const settle = useSettle(approvalId);
  const [reason, setReason] = useState('');
  if (!maySettle(me)) return <p className={styles.text}>{settleWords.others}</p>;
  const send = (outcome: 'executed' | 'failed' | 'look'): void => settle.mutate({ outcome, reason: outcome === 'look' ? '' : reason.trim() });
  const waiting = (outcome: string): boolean => settle.isPending && settle.variables.outcome === outcome;
  return (
    <section className={styles.settle} aria-label="Settle the outcome">
      <Button size="md" loading={waiting('look')} disabled={settle.isPending} onClick={() => send('look')}>
        {settleWords.look}
      </Button>
      <Textarea label={settleWords.label} description={settleWords.lead} value={reason} maxLength={2_000} onChange={({ currentTarget }) => setReason(currentTarget.value)} />
      <div className={styles.answers}>
        {(['executed', 'failed'] as const).map((outcome) => (
          <Button key={outcome} size="md" variant="default" loading={waiting(outcome)} disabled={settle.isPending || reason.trim() === ''} onClick={() => send(outcome)}>
            {settleWords[outcome]}
          </Button>
        ))}
      </div>
      {(settle.error !== null || settle.data?.state === 'unknown') && (
        <p className={styles.text} role="alert">
          {settle.error ? failureWords(settle.error) : settleWords.silent}
        </p>
      )}
    </section>
  );
}
