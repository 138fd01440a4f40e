import '@mantine/core/styles/Input.layer.css';
import type { ClarificationView, TeamDetail } from '@countersign/contracts';
import { questionWords } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { clarificationsQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import styles from './members.module.css';

interface QuestionsProps {
  readonly team: TeamDetail;
  /** What waits for an answer; else what does not any more. */
  readonly open: boolean;
}

/** What members ask about their tasks, and what became of it; not there where there is nothing of it. */
export function Questions({ team, open }: QuestionsProps) {
  const items = (useQuery(clarificationsQuery(team.id)).data ?? []).filter(({ state }) => (state === 'open') === open);
  const governs = useMe().roles.includes('customer_governor');
  if (items.length === 0) return null;
  return (
    <Panel title={open ? 'A member asks' : 'What members asked'}>
      <ul className={lists.rows}>
        {items.map((asked) => (
          <li key={asked.id}>
            <Question asked={asked} teamId={team.id} answers={open && governs && team.state === 'active'} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const Question = ({ asked, teamId, answers }: { readonly asked: ClarificationView; readonly teamId: string; readonly answers: boolean }) => (
  <article className={styles.message} aria-label={`${asked.member.name} asks`}>
    <span className="soft small">
      {asked.member.name}, about “{asked.title}” · <Ago at={asked.at} /> · {questionWords(asked)}
    </span>
    <q>{asked.question}</q>
    {asked.answer !== '' && <span>{asked.answer}</span>}
    {answers && <Answer asked={asked} teamId={teamId} />}
  </article>
);

function Answer({ asked: { id, member, choices, goalId }, teamId }: { readonly asked: ClarificationView; readonly teamId: string }) {
  const [text, setText] = useState('');
  const { error, isPending, mutate } = useSendOnce<unknown, string>({
    about: `answer ${id}`,
    request: (said) => ({ path: `/v1/teams/${teamId}/clarifications/${id}/answer`, body: { text: said } }),
    stale: [keys.clarifications(teamId), keys.board(teamId), keys.goal(teamId, goalId)],
  });
  return (
    <form
      className={styles.sending}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') mutate(text.trim());
      }}
    >
      {choices.length > 0 && (
        <div className={styles.buttons}>
          {choices.map((choice) => (
            <Button key={choice} variant="default" size="lg" disabled={isPending} onClick={() => mutate(choice)}>
              {choice}
            </Button>
          ))}
        </div>
      )}
      <Textarea label={`Your answer to ${member.name}`} description="It waits for it. Your words say how the task is to be done; they grant and approve nothing." value={text} maxLength={4000} autosize minRows={2} onChange={({ currentTarget }) => setText(currentTarget.value)} />
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={isPending} disabled={text.trim() === ''}>
          Answer
        </Button>
      </div>
    </form>
  );
}
