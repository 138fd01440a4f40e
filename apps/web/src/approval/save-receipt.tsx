import type { ApprovalDetail } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { IconFileCertificate } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { sentence } from '../parts/states.js';
import { useSaveReceipt } from './use-save-receipt.js';
import styles from './outcome.module.css';

/** A file that shows this decision to anybody, without this server. What does not hold is not saved. */
export function SaveReceipt({ approval }: { approval: ApprovalDetail }) {
  const save = useSaveReceipt(approval);
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
