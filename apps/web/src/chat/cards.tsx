import type { Created, HelpdeskCard } from '@countersign/contracts';
import { Button, Textarea } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Revealed } from '../parts/revealed.js';
import forms from '../parts/form.module.css';
import styles from './cards.module.css';

/** What the helpdesk says at a glance. What an action card offers, the person does. */
export const Cards = ({ cards, teamId, mayAct }: { cards: readonly HelpdeskCard[]; teamId: string; mayAct: boolean }) =>
  cards.length === 0 ? null : (
    <ul className={styles.cards}>
      {cards.map((card) => (
        <li key={card.title} className={styles.card}>
          <strong>
            <Revealed text={card.title} />
          </strong>
          {card.lines.map((line) => (
            <span key={line}>
              <Revealed text={line} />
            </span>
          ))}
          {card.action !== undefined && mayAct && <Action action={card.action} teamId={teamId} />}
        </li>
      ))}
    </ul>
  );

function Action({ action, teamId }: { action: NonNullable<HelpdeskCard['action']>; teamId: string }) {
  switch (action) {
    case 'export':
      return <a href={`/v1/teams/${teamId}/export`} download>Save it as an archive</a>;
    case 'cancel':
      return (
        <Link to="/teams/$teamId" params={{ teamId }}>
          Open the team
        </Link>
      );
    case 'note':
      return <Note teamId={teamId} />;
  }
}

function Note({ teamId }: { teamId: string }) {
  const [text, setText] = useState('');
  const leave = useSendOnce<Created, string>({ about: `note ${teamId}`, request: (said) => ({ path: `/v1/teams/${teamId}/helpdesk/notes`, body: { text: said } }), stale: [keys.helpdesk(teamId)], onSuccess: () => setText(''), repeatable: true });
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        leave.mutate(text.trim());
      }}
    >
      <Textarea aria-label="Your message for a person" value={text} maxLength={2_000} autosize minRows={2} onChange={({ currentTarget }) => setText(currentTarget.value)} />
      {leave.error && (
        <p className={forms.error} role="alert">
          {failureWords(leave.error)}
        </p>
      )}
      {leave.isSuccess && <p role="status">It is left for a governor of the platform.</p>}
      <Button type="submit" variant="default" disabled={text.trim() === ''} loading={leave.isPending}>
        Leave it
      </Button>
    </form>
  );
}
