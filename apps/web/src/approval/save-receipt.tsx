import { bodyOf, DECISION_RECEIPT_EXTENSION, verifyDecisionReceipt } from '@countersign/audit/web';
import type { ApprovalDetail } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { IconFileCertificate } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getBytes } from '../api/http.js';
import { sentence } from '../parts/states.js';
import { findingWords } from '../verify/finding-words.js';
import { saveFile } from '../witness/evidence.js';
import { useWatched } from '../witness/state.js';
import styles from './outcome.module.css';

/** A file that shows this decision to anybody, without this server. What does not hold is not saved. */
export function SaveReceipt({ approval: { id, teamId, digest } }: { approval: ApprovalDetail }) {
  const pinned = useWatched().remembered.find((one) => one.teamId === teamId)?.memory?.vkey;
  const save = useMutation({
    mutationFn: async () => {
      const text = new TextDecoder().decode(await getBytes(`/v1/approvals/${id}/receipt`));
      const report = await verifyDecisionReceipt(text, pinned);
      const about = bodyOf(report.payload);
      if (!report.ok) throw new Error(`The receipt does not hold, so it was not saved. ${findingWords(report.findings[0])}`);
      if (report.team !== teamId || about['approval_id'] !== id || about['digest'] !== digest) throw new Error('The receipt is of another decision, so it was not saved.');
      saveFile(`${id}${DECISION_RECEIPT_EXTENSION}`, text);
    },
  });
  return (
    <div className={styles.keep}>
      <Button variant="default" leftSection={<IconFileCertificate size={18} aria-hidden="true" />} loading={save.isPending} onClick={() => save.mutate()}>
        Save receipt
      </Button>
      <Link to="/verify" className={styles.link}>
        Verify a receipt
      </Link>
      <p className={`${styles.text} ${save.isError ? styles.failed : ''}`} aria-live="polite">
        {save.isError ? sentence(save.error) : save.isSuccess ? 'Saved. This device has verified it; anybody can, without this server.' : ''}
      </p>
    </div>
  );
}
