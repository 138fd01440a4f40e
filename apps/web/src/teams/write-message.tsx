import '@mantine/core/styles/Input.layer.css';
import type { AttachmentStored, TeamDetail } from '@countersign/contracts';
import { inSight } from '@countersign/view';
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { putBytes } from '../api/http.js';
import { boardQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { useDraft } from '../approval/use-draft.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { attachable, refusesPicked, type Picked } from './attach.js';
import forms from '../parts/form.module.css';
import styles from './members.module.css';

interface Wish {
  readonly to: string;
  readonly text: string;
  readonly how: 'message' | 'interrupt' | 'stop';
  readonly taskId: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

const over: readonly string[] = ['done', 'cancelled'];

export function WriteMessage({ team, desktop }: { readonly team: TeamDetail; readonly desktop: boolean }) {
  const [to, setTo] = useState('');
  const { text, type, notKept } = useDraft(team.id, 'message'); // a phone that is turned has another layout
  const [taskId, setTask] = useState('');
  const [picked, setPicked] = useState<readonly Picked[]>([]);
  const [trouble, setTrouble] = useState<string>();
  const [sure, setSure] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const board = useQuery(boardQuery(team.id)).data;
  const tasks = (board?.columns ?? []).flatMap((column) => column.tasks).filter(({ state }) => !over.includes(state));
  const { error, isPending, mutate } = useSendOnce<unknown, Wish>({
    about: `message ${team.id}`,
    request: async ({ to: member, text: said, how, taskId: about, files }) => {
      if (how !== 'message') return { path: `/v1/teams/${team.id}/members/${member}/interrupt`, body: { text: said, ...(how === 'stop' ? { stop: true } : {}) } };
      for (const { sha256, content } of picked) await putBytes<AttachmentStored>(`/v1/teams/${team.id}/attachments/${sha256}`, content);
      return { path: `/v1/teams/${team.id}/messages`, body: { text: said, ...(member === '' ? {} : { to: member }), ...(about === '' ? {} : { taskId: about }), ...(files.length === 0 ? {} : { attachments: files }) } };
    },
    stale: [keys.messages(team.id), keys.members(team.id)],
    onSuccess: () => {
      type('');
      setPicked([]);
      setSure(false);
    },
    repeatable: true,
  });
  const send = (how: Wish['how']): void => {
    if (text.trim() !== '') mutate({ to, text: text.trim(), how, taskId, files: picked.map(({ name, sha256 }) => ({ name, sha256 })) });
  };
  const pick = async (files: readonly File[]): Promise<void> => {
    if (input.current) input.current.value = '';
    const all = [...picked, ...(await Promise.all(files.map(attachable)))];
    const unfit = refusesPicked(all);
    setTrouble(unfit);
    if (unfit === undefined) setPicked(all);
  };
  const member = team.members.find(({ id }) => id === to);
  return (
    <form
      className={styles.sending}
      onSubmit={(event) => {
        event.preventDefault();
        send('message');
      }}
    >
      <NativeSelect
        label="To"
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
        data={[{ value: '', label: 'Everybody' }, ...team.members.filter(({ state, kind }) => state === 'active' && kind === 'specialist').map(({ id, name, skill }) => ({ value: id, label: inSight(`${name} (${skill})`) }))]}
      />
      {tasks.length > 0 && <NativeSelect label="About" value={taskId} onChange={({ currentTarget }) => setTask(currentTarget.value)} data={[{ value: '', label: 'No task in particular' }, ...tasks.map(({ id, title }) => ({ value: id, label: inSight(title) }))]} />}
      <Textarea label="Message" description="It comes with the next answer the agent gets; about a task, only to who works on it. Members answer their manager, not you; here you see how far it has come." value={text} maxLength={10_000} autosize minRows={2} onChange={({ currentTarget }) => type(currentTarget.value)} error={notKept} />
      <div className={styles.files}>
        <input ref={input} type="file" multiple className="sr" tabIndex={-1} aria-label="Files for the message" onChange={({ currentTarget }) => void pick([...(currentTarget.files ?? [])]).catch((cause: unknown) => setTrouble(failureWords(cause as Error)))} />
        <Button size="compact-md" variant="default" onClick={() => input.current?.click()}>
          Attach files
        </Button>
        {picked.map((file) => (
          <Button key={file.sha256} size="compact-md" variant="subtle" onClick={() => setPicked(picked.filter((other) => other !== file))}>
            <Revealed text={file.name} /> ✕<span className="sr"> take it out again</span>
          </Button>
        ))}
      </div>
      {(trouble ?? error) && (
        <p className={forms.error} role="alert">
          {trouble ?? failureWords(error!)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={isPending} disabled={text.trim() === ''}>
          Send
        </Button>
        {member && (
          <>
            <Button size="lg" variant="default" disabled={isPending || text.trim() === ''} onClick={() => send('interrupt')}>
              Interrupt with it
            </Button>
            <Button size="lg" variant="default" disabled={isPending || text.trim() === ''} onClick={() => setSure(true)}>
              Stop at once
            </Button>
          </>
        )}
      </div>
      <Sheet opened={sure} onClose={() => setSure(false)} title={`Stop ${member?.name ?? ''} at once?`} desktop={desktop}>
        <div className={forms.form}>
          <p>What <Revealed text={member?.name ?? ''} /> does now ends, and nothing that waits for it begins. You decide on the board how its tasks go on.</p>
          <Button size="lg" loading={isPending} onClick={() => send('stop')}>
            Stop at once
          </Button>
        </div>
      </Sheet>
    </form>
  );
}
