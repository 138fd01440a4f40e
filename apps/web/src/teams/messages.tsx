import type { MemberMessageView, TeamDetail } from '@countersign/contracts';
import { receiptWords, sizeWords } from '@countersign/view';
import { Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keys, messagesQuery } from '../api/queries.js';
import { remove } from '../api/http.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import { WriteMessage } from './write-message.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import styles from './members.module.css';

interface MessagesProps {
  readonly team: TeamDetail;
  readonly desktop: boolean;
}
/** What a person is asked about before it is done. */
interface Asked {
  readonly verb: 'archive' | 'erase';
  readonly message: MemberMessageView;
}

/** What people wrote to members, and how far it has come. Members answer their manager. */
export function Messages({ team, desktop }: MessagesProps) {
  const [archived, setArchived] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const query = useInfiniteQuery(messagesQuery(team.id, archived));
  const governs = useMe().roles.includes('customer_governor');
  return (
    <Panel title="Messages">
      <div className={styles.messages}>
        {team.state === 'active' && governs && <WriteMessage team={team} desktop={desktop} />}
        <Button size="compact-md" variant="default" className={styles.log} onClick={() => setArchived(!archived)}>
          {archived ? 'Show what is not put away' : 'Show what was put away'}
        </Button>
        <Loaded query={query} what="messages" skeleton={<Bones widths={[70, 80]} />}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            if (items.length === 0) return <p className="soft">{archived ? 'Nothing was put away.' : 'Nobody has written to a member yet.'}</p>;
            return (
              <ul className={lists.rows}>
                {items.map((message) => (
                  <li key={message.id}>
                    <Message message={message} teamId={team.id} onAsk={governs ? (verb) => setAsked({ verb, message }) : undefined} />
                  </li>
                ))}
              </ul>
            );
          }}
        </Loaded>
        {query.hasNextPage && (
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older
          </Button>
        )}
      </div>
      <Sheet opened={asked !== undefined} onClose={() => setAsked(undefined)} title={asked?.verb === 'erase' ? 'Erase this message?' : 'Put messages away?'} desktop={desktop}>
        {asked && <Sure teamId={team.id} asked={asked} onDone={() => setAsked(undefined)} />}
      </Sheet>
    </Panel>
  );
}

interface MessageProps {
  readonly message: MemberMessageView;
  readonly teamId: string;
  readonly onAsk: ((verb: Asked['verb']) => void) | undefined;
}

const Message = ({ message, teamId, onAsk }: MessageProps) => (
  <div className={styles.message}>
    <span className="soft small">
      <Revealed text={`${message.from || 'Somebody'} to ${message.to?.name ?? 'everybody'}`} />
      {message.kind === 'interrupt' && ', at once'}
      {message.kind === 'shutdown' && ', asked to end'} · <Ago at={message.at} /> · {receiptWords(message)}
    </span>
    <span>{message.erasedAt === null ? <Revealed text={message.text} /> : <em className="soft">erased</em>}</span>
    {message.attachments.map(({ name, sha256, bytes }) => (
      <a key={name + sha256} href={`/v1/teams/${teamId}/attachments/${sha256}`} download={name}>
        <Revealed text={name} /> <span className="soft small">{sizeWords(bytes)}</span>
      </a>
    ))}
    {onAsk && (
      <div className={styles.buttons}>
        {message.archivedAt === null && (
          <Button size="compact-sm" variant="subtle" onClick={() => onAsk('archive')}>
            Put away<span className="sr"> this message and what is older: {message.text.slice(0, 40)}</span>
          </Button>
        )}
        {message.erasedAt === null && (
          <Button size="compact-sm" variant="subtle" onClick={() => onAsk('erase')}>
            Erase<span className="sr">: {message.text.slice(0, 40)}</span>
          </Button>
        )}
      </div>
    )}
  </div>
);

function Sure({ teamId, asked: { verb, message }, onDone }: { readonly teamId: string; readonly asked: Asked; readonly onDone: () => void }) {
  const client = useQueryClient();
  const archive = useSendOnce<unknown, number>({ about: `archive ${teamId}`, request: (upTo) => ({ path: `/v1/teams/${teamId}/messages/archive`, body: { upTo } }), stale: [keys.messages(teamId)], onSuccess: onDone, repeatable: true });
  const erase = useMutation({ mutationFn: () => remove(`/v1/teams/${teamId}/messages/${message.id}`), onSuccess: onDone, onSettled: () => client.invalidateQueries({ queryKey: keys.messages(teamId) }) });
  const { error, isPending } = verb === 'archive' ? archive : erase;
  return (
    <div className={forms.form}>
      <p>{verb === 'archive' ? 'This message and every older one: no agent is shown them any more.' : 'Its words and files are gone for good; their hashes stay on the record. An agent that was given them has read them.'}</p>
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
      <Button size="lg" loading={isPending} onClick={() => (verb === 'archive' ? archive.mutate(message.seq) : erase.mutate())}>
        {verb === 'archive' ? 'Put them away' : 'Erase it'}
      </Button>
    </div>
  );
}
