import type { GoalDetail, TaskAnswer, TeamDetail } from '@countersign/contracts';
import { blockedAt } from '@countersign/contracts/blocked-at';
import { workerName } from '@countersign/contracts/worker-name';
import { Button, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { postJson } from '../api/http.js';
import { keys } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { sentence } from '../parts/states.js';
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
      <AnswerForm key={`${task.id} ${task.round}`} path={`/v1/teams/${team.id}/goals/${goal.id}/tasks/${task.id}/answer`} title={task.title} member={workerName(task)} stale={[keys.goal(team.id, goal.id), keys.team(team.id)]} />
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
  const client = useQueryClient();
  const [note, setNote] = useState('');
  // one key per answer: the same words again are the same request, other words another
  const sent = useRef(new Map<string, string>());
  const answer = useMutation({
    mutationFn: (said: TaskAnswer) => {
      const body = { answer: said, ...(note.trim() === '' ? {} : { note: note.trim() }) };
      const words = JSON.stringify(body);
      const key = sent.current.get(words) ?? crypto.randomUUID();
      sent.current.set(words, key);
      return postJson(path, body, { key });
    },
    onSettled: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        answer.mutate('retry');
      }}
    >
      <Textarea label={`What should ${member} know?`} description={`“${title}” ended without a good draft. ${member} gets your words with the next try; they go on the record.`} value={note} maxLength={2000} autosize minRows={2} onChange={({ currentTarget }) => setNote(currentTarget.value)} />
      {answer.error && (
        <p className={forms.error} role="alert">
          Not done. {sentence(answer.error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={answer.isPending && answer.variables === 'retry'} disabled={answer.isPending}>
          Try again
        </Button>
        <Button size="lg" variant="default" loading={answer.isPending && answer.variables === 'skip'} disabled={answer.isPending} onClick={() => answer.mutate('skip')}>
          Go on without it
        </Button>
      </div>
    </form>
  );
}
