import '@mantine/core/styles/Input.layer.css';
import type { Created, ReviewStandingView, ReviewView } from '@countersign/contracts';
import { Button, Textarea } from '@mantine/core';
import type { QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import { useSendOnce } from '../api/send-once.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { sentence } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import styles from './governance.module.css';
import { REVIEWER, STANDING } from './words.js';

type Role = ReviewStandingView['role'];
interface Said {
  readonly role: Role;
  readonly verdict: 'recommended' | 'rejected' | 'waived';
}

/** What is looked at: a text, and of a bundle what a team of it could be and touch. */
export type About = Pick<ReviewView, 'sha256' | 'scopeSha256'>;
export const isAbout = (review: About, about: About): boolean => review.sha256 === about.sha256 && review.scopeSha256 === about.scopeSha256;

/** Who thinks what of it, and the form of whoever may say something. */
export function Reviewing({ path, named, about, reviews, said, open, stale }: { path: string; named: string; about: About; reviews: readonly ReviewStandingView[]; said: readonly ReviewView[]; open: boolean; stale: QueryKey }) {
  const { roles } = useMe();
  const [notes, setNotes] = useState('');
  const send = useSendOnce<Created, Said>({ about: `${named} ${about.sha256} ${about.scopeSha256} ${notes}`, request: (said) => ({ path: `${path}/reviews`, body: { ...said, notes: notes.trim(), sha256: about.sha256, ...(about.scopeSha256 === null ? {} : { scopeSha256: about.scopeSha256 }) } }), stale: [stale], onSuccess: () => setNotes(''), repeatable: true });
  const own = reviews.map(({ role }) => role).filter((role) => roles.includes(role));
  const waivable = roles.includes('platform_governor') ? reviews.filter(({ role, state }) => role !== 'genesis' && (state === 'missing' || state === 'rejected')).map(({ role }) => role) : [];
  return (
    <Panel title="Reviews">
      <ul className={lists.rows}>
        {reviews.map(({ role, state }) => (
          <li key={role}>
            <p className={styles.row}>
              <strong>{REVIEWER[role]}</strong> <span className="soft">{STANDING[state]}</span>
            </p>
            <Words said={said.filter((review) => review.role === role)} about={about} />
          </li>
        ))}
      </ul>
      {open && own.length + waivable.length > 0 && (
        <div className={forms.form}>
          <Textarea label="What you think" description="It is kept with the decision." autosize minRows={2} maxLength={4000} value={notes} onChange={({ currentTarget }) => setNotes(currentTarget.value)} />
          {send.error && (
            <p className={forms.error} role="alert">
              {sentence(send.error)}
            </p>
          )}
          <div className={styles.buttons}>
            {own.flatMap((role) => [
              <Button key={`${role} yes`} mih={44} loading={send.isPending} disabled={notes.trim() === ''} onClick={() => send.mutate({ role, verdict: 'recommended' })}>
                Recommend
              </Button>,
              <Button key={`${role} no`} mih={44} variant="light" loading={send.isPending} disabled={notes.trim() === ''} onClick={() => send.mutate({ role, verdict: 'rejected' })}>
                Recommend against
              </Button>,
            ])}
            {waivable.map((role) => (
              <Button key={`${role} waived`} mih={44} variant="subtle" loading={send.isPending} disabled={notes.trim() === ''} onClick={() => send.mutate({ role, verdict: 'waived' })}>
                Waive: {REVIEWER[role].toLowerCase()}
              </Button>
            ))}
          </div>
        </div>
      )}
    </Panel>
  );
}

/** What was said in one role, the newest first; about an earlier text, or what could be touched then, it does not count, and is shown as such. */
const Words = ({ said, about }: { said: readonly ReviewView[]; about: About }) =>
  said.map(({ id, by, verdict, notes, at, ...review }) => (
    <blockquote key={id} className={styles.said}>
      <p>
        <Revealed text={notes} />
      </p>
      <footer className="soft small">
        {by ?? 'Somebody who is not there any more'} {STANDING[verdict].replace(' by the governor', ' it')}, <Ago at={at} />
        {!isAbout(review, about) && (review.sha256 === about.sha256 ? ', when its agents could touch something else' : ', about an earlier text')}
      </footer>
    </blockquote>
  ));
