import '@mantine/core/styles/Input.layer.css';
import type { MemberMessageView, TeamDetail } from '@countersign/contracts';
import { receiptWords } from '@countersign/view';
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys, messagesQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import styles from './members.module.css';

/** What people wrote to members, and how far it has come. Members answer their manager. */
export function Messages({ team }: { readonly team: TeamDetail }) {
  const query = useQuery(messagesQuery(team.id));
  const { roles } = useMe();
  return (
    <Panel title="Messages">
      <div className={styles.messages}>
        {team.state === 'active' && roles.includes('customer_governor') && <Write team={team} />}
        <Loaded query={query} what="messages" skeleton={<Bones widths={[70, 80]} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="soft">Nobody has written to a member yet.</p>
            ) : (
              <ul className={lists.rows}>
                {items.map((message) => (
                  <li key={message.id}>
                    <Message message={message} />
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </Panel>
  );
}

const Message = ({ message }: { readonly message: MemberMessageView }) => (
  <div className={styles.message}>
    <span className="soft small">
      {message.from || 'Somebody'} to {message.to?.name ?? 'everybody'}
      {message.kind === 'interrupt' && ', at once'} · <Ago at={message.at} /> · {receiptWords(message)}
    </span>
    <span>{message.text}</span>
  </div>
);

interface Wish {
  readonly to: string;
  readonly text: string;
  readonly interrupt: boolean;
}

function Write({ team }: { readonly team: TeamDetail }) {
  const [to, setTo] = useState('');
  const [text, setText] = useState('');
  const { error, isPending, mutate } = useSendOnce<unknown, Wish>({
    about: `message ${team.id}`,
    request: ({ to: member, text: said, interrupt }) => (interrupt ? { path: `/v1/teams/${team.id}/members/${member}/interrupt`, body: { text: said } } : { path: `/v1/teams/${team.id}/messages`, body: { text: said, ...(member === '' ? {} : { to: member }) } }),
    stale: [keys.messages(team.id), keys.members(team.id)],
    onSuccess: () => setText(''),
    repeatable: true,
  });
  const send = (interrupt: boolean): void => {
    if (text.trim() !== '') mutate({ to, text: text.trim(), interrupt });
  };
  return (
    <form
      className={styles.sending}
      onSubmit={(event) => {
        event.preventDefault();
        send(false);
      }}
    >
      <NativeSelect
        label="To"
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
        data={[{ value: '', label: 'Everybody' }, ...team.members.filter(({ state }) => state === 'active').map(({ id, name, skill }) => ({ value: id, label: `${name} (${skill})` }))]}
      />
      <Textarea label="Message" description="It comes with the answer to the agent’s next tool call. Members answer their manager, not you; here you see how far it has come." value={text} maxLength={10_000} autosize minRows={2} onChange={({ currentTarget }) => setText(currentTarget.value)} />
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="lg" loading={isPending} disabled={text.trim() === ''}>
          Send
        </Button>
        {to !== '' && (
          <Button size="lg" variant="default" disabled={isPending || text.trim() === ''} onClick={() => send(true)}>
            Interrupt with it
          </Button>
        )}
      </div>
    </form>
  );
}
