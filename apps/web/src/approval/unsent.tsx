import type { ApprovalDetail, LineComment } from '@countersign/contracts';
import { carriedOver, counted, fitting, type Place } from '@countersign/view';
import { textOf } from '@countersign/view/diff';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { approvalQuery, provenBytesQuery } from '../api/queries.js';
import { CopyButton } from '../parts/copy.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { sentence } from '../parts/states.js';
import { keepTyped, typedWords } from '../shell/drafts.js';
import { useMe } from '../shell/session.js';
import { TYPED, useReview, type Review } from './use-review.js';
import styles from './unsent.module.css';

interface UnsentProps {
  readonly approval: ApprovalDetail;
  /** The version that it was written about: this one, or an earlier one. */
  readonly of: string;
  /** Where it can go on; undefined where nobody can comment any more. */
  readonly review: Review | undefined;
}

/** What a person wrote and did not send before a newer version came, or before the request was over: it is theirs, to copy or to take over. */
export function Unsent({ approval, of, review }: UnsentProps) {
  const { personId } = useMe();
  const client = useQueryClient();
  const old = useReview(of, personId);
  const [typed, setTyped] = useState(() => TYPED.flatMap((answer) => [{ answer, text: typedWords(personId, of, answer) }]).filter(({ text }) => text.trim() !== ''));
  const forget = (answer: string): unknown => keepTyped(personId, of, answer, '');
  const takeOver = useMutation({
    mutationFn: async (to: Review) => {
      const { fit, lost } = await stillFitting(client, of, approval, old.comments);
      let taken = 0;
      for (const { was, ...remark } of fitting(to.comments, fit)) {
        if (!to.put(remark, remark.text)) break;
        old.put(was, '');
        taken += 1;
      }
      for (const { answer, text } of typed) {
        if (typedWords(personId, approval.id, answer) === '' && keepTyped(personId, approval.id, answer, text)) forget(answer);
      }
      setTyped(typed.filter(({ answer }) => typedWords(personId, of, answer) !== ''));
      return { taken, lost: lost.length, left: fit.length - taken };
    },
  });
  const drop = (): void => {
    old.clear();
    for (const { answer } of typed) forget(answer);
    setTyped([]);
  };
  const { data } = takeOver;
  const empty = old.comments.length === 0 && typed.length === 0;
  if (empty && data === undefined) return null;
  return (
    <Panel title={review ? 'You wrote this about the earlier version, and did not send it' : 'You wrote this, and did not send it'}>
      <div className={styles.unsent}>
        {data && (
          <p role="status">
            {counted(data.taken, 'comment')} taken over{data.lost > 0 ? `; of ${counted(data.lost, 'other')} the line is not there any more` : ''}
            {data.left > 0 ? `; for ${counted(data.left, 'other')} this version has no room, or you wrote there already` : ''}.
          </p>
        )}
        {!empty && <Written comments={old.comments} typed={typed} />}
        {takeOver.error && <p role="alert">Nothing was taken over. {sentence(takeOver.error)}</p>}
        {!empty && (
          <div className={styles.buttons}>
            {review && data === undefined && (
              <Button loading={takeOver.isPending} onClick={() => takeOver.mutate(review)}>
                Take over what still fits
              </Button>
            )}
            <CopyButton label="Copy" text={[...typed.map(({ text }) => text), ...old.comments.map(({ path, line, text }) => `${path}:${line} ${text}`)].join('\n')} />
            <Button variant="subtle" color="red" onClick={drop}>
              Throw it away
            </Button>
          </div>
        )}
      </div>
    </Panel>
  );
}

const Written = ({ comments, typed }: { comments: readonly LineComment[]; typed: readonly { readonly answer: string; readonly text: string }[] }) => (
  <ul className={styles.written}>
    {typed.map(({ answer, text }) => (
      <li key={answer}>
        <Revealed text={text} />
      </li>
    ))}
    {comments.map(({ path, line, side, text }) => (
      <li key={`${path} ${side} ${line}`}>
        <span className="mono">
          <Revealed text={path} />:{line}
        </span>{' '}
        <Revealed text={text} />
      </li>
    ))}
  </ul>
);

/** Compares the lines themselves, in the bytes of both versions. */
async function stillFitting(client: QueryClient, then: string, now: ApprovalDetail, comments: readonly LineComment[]): Promise<ReturnType<typeof carriedOver>> {
  const texts = new Map<string, string | undefined>();
  const read = async (when: string, { artifacts }: ApprovalDetail, { path, side }: Pick<Place, 'path' | 'side'>): Promise<void> => {
    const file = artifacts.find((artifact) => artifact.path === path);
    const [url, sha256] = side === 'before' ? [file?.baseContentUrl, file?.baseSha256] : [file?.deleted === true ? null : file?.contentUrl, file?.sha256];
    texts.set(`${when} ${side} ${path}`, url && sha256 ? textOf(await client.fetchQuery(provenBytesQuery(url, sha256))) : undefined);
  };
  if (comments.length > 0) {
    const before = await client.fetchQuery(approvalQuery(then));
    for (const remark of comments) await Promise.all([read('then', before, remark), read('now', now, remark)]);
  }
  return carriedOver(comments, (when, { path, side }) => texts.get(`${when} ${side} ${path}`));
}
