import type { ApprovalThread, LineCommentView, ThreadItem } from '@countersign/contracts';
import { Avatar } from '../parts/avatar.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Ago, Clock } from '../parts/time.js';
import styles from './thread.module.css';

const SAID: Readonly<Record<ThreadItem['kind'], string>> = { question: 'asked the team', answer: 'answered', deferred: 'put it off until', escalated: 'escalated it', changes_requested: 'requested changes', denied: 'denied it' };

/** What was said about this request and its earlier versions, the oldest first. */
export function Thread({ thread, revision }: { thread: ApprovalThread | undefined; revision: number | undefined }) {
  if (thread === undefined || thread.items.length === 0) return null;
  const waits = thread.items.filter(({ kind }) => kind === 'question').length > thread.items.filter(({ kind }) => kind === 'answer').length;
  return (
    <Panel title="What was said">
      <ol className={styles.items} aria-live="polite">
        {thread.items.map((item) => (
          <li key={`${item.kind} ${item.id}`}>
            <Item item={item} earlier={revision !== undefined && item.revision !== revision} />
          </li>
        ))}
      </ol>
      {waits && <p className={styles.waits}>The team has not answered yet.</p>}
    </Panel>
  );
}

function Item({ item: { kind, by, at, until, text, comments, fromAgent, revision }, earlier }: { item: ThreadItem; earlier: boolean }) {
  return (
    <article className={styles.item}>
      <Avatar name={by} square={fromAgent} size={28} />
      <div className={styles.words}>
        <p className={styles.head}>
          <strong><Revealed text={by} /></strong> {SAID[kind]} {until !== null && <Clock at={until} />} <span className={styles.when}>
            <Ago at={at} />
            {earlier ? `, about version ${revision}` : ''}
          </span>
        </p>
        {fromAgent && <p className={styles.note}>Written by an agent. Not checked.</p>}
        {text !== '' && (fromAgent ? <blockquote><Revealed text={text} /></blockquote> : <p className={styles.text}><Revealed text={text} /></p>)}
        {comments.length > 0 && (
          <ul className={styles.comments}>
            {comments.map((comment) => (
              <li key={`${comment.path} ${comment.side} ${comment.line}`}>
                <LineRemark comment={comment} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </article>
  );
}

const LineRemark = ({ comment: { path, line, side, quote, text } }: { comment: LineCommentView }) => (
  <>
    <p className={styles.place}>
      <span className="mono">
        <Revealed text={path} />:{line}
      </span>
      {side === 'before' ? ' as it was' : ''}
    </p>
    <pre className={styles.quote}>
      <Revealed text={quote} />
    </pre>
    <p className={styles.text}>
      <Revealed text={text} />
    </p>
  </>
);
