import type { ApprovalDetail } from '@countersign/contracts';
import { counted, mayApprove, mayRefuse, type DecisionFacts, type Gate } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, useEffect, useRef, useState, type Ref } from 'react';
import { loadSigning, type Answer, type Decision, type useDecide } from '../api/decide.js';
import { Optional } from '../parts/optional.js';
import { useShortcuts } from '../parts/shortcuts.js';
import { forgetSent } from '../shell/drafts.js';
import { useMe } from '../shell/session.js';
import { pageStands } from '../shell/stands.js';
import { failureWords } from './failure-words.js';
import { SavedNotice } from '../outbox/saved-notice.js';
import { useSaved } from '../outbox/use-saved.js';
import { Outcome } from './outcome.js';
import { UndoBar } from './undo-bar.js';
import type { Review } from './use-review.js';
import styles from './decision-bar.module.css';

const loadSheets = () => import('./answer-sheets.js');
/** Only where a passkey is asked for, and none signs here. */
const LetSign = lazy(async () => ({ default: (await import('../me/passkey.js')).LetSign }));
const AnswerSheets = lazy(async () => ({ default: (await loadSheets()).AnswerSheets }));

interface BarProps {
  readonly approval: ApprovalDetail;
  readonly facts: DecisionFacts;
  readonly decide: ReturnType<typeof useDecide>;
  readonly review: Review;
  /** The digest that this device computed, as words. */
  readonly words: string | undefined;
  readonly desktop: boolean;
}
/** From this tier on a yes is asked for twice. */
const HIGH_TIER = 3;

/** Within the thumb's reach on phones, at the side on desktops: the buttons, or what became of the request. */
export function DecisionBar({ ref, ...props }: BarProps & { readonly ref: Ref<HTMLElement> }) {
  const { approval, facts, decide } = props;
  const saved = useSaved(approval.id);
  const held = approval.state === 'held';
  if (held && (approval.mayUndo || !mayRefuse(facts).open)) {
    return (
      <section ref={ref} className={styles.bar} aria-label="Decision">
        {saved && <SavedNotice saved={saved} />}
        <UndoBar approval={approval} />
      </section>
    );
  }
  if (!held && approval.state !== 'pending' && !decide.isPending) {
    return (
      <section ref={ref} className={styles.bar} aria-label="What became of it">
        {saved?.problem && <SavedNotice saved={saved} />}
        <Outcome approval={approval} />
      </section>
    );
  }
  return (
    <section ref={ref} className={styles.bar} aria-label="Decision">
      {saved && <SavedNotice saved={saved} />}
      {(held || approval.mayUndo) && <UndoBar approval={approval} />}
      {(!saved || saved.problem) && <Buttons {...props} />}
    </section>
  );
}

function Buttons({ approval, facts, decide, review, words, desktop }: BarProps) {
  const [asking, setAsking] = useState<Answer | 'more'>();
  const approveButton = useRef<HTMLButtonElement>(null);
  const changesButton = useRef<HTMLButtonElement>(null);
  const denyButton = useRef<HTMLButtonElement>(null);
  const approve = mayApprove(facts);
  const refuse = mayRefuse(facts);
  const mayOpen = refuse.open && !decide.isPending;
  const close = (): void => setAsking(undefined);
  /** What failed in another sheet is not said in this one. */
  const ask = (next: Answer | 'more'): void => {
    decide.reset();
    setAsking(next);
  };
  const sent = ({ answer, reason = '' }: Decision): void => {
    if (answer === 'request_changes') review.clear();
    forgetSent(personId, approval.id, answer, reason);
    close();
  };
  const send = (decision: Decision): void => decide.mutate(decision, { onSuccess: () => sent(decision) });
  const client = useQueryClient();
  const { personId } = useMe();
  // So that it opens at once, and nothing waits for it; between a press and the passkey's dialog some browsers allow no loading.
  useEffect(() => void pageStands(client).then(() => Promise.all([loadSheets(), loadSigning()])), [client]);
  useShortcuts({ a: () => approveButton.current?.focus(), c: () => changesButton.current?.focus(), d: () => denyButton.current?.focus() });
  return (
    <>
      <Hint gate={approve} alarm={facts.proof.state === 'differs' || facts.record === 'broken'} error={asking === undefined ? decide.error : null} />
      <div className={styles.buttons}>
        <Button
          ref={approveButton}
          size="lg"
          className={styles.approve}
          disabled={!approve.open}
          loading={decide.isPending && decide.variables.answer === 'approve'}
          onClick={() => (approval.tier >= HIGH_TIER ? ask('approve') : send({ answer: 'approve' }))}
        >
          Approve
        </Button>
        <Button ref={changesButton} size="lg" variant="default" className={styles.changes} disabled={!mayOpen} onClick={() => ask('request_changes')}>
          {desktop ? 'Request changes' : 'Changes'}
          <Count of={review.comments.length} />
        </Button>
        {/* Never beside Approve: a thumb that slips must not say the opposite. */}
        {desktop ? (
          <div className={styles.others}>
            <Button ref={denyButton} variant="subtle" color="red" className={styles.deny} disabled={!mayOpen} onClick={() => ask('deny')}>
              Deny
            </Button>
            {approval.state !== 'held' && (
              <Button variant="subtle" disabled={!mayOpen} onClick={() => ask('more')} aria-haspopup="dialog">
                More
                <span className="sr"> answers</span>
              </Button>
            )}
          </div>
        ) : (
          <Button ref={denyButton} size="lg" variant="default" className={styles.more} disabled={!mayOpen} onClick={() => ask('more')} aria-label="More answers" aria-haspopup="dialog">
            <IconDots size={22} aria-hidden="true" />
          </Button>
        )}
      </div>
      <Optional>{asking !== undefined && <AnswerSheets asking={asking} approval={approval} gate={approve} words={words} decide={decide} review={review} desktop={desktop} onAsk={ask} onClose={close} onSend={send} />}</Optional>
    </>
  );
}

/** How many remarks go with it. */
const Count = ({ of }: { of: number }) =>
  of > 0 && (
    <>
      <span className={styles.count} aria-hidden="true">
        {of}
      </span>
      <span className="sr">, {counted(of, 'comment')}</span>
    </>
  );

/** Why a button is shut, or what went wrong with the last try. */
function Hint({ gate, alarm, error }: { gate: Gate; alarm: boolean; error: Error | null }) {
  return (
    <div className={`${styles.hint} ${error || alarm ? styles.failed : ''}`} aria-live="polite">
      {error && <p>{failureWords(error)}</p>}
      {!gate.open ? <p>{gate.reason}</p> : !error && <p>You countersign exactly the bytes shown here.</p>}
      {!gate.open && gate.lacks === 'passkey' && <Optional><LetSign /></Optional>}
    </div>
  );
}
