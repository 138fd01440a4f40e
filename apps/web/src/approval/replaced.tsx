import type { ApprovalDetail } from '@countersign/contracts';
import { IconArrowRight, IconRefresh } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import styles from './replaced.module.css';

/** On the page of a version that was replaced: what was read here is no longer what is asked, and where it goes on. */
export function Replaced({ approval: { supersededBy } }: { approval: ApprovalDetail }) {
  if (supersededBy === null) return null;
  return (
    <Link to="/a/$approvalId" params={{ approvalId: supersededBy }} className={styles.strip}>
      <IconRefresh size={20} stroke={1.9} aria-hidden="true" />
      <span>
        <strong>Changed since you last looked.</strong> The team has asked again.
      </span>
      <span className={styles.go}>
        Show the changes <IconArrowRight size={18} stroke={2} aria-hidden="true" />
      </span>
    </Link>
  );
}
