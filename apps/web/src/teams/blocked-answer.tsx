import type { GoalDetail, TaskAnswer, TeamDetail } from '@countersign/contracts';
import { blockedAt } from '@countersign/contracts/blocked-at';
import { workerName } from '@countersign/contracts/worker-name';
import { inSight } from '@countersign/view';
import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import styles from './blocked-answer.module.css';

/** What the customer says to the task that a goal is blocked at. Only where the server would take it: a governor's answer, of a team at work. */
export function BlockedAnswer({ goal, team }: { goal: GoalDetail; team: TeamDetail }) {
  const { roles } = useMe();
  const task = blockedAt(goal);
  if (task === undefined || team.state !== 'active' || !roles.includes('customer_governor')) return null;
  return (
    <Panel title="Your answer">
      <AnswerForm key={`${task.id} ${task.round}`} path={`/v1/teams/${team.id}/goals/${goal.id}/tasks/${task.id}/answer`} title={inSight(task.title)} member={inSight(workerName(task))} stale={[keys.goal(team.id, goal.id), keys.team(team.id)]} />
    </Panel>
  );
}

interface AnswerFormProps {
  readonly path: string;
  readonly title: string;
  readonly member: string;
  /** What has to be read again afterwards. */
  readonly stale: readonly (readonly string[])[];
}

function AnswerForm({ path, title, member, stale }: AnswerFormProps) {
  const [note, setNote] = useState('');
  const { error, isPending, variables, mutate } = useSendOnce<unknown, { readonly answer: TaskAnswer; readonly note?: string }>({ about: path, request: (body) => ({ path, body }), stale });
  const say = (answer: TaskAnswer): void => mutate({ answer, ...(note.trim() === '' ? {} : { note: note.trim() }) });
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        say('retry');
      }}
    >
      <Textarea label={`What should ${member} know?`} description={`“${title}” ended without a good draft. ${member} gets your words with the next try; they go on the record.`} value={note} maxLength={2000} autosize minRows={2} onChange={({ currentTarget }) => setNote(currentTarget.value)} />
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={isPending && variables.answer === 'retry'} disabled={isPending}>
          Try again
        </Button>
        <Button size="lg" variant="default" loading={isPending && variables.answer === 'skip'} disabled={isPending} onClick={() => say('skip')}>
          Go on without it
        </Button>
      </div>
    </form>
  );
}
