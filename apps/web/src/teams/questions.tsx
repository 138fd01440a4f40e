import '@mantine/core/styles/Input.layer.css';
import type { ClarificationView, TeamDetail } from '@countersign/contracts';
import { inSight, questionWords } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { clarificationsQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { useDraft } from '../approval/use-draft.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Ago } from '../parts/time.js';
import { typedWords } from '../shell/drafts.js';
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
  const { personId, roles } = useMe();
  const waiting = useQuery({ ...clarificationsQuery(team.id, true), enabled: open }).data ?? [];
  const newest = useQuery(clarificationsQuery(team.id, false)).data ?? [];
  const answers = open && roles.includes('customer_governor') && team.state === 'active';
  // whoever is in the middle of an answer keeps their words, and is told that nobody waits for them any more
  const late = answers ? newest.filter(({ id }) => !waiting.some((other) => other.id === id) && typedWords(personId, id, 'message') !== '') : [];
  const items = open ? [...waiting, ...late].toSorted((a, b) => (a.id < b.id ? 1 : -1)) : newest.filter(({ state }) => state !== 'open');
  if (items.length === 0) return null;
  return (
    <Panel title={open ? 'A member asks' : 'What members asked'}>
      <ul className={lists.rows}>
        {items.map((asked) => (
          <li key={asked.id}>
            <Question asked={asked} teamId={team.id} answers={answers} late={late.includes(asked)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

interface QuestionProps {
  readonly asked: ClarificationView;
  readonly teamId: string;
  /** The person may answer. */
  readonly answers: boolean;
  /** Nobody waits for it any more. */
  readonly late: boolean;
}
const Question = ({ asked, teamId, answers, late }: QuestionProps) => (
  <article className={styles.message} aria-label={`${inSight(asked.member.name)} asks`}>
    <span className="soft small">
      <Revealed text={`${asked.member.name}, about “${asked.title}”`} /> · <Ago at={asked.at} /> · {questionWords(asked)}
    </span>
    <q>
      <Revealed text={asked.question} />
    </q>
    {asked.answer !== '' && <span><Revealed text={asked.answer} /></span>}
    {answers && <Answer asked={asked} teamId={teamId} late={late} />}
  </article>
);

function Answer({ asked: { id, member, choices, taskId, goalId }, teamId, late }: Omit<QuestionProps, 'answers'>) {
  const { text, type, notKept } = useDraft(id, 'message');
  const { error, isPending, mutate } = useSendOnce<unknown, string>({
    about: `${late ? 'after' : 'answer'} ${id}`,
    request: (said) => (late ? { path: `/v1/teams/${teamId}/messages`, body: { text: said, to: member.id, taskId } } : { path: `/v1/teams/${teamId}/clarifications/${id}/answer`, body: { text: said } }),
    stale: [keys.clarifications(teamId), keys.board(teamId), keys.goal(teamId, goalId)],
    onSuccess: () => type(''),
  });
  return (
    <form
      className={styles.sending}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') mutate(text.trim());
      }}
    >
      {choices.length > 0 && !late && (
        <div className={styles.buttons}>
          {choices.map((choice) => (
            <Button key={choice} variant="default" size="lg" disabled={isPending} onClick={() => mutate(choice)}>
              <Revealed text={choice} />
            </Button>
          ))}
        </div>
      )}
      <Textarea label={`Your answer to ${inSight(member.name)}`} description={late ? 'Too late: it does not wait any more. Send it as a message about the task, or take it away.' : 'It waits for it. Your words say how the task is to be done; they grant and approve nothing.'} value={text} maxLength={4000} autosize minRows={2} onChange={({ currentTarget }) => type(currentTarget.value)} error={notKept} />
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={isPending} disabled={text.trim() === ''}>
          {late ? 'Send it as a message' : 'Answer'}
        </Button>
      </div>
    </form>
  );
}
