import type { ApprovalDetail, ApprovalSummary, ApprovalView } from '@countersign/contracts';
import { comesToNothing } from '@countersign/contracts/states';
import { expiredWords, isPutOff, type Tone } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, lazy, Suspense, type ReactNode } from 'react';
import { waitingQuery } from '../api/queries.js';
import { CopyValue } from '../parts/copy.js';
import { Revealed } from '../parts/revealed.js';
import { Shape } from '../parts/shape.js';
import { Ago, Due, useNow } from '../parts/time.js';
import styles from './outcome.module.css';

/** Needed when all is over: it holds the verifier. */
const SaveReceipt = lazy(async () => ({ default: (await import('./save-receipt.js')).SaveReceipt }));
/** Rarely needed: words for every code there is. */
const FaultReason = lazy(async () => ({ default: (await import('./fault-reason.js')).FaultReason }));
/** Where it goes on once it is over without a result. */
const AfterEnd = lazy(async () => ({ default: (await import('./after-end.js')).AfterEnd }));
/** Rarely needed, and the only part with a form. */
const SettleEffect = lazy(async () => ({ default: (await import('./settle-effect.js')).SettleEffect }));

interface Words {
  readonly tone: Tone;
  readonly title: string;
  readonly text?: ReactNode;
}

/** In the place of the buttons: what was decided, what became of it, and where to go on. */
export function Outcome({ approval }: { approval: ApprovalDetail }) {
  const { tone, title, text } = wordsFor(approval);
  const now = useNow();
  const next = useQuery(waitingQuery)
    .data?.filter((other) => other.id !== approval.id && !isPutOff(other, now))
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt))[0];
  return (
    <div className={styles.outcome} aria-live="polite">
      <p className={`${styles.title} ${styles[tone]}`}>
        <Shape tone={tone} live />
        {title}
      </p>
      <Decided approval={approval} />
      {text !== undefined && <div className={styles.text}>{text}</div>}
      <Receipt approval={approval} />
      <Settled approval={approval} />
      {approval.state === 'unknown' && (
        <Suspense>
          <SettleEffect approvalId={approval.id} />
        </Suspense>
      )}
      {approval.decision !== null && (
        <Suspense>
          <SaveReceipt approval={approval} />
        </Suspense>
      )}
      <Onwards approval={approval} next={next} />
    </div>
  );
}

const working = (title: string): Words => ({ tone: 'working', title });

const WORDS: Readonly<Record<ApprovalView, Words>> = {
  pending: working('Sending your decision …'),
  held: working('Decided. Not in effect yet …'),
  approved: working('Approved. Waiting to be carried out …'),
  executing: working('Approved. Being carried out …'),
  executed: { tone: 'done', title: 'Done' },
  failed: { tone: 'failed', title: 'Approved, but it failed', text: 'It was tried and did not work. Nothing is tried again by itself.' },
  unknown: { tone: 'waiting', title: 'Outcome unknown', text: 'It was tried, and the other side does not say what became of it. Nothing is tried again until a person settles this.' },
  denied: { tone: 'failed', title: 'Denied', text: 'Nothing leaves the team.' },
  changes_requested: { tone: 'stopped', title: 'Changes requested', text: 'The team works on it. You get a new request.' },
  expired: { tone: 'stopped', title: 'Expired', text: 'Nothing left the team. That is neither a yes nor a no.' },
  withdrawn: { tone: 'stopped', title: 'Withdrawn', text: 'The team was stopped, or the goal cancelled, before this was carried out, so nothing left the team.' },
  superseded: { tone: 'stopped', title: 'Replaced by a newer request', text: 'The team has changed its work since. Nothing of this version will be carried out.' },
};

const DONE: Readonly<Record<string, string>> = { 'git.push': 'Pushed', 'file.publish': 'Published', 'http.post': 'Posted', 'email.send': 'Sent' };

