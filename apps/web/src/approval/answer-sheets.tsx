import type { ApprovalDetail } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { IconChevronRight, IconThumbDown } from '@tabler/icons-react';
import type { Answer, useDecide } from '../api/decide.js';
import { Sheet } from '../parts/sheet.js';
import { failureWords } from './failure-words.js';
import { REFUSALS } from './refusals.js';
import { ReasonForm } from './reason-form.js';
import forms from '../parts/form.module.css';
import styles from './answer-sheets.module.css';

export type Asking = Answer | 'more';
interface SheetsProps {
  readonly asking: Asking;
  readonly approval: ApprovalDetail;
  readonly decide: ReturnType<typeof useDecide>;
  readonly desktop: boolean;
  readonly onAsk: (asking: Asking) => void;
  readonly onClose: () => void;
  readonly onSend: (answer: Answer, reason?: string) => void;
}
const TITLES: Readonly<Record<Asking, string>> = { more: 'Other answers', approve: 'This cannot be undone', deny: REFUSALS.deny.title, request_changes: REFUSALS.request_changes.title };

/** What an answer needs before it is sent: a reason for a no, a second look at what cannot be undone. */
export const AnswerSheets = ({ asking, approval, decide, desktop, onAsk, onClose, onSend }: SheetsProps) => (
  <Sheet opened onClose={onClose} title={TITLES[asking]} desktop={desktop}>
    {asking === 'more' && <More onDeny={() => onAsk('deny')} />}
    {asking === 'approve' && <Confirm approval={approval} decide={decide} onConfirm={() => onSend('approve')} />}
    {(asking === 'deny' || asking === 'request_changes') && <ReasonForm key={asking} asking={asking} approvalId={approval.id} busy={decide.isPending} error={decide.error} onSend={onSend} />}
  </Sheet>
);

const More = ({ onDeny }: { onDeny: () => void }) => (
  <ul className={styles.more}>
    <li>
      <button type="button" className={styles.answer} onClick={onDeny}>
        <IconThumbDown size={22} stroke={1.8} aria-hidden="true" className={styles.deny} />
        <span>
          <strong>Deny</strong>
          <span className="soft small">Ends the goal. Nothing leaves the team.</span>
        </span>
        <IconChevronRight size={20} stroke={1.8} aria-hidden="true" />
      </button>
    </li>
  </ul>
);

/** What cannot be undone is said once more before it is done. */
const Confirm = ({ approval, decide, onConfirm }: { approval: ApprovalDetail; decide: SheetsProps['decide']; onConfirm: () => void }) => (
  <div className={forms.form}>
    <p className={styles.consequence}>{approval.whatHappens}</p>
    <p className="soft">
      You countersign <strong className={styles.digest}>{approval.digestWords}</strong>. Compare the words with another screen if you are in doubt.
    </p>
    {decide.error && (
      <p className={forms.error} role="alert">
        {failureWords(decide.error)}
      </p>
    )}
    <Button size="lg" loading={decide.isPending} onClick={onConfirm}>
      Approve exactly this
    </Button>
  </div>
);
