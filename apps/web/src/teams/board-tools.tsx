import '@mantine/core/styles/Input.layer.css';
import type { Board, TeamDetail } from '@countersign/contracts';
import { firstOf } from '@countersign/contracts/characters';
import { inSight } from '@countersign/view';
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { failureWords } from '../approval/failure-words.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { useMe } from '../shell/session.js';
import { useAddCard, useReviewers } from './use-board.js';
import forms from '../parts/form.module.css';
import styles from './board.module.css';

interface ToolsProps {
  readonly team: TeamDetail;
  readonly board: Board;
  readonly desktop: boolean;
}

/** What a governor does with the board as a whole: adds a task, says who reviews. */
export function BoardTools({ team, board, desktop }: ToolsProps) {
  const [open, setOpen] = useState<'task' | 'reviewers' | null>(null);
  const { roles } = useMe();
  if (!roles.includes('customer_governor') || team.state !== 'active') return null;
  const close = (): void => setOpen(null);
  const atWork = team.goals.filter(({ state, pausedAt }) => (state === 'running' || state === 'planned') && pausedAt === null);
  return (
    <div className={styles.actions}>
      {atWork.length > 0 && (
        <Button variant="default" onClick={() => setOpen('task')}>
          Add a task
        </Button>
      )}
      <Button variant="default" onClick={() => setOpen('reviewers')}>
        Who reviews
      </Button>
      <Sheet opened={open === 'task'} onClose={close} title="Add a task" desktop={desktop}>
        <AddTask team={team} board={board} goals={atWork} onDone={close} />
      </Sheet>
      <Sheet opened={open === 'reviewers'} onClose={close} title="Who reviews what is done" desktop={desktop}>
        <Reviewers teamId={team.id} board={board} onDone={close} />
      </Sheet>
    </div>
  );
}

function AddTask({ team, board, goals, onDone }: { readonly team: TeamDetail; readonly board: Board; readonly goals: TeamDetail['goals']; readonly onDone: () => void }) {
  const [goalId, setGoal] = useState(goals[0]?.id ?? '');
  const [memberId, setMember] = useState('');
  const [title, setTitle] = useState('');
  const [detail, setDetail] = useState('');
  const [first, setFirst] = useState<string[]>([]);
  const { mutate, isPending, error } = useAddCard(team.id, onDone);
  const open = board.columns.flatMap(({ tasks }) => tasks).filter((card) => card.goalId === goalId && card.state !== 'done' && card.state !== 'cancelled');
  const dependsOn = open.map(({ id }) => id).filter((id) => first.includes(id)); // one that is done since is waited for no more
  const able = team.members.filter(({ kind, state }) => kind === 'specialist' && state === 'active');
  return (
    <Asking words="Add it" pending={isPending} error={error} ready={title.trim() !== ''} onSubmit={() => mutate({ goalId, memberId, title: title.trim(), detail: detail.trim(), dependsOn })}>
      <NativeSelect label="For the goal" value={goalId} onChange={({ currentTarget }) => setGoal(currentTarget.value)} data={goals.map(({ id, text }) => ({ value: id, label: inSight(firstOf(text, 80)) }))} />
      <TextInput label="What is to be done" value={title} maxLength={200} onChange={({ currentTarget }) => setTitle(currentTarget.value)} data-autofocus />
      <Textarea label="More about it" description="Optional. Whoever does it gets your words; they go on the record." value={detail} maxLength={4000} autosize minRows={2} onChange={({ currentTarget }) => setDetail(currentTarget.value)} />
      <NativeSelect label="By" value={memberId} onChange={({ currentTarget }) => setMember(currentTarget.value)} data={[{ value: '', label: 'Nobody yet' }, ...able.map(({ id, name, skill }) => ({ value: id, label: inSight(`${name} (${skill})`) }))]} />
      {open.length > 0 && (
        <fieldset className={forms.form}>
          <legend>Only after</legend>
          {open.map(({ id, title: words }) => (
            <label key={id}>
              <input type="checkbox" checked={first.includes(id)} onChange={({ currentTarget: { checked } }) => setFirst((before) => (checked ? [...before, id] : before.filter((other) => other !== id)))} /> <Revealed text={words} />
            </label>
          ))}
        </fieldset>
      )}
    </Asking>
  );
}

function Reviewers({ teamId, board, onDone }: { readonly teamId: string; readonly board: Board; readonly onDone: () => void }) {
  const { personId, displayName } = useMe();
  const [wanted, setWanted] = useState<string[]>(board.reviewers.map(({ id }) => id));
  const [version] = useState(board.reviewersVersion); // as it was when the reader saw it
  const { mutate, isPending, error } = useReviewers(teamId, version, onDone);
  const me = `person:${personId}`;
  const known = [...board.reviewers, ...(board.reviewers.some(({ id }) => id === me) ? [] : [{ id: me, name: displayName }])];
  return (
    <Asking words="Save" pending={isPending} error={error} ready onSubmit={() => mutate(wanted)}>
      <fieldset className={forms.form}>
        <legend>Ask</legend>
        {known.map(({ id, name }) => (
          <label key={id}>
            <input type="checkbox" checked={wanted.includes(id)} onChange={({ currentTarget: { checked } }) => setWanted((before) => (checked ? [...before, id] : before.filter((other) => other !== id)))} /> <Revealed text={id === me ? 'Me' : name || 'Somebody'} />
          </label>
        ))}
      </fieldset>
      <p className="soft small">Done work goes to whoever has the least to review and had no hand in it; its goal waits for them. Ask nobody, and you review where you want to.</p>
    </Asking>
  );
}

function Asking({ words, pending, error, ready, onSubmit, children }: { readonly words: string; readonly pending: boolean; readonly error: Error | null; readonly ready: boolean; readonly onSubmit: () => void; readonly children: ReactNode }) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className={forms.form} onSubmit={submit}>
      {children}
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <Button type="submit" size="lg" loading={pending} disabled={!ready}>
        {words}
      </Button>
    </form>
  );
}
