import type { ApprovalDetail } from '@countersign/contracts';
import { approvalStatus, quorumWords, riskWords } from '@countersign/view';
import { Link } from '@tanstack/react-router';
import { Avatar } from '../parts/avatar.js';
import { Revealed } from '../parts/revealed.js';
import { StatusChip } from '../parts/shape.js';
import { Clock, Due, useNow } from '../parts/time.js';
import styles from './headline.module.css';

/** Who asks what, and until when. */
export const Headline = ({ approval }: { approval: ApprovalDetail }) => (
  <header className={styles.head}>
    <div className={styles.top}>
      <Link to="/teams/$teamId" params={{ teamId: approval.teamId }} className={styles.team}>
        <Avatar name={approval.teamName} square size={28} />
        <Revealed text={approval.teamName} />
      </Link>
      <StatusChip status={approvalStatus[approval.state]} live />
      {riskWords(approval) !== undefined && <span className={approval.tier >= 3 ? styles.high : styles.raised}>{riskWords(approval)}</span>}
    </div>
    <h1>
      <Revealed text={approval.title} />
    </h1>
    <p className={styles.question}><Revealed text={approval.question} /></p>
    {approval.quorum && (
      <p className={styles.due}>
        Approvals: <strong>{quorumWords(approval.quorum)}</strong>
      </p>
    )}
    {approval.state === 'pending' && (
      <p className={styles.due}>
        Due <Due at={approval.dueAt} />
      </p>
    )}
    {approval.state === 'pending' && <Marks approval={approval} />}
  </header>
);

/** What was done about it while it stays open. */
function Marks({ approval: { marks, deferredUntil } }: { approval: ApprovalDetail }) {
  const now = useNow();
  const off = deferredUntil !== null && Date.parse(deferredUntil) > now.getTime();
  if (!off && !marks.includes('escalated')) return null;
  return (
    <p className={styles.marks}>
      {off && (
        <span>
          You put it off until <Clock at={deferredUntil} />; it stays due when it was.
        </span>
      )}
      {marks.includes('escalated') && <span>Escalated: somebody else was told.</span>}
    </p>
  );
}
