import type { ApprovalDetail, DecisionEntry } from '@countersign/contracts';
import { expiredWords, inSight } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconFileCertificate } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { decisionsQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { sentence } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { useSaveReceipt } from './use-save-receipt.js';
import styles from './decisions.module.css';

const SAID: Readonly<Record<Exclude<DecisionEntry['decision'], 'expire'>, string>> = { approve: 'said yes', deny: 'said no', request_changes: 'requested changes', withdraw: 'It was withdrawn', undo: 'took it back', defer: 'put it off', escalate: 'escalated it', ask: 'asked' };
function words({ decision, by }: DecisionEntry, { quorum }: ApprovalDetail): string {
  if (decision === 'expire') return expiredWords(quorum);
  return by === null ? SAID[decision] : `${by} ${SAID[decision]}`;
}

/** Every decision that was made here, also what was taken back or counted as one yes of several: each has a receipt of its own. */
export function Decisions({ approval }: { approval: ApprovalDetail }) {
  const made = useQuery(decisionsQuery(approval.id)).data ?? [];
  if (made.length < 2) return null; // the only one is said with what became of it
  return (
    <Panel title="Decisions" aside={<span className="num">{made.length}</span>}>
      <ol className={styles.list}>
        {made.map((entry) => (
          <li key={entry.id}>
            <Line approval={approval} entry={entry} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Line({ approval, entry }: { approval: ApprovalDetail; entry: DecisionEntry }) {
  const save = useSaveReceipt(approval, entry.id);
  const said = words(entry, approval);
  return (
    <div className={styles.line}>
      <p>
        <strong><Revealed text={said} /></strong>
        {entry.undone && ', taken back'}{' '}
        <span className="soft small">
          <Ago at={entry.at} />
          {entry.device && <>, on <Revealed text={entry.device} /></>}
        </span>
      </p>
      <Button variant="subtle" size="compact-md" leftSection={<IconFileCertificate size={17} aria-hidden="true" />} loading={save.isPending} onClick={() => save.mutate()} aria-label={`Receipt: ${inSight(said)}`}>
        Receipt
      </Button>
      <span className={`${styles.told} ${save.isError ? styles.failed : ''}`} aria-live="polite">
        {save.isError ? sentence(save.error) : save.isSuccess ? 'Saved, and verified on this device.' : ''}
      </span>
    </div>
  );
}
