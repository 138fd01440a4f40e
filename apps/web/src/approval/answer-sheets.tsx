import type { ApprovalDetail } from '@countersign/contracts';
import { onlyConnected, type Gate } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconChevronRight, IconClock, IconMessageQuestion, IconThumbDown, IconUserUp } from '@tabler/icons-react';
import type { Icon } from '@tabler/icons-react';
import { useConnection } from '../api/connection.js';
import type { Answer, Decision, useDecide } from '../api/decide.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { failureWords } from './failure-words.js';
import { AskForm, DeferForm, EscalateForm } from './mark-forms.js';
import { REFUSALS } from './refusals.js';
import { ReasonForm } from './reason-form.js';
import type { Review } from './use-review.js';
import forms from '../parts/form.module.css';
import styles from './answer-sheets.module.css';

export type Asking = Answer | 'more';
interface SheetsProps {
  readonly asking: Asking;
  readonly approval: ApprovalDetail;
  /** Whether a yes is open; it can shut while the sheet is. */
  readonly gate: Gate;
  readonly words: string | undefined;
  readonly decide: ReturnType<typeof useDecide>;
  readonly review: Review;
  readonly desktop: boolean;
  readonly onAsk: (asking: Asking) => void;
  readonly onClose: () => void;
  readonly onSend: (decision: Decision) => void;
}
const TITLES: Readonly<Record<Asking, string>> = { more: 'Other answers', approve: 'Approve exactly this?', deny: REFUSALS.deny.title, request_changes: REFUSALS.request_changes.title, defer: 'Put it off', escalate: 'Escalate', ask: 'Ask the team' };

/** What an answer needs before it is sent: a reason for a no, a second look at what has the most behind it, a time, a question. */
export const AnswerSheets = ({ asking, approval, gate, words, decide, review, desktop, onAsk, onClose, onSend }: SheetsProps) => {
  const common = { busy: decide.isPending, error: decide.error, onSend };
  return (
    <Sheet opened onClose={onClose} title={TITLES[asking]} desktop={desktop}>
      {asking === 'more' && <More approval={approval} desktop={desktop} onAsk={onAsk} />}
      {asking === 'approve' && <Confirm approval={approval} gate={gate} words={words} decide={decide} onConfirm={() => onSend({ answer: 'approve' })} />}
      {(asking === 'deny' || asking === 'request_changes') && <ReasonForm key={asking} asking={asking} approvalId={approval.id} review={review} {...common} />}
      {asking === 'defer' && <DeferForm dueAt={approval.dueAt} {...common} />}
      {asking === 'escalate' && <EscalateForm {...common} />}
      {asking === 'ask' && <AskForm approvalId={approval.id} {...common} />}
    </Sheet>
  );
};

const OTHERS: readonly { readonly answer: Answer; readonly icon: Icon; readonly title: string; readonly text: string }[] = [
  { answer: 'ask', icon: IconMessageQuestion, title: 'Ask the team', text: 'It stays open; the answer comes here.' },
  { answer: 'defer', icon: IconClock, title: 'Put it off', text: 'Nobody rings you until then. It stays due when it is.' },
  { answer: 'escalate', icon: IconUserUp, title: 'Escalate', text: 'Whoever stands in for you, or the platform’s governor, is told now.' },
  { answer: 'deny', icon: IconThumbDown, title: 'Deny', text: 'Ends the goal. Nothing leaves the team.' },
];

/** What is not open now says why. */
function More({ approval: { state, marks }, desktop, onAsk }: Pick<SheetsProps, 'approval' | 'desktop'> & { onAsk: (answer: Answer) => void }) {
  const { online } = useConnection();
  const shut = (answer: Answer): string | undefined => {
    if (answer === 'deny') return undefined;
    if (state === 'held') return 'A yes waits to take effect: now it can be stopped, and nothing else.';
    if (answer === 'escalate' && marks.includes('escalated')) return 'It was escalated already.';
    return online ? undefined : onlyConnected(answer);
  };
  return (
    <ul className={styles.more}>
      {OTHERS.filter(({ answer }) => answer !== 'deny' || !desktop).map(({ answer, icon: Mark, title, text }) => (
        <li key={answer}>
          <button type="button" className={styles.answer} disabled={shut(answer) !== undefined} onClick={() => onAsk(answer)}>
            <Mark size={22} stroke={1.8} aria-hidden="true" className={answer === 'deny' ? styles.deny : undefined} />
            <span>
              <strong>{title}</strong>
              <span className="soft small">{shut(answer) ?? text}</span>
            </span>
            <IconChevronRight size={20} stroke={1.8} aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Once it has its effect nobody can undo it, so it is said once more. The yes itself can be taken back until then. */
const Confirm = ({ approval, gate, words, decide, onConfirm }: Pick<SheetsProps, 'approval' | 'gate' | 'words' | 'decide'> & { onConfirm: () => void }) => (
  <div className={forms.form}>
    <p className={styles.consequence}>
      <Revealed text={approval.whatHappens} />
    </p>
    {approval.quorum && <p className="soft">It takes {approval.quorum.need} yeses, of {approval.quorum.of === 'people' ? 'different people' : 'different devices'}. After the last of them it waits, and each can be taken back until then.</p>}
    <p className="soft">
      You countersign <strong className={styles.digest}>{words}</strong>. Compare the words with another screen if you are in doubt.
    </p>
    {decide.error && (
      <p className={forms.error} role="alert">
        {failureWords(decide.error)}
      </p>
    )}
    {!gate.open && (
      <p className={forms.error} role="alert">
        {gate.reason}
      </p>
    )}
    <Button size="lg" loading={decide.isPending} disabled={!gate.open} onClick={onConfirm}>
      Approve exactly this
    </Button>
  </div>
);