function wordsFor({ state, effect, quorum }: ApprovalDetail): Words {
  const done = state === 'executed' && effect ? DONE[effect.kind] : undefined;
  if (done) return { tone: 'done', title: done };
  const why = (ended: boolean): ReactNode => effect?.code && <Suspense><FaultReason effect={effect} ended={ended} /></Suspense>;
  if (state === 'failed' && effect?.code && comesToNothing(effect.code)) return { ...WORDS.failed, title: 'Approved, but not carried out', text: why(true) };
  if (state === 'failed' && effect?.code) return { ...WORDS.failed, text: <>{WORDS.failed.text} {why(false)}</> };
  if (state === 'superseded' && effect?.code) return { ...WORDS.superseded, text: why(true) };
  if (state === 'expired') return { ...WORDS.expired, text: <>{expiredWords(quorum)}. {WORDS.expired.text}</> };
  return WORDS[state];
}

const VERBS: Readonly<Record<string, string>> = { approve: 'Approved', deny: 'Denied', request_changes: 'Sent back' };

/** By whom and when; a timeout was nobody. */
function Decided({ approval: { decision } }: { approval: ApprovalDetail }) {
  const verb = decision === null ? undefined : VERBS[decision.decision];
  if (decision === null || verb === undefined) return null;
  return (
    <>
      <p className={styles.by}>
        {verb} by <Revealed text={decision.by ?? 'a person of your organisation'} /> <Ago at={decision.at} />
        {decision.device && <>, on <Revealed text={decision.device} /></>}
      </p>
      {decision.reason && <blockquote className={styles.reason}><Revealed text={decision.reason} /></blockquote>}
    </>
  );
}

/** Who ended an unknown outcome, and how they knew. */
function Settled({ approval: { effect } }: { approval: ApprovalDetail }) {
  const settlement = effect?.settlement;
  if (!settlement) return null;
  return (
    <>
      <p className={styles.by}>
        {settlement.how === 'word' ? 'On the word of' : 'Looked at again for'} <Revealed text={settlement.by ?? 'a governor'} /> <Ago at={settlement.at} />
      </p>
      {settlement.reason && <blockquote className={styles.reason}><Revealed text={settlement.reason} /></blockquote>}
    </>
  );
}

const RECEIPT = [
  { name: 'branch', title: 'Branch', shown: 200 },
  { name: 'commit', title: 'Commit', shown: 12 },
  { name: 'webhook_id', title: 'Webhook id', shown: 16 },
  { name: 'message_id', title: 'Message id', shown: 16 },
  { name: 'status', title: 'Answer', shown: 3 },
] as const;

/** What the other side answered. */
function Receipt({ approval: { effect } }: { approval: ApprovalDetail }) {
  const receipt = effect?.receipt as Readonly<Record<string, unknown>> | null | undefined;
  const lines = RECEIPT.flatMap(({ name, ...line }) => {
    const value = receipt?.[name];
    return typeof value === 'string' ? [{ ...line, value }] : [];
  });
  if (lines.length === 0) return null;
  return (
    <dl className={styles.receipt}>
      {lines.map(({ title, value, shown }) => (
        <Fragment key={title}>
          <dt>{title}</dt>
          <dd>
            <CopyValue value={value} shown={value.slice(0, shown)} label={title.toLowerCase()} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

const WITHOUT_RESULT: ReadonlySet<ApprovalView> = new Set(['changes_requested', 'denied', 'expired', 'failed', 'withdrawn']);

function Onwards({ approval, next }: { approval: ApprovalDetail; next: ApprovalSummary | undefined }) {
  return (
    <div className={styles.links}>
      {approval.supersededBy && (
        <Link to="/a/$approvalId" params={{ approvalId: approval.supersededBy }} className={styles.link}>
          Open the newer request
        </Link>
      )}
      <Link to="/teams/$teamId/goals/$goalId" params={{ teamId: approval.teamId, goalId: approval.goalId }} className={styles.link}>
        Open the goal
      </Link>
      {WITHOUT_RESULT.has(approval.state) && (
        <Suspense>
          <AfterEnd approval={approval} />
        </Suspense>
      )}
      {next && (
        <Link to="/a/$approvalId" params={{ approvalId: next.id }} className={styles.next}>
          <span className={styles.nextTitle}>Next: <Revealed text={next.title} /></span>
          <Due at={next.dueAt} />
        </Link>
      )}
    </div>
  );
}
