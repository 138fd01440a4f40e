import type { ApprovalSummary } from '@countersign/contracts';
import { approvalStatus, quorumWords, riskWords, SILENCE, type Saved } from '@countersign/view';
import { Link } from '@tanstack/react-router';
import { SavedMark } from '../outbox/saved-notice.js';
import { Avatar } from '../parts/avatar.js';
import { Money } from '../parts/money.js';
import { Revealed } from '../parts/revealed.js';
import { Shape, StatusWord } from '../parts/shape.js';
import { Ago, Clock, Due } from '../parts/time.js';
import styles from './approval-card.module.css';

interface CardProps {
  readonly approval: ApprovalSummary;
  readonly opened: boolean;
}

/** One request that waits: what, by when, at what cost, and what silence means. */
export const ApprovalCard = ({ approval, opened, saved }: CardProps & { /** Decided here, and not sent. */ readonly saved: Saved | undefined }) => (
  <Link to="/a/$approvalId" params={{ approvalId: approval.id }} search={true} className={`${styles.card} ${opened ? styles.opened : ''}`} aria-current={opened ? 'true' : undefined}>
    <span className={styles.team}>
      <Avatar name={approval.teamName} square size={24} />
      <span className={styles.name}><Revealed text={approval.teamName} /></span>
      <span className={styles.cost}>
        <Money amount={approval.cost} />
        <span className="sr"> so far</span>
      </span>
    </span>
    <strong className={styles.title}><Revealed text={approval.title} /></strong>
    <span className={styles.due}>
      <Shape tone="waiting" />
      <Due at={approval.dueAt} />
      {approval.quorum && <b>{quorumWords(approval.quorum)}</b>}
    </span>
    <span className={styles.silence}>
      {riskWords(approval) !== undefined && <b className={approval.tier >= 3 ? styles.high : styles.raised}>{riskWords(approval)}</b>}
      {SILENCE.short}
    </span>
    {saved && <SavedMark saved={saved} />}
    {(approval.deferredUntil !== null || approval.marks.includes('escalated')) && (
      <span className={styles.marks}>
        {approval.deferredUntil !== null && (
          <>
            Put off until <Clock at={approval.deferredUntil} />
          </>
        )}
        {approval.deferredUntil !== null && approval.marks.includes('escalated') && ' · '}
        {approval.marks.includes('escalated') && 'Escalated'}
      </span>
    )}
  </Link>
);

export const DoneCard = ({ approval, opened }: CardProps) => (
  <Link to="/a/$approvalId" params={{ approvalId: approval.id }} search={true} className={`${styles.card} ${opened ? styles.opened : ''}`} aria-current={opened ? 'true' : undefined}>
    <span className={styles.team}>
      <Avatar name={approval.teamName} square size={24} />
      <span className={styles.name}><Revealed text={approval.teamName} /></span>
      <span className={styles.when}>
        <Ago at={approval.createdAt} />
      </span>
    </span>
    <strong className={styles.title}><Revealed text={approval.title} /></strong>
    <span className={styles.line}>
      <StatusWord status={approvalStatus[approval.state]} />
      <span className={styles.cost}>
        <Money amount={approval.cost} />
      </span>
    </span>
  </Link>
);
