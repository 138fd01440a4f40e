import type { HandoffPacket, HelpdeskMessage, TeamDetail } from '@countersign/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { ApiProblem, getJson } from '../api/http.js';
import { helpdeskQuery, keys, teamQuery } from '../api/queries.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { Ago, Clock } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import { Ended, isOver } from '../teams/ended.js';
import { SuspendedBand } from '../teams/suspended-band.js';
import { Cards } from './cards.js';
import { Composer } from './composer.js';
import { useAsk, type Pending } from './use-ask.js';
import styles from './chat-page.module.css';

const route = getRouteApi('/chat/$teamId');
const back = { to: '/chat', label: 'Helpdesk' } as const;
const SUGGESTED = ['Why was my team stopped?', 'What is kept?', 'What happens next?'];
const PERSON = 'I would like to talk to a person.';

/** The conversation with the helpdesk of one suspended team. */
export function ChatPage() {
  const { teamId } = route.useParams();
  const query = useQuery(teamQuery(teamId));
  return (
    <Page title={query.data?.name ?? 'Helpdesk'} back={back} footed={query.data?.state === 'suspended'}>
      <Loaded query={query} what="conversation" skeleton={<Bones widths={[80, 60, 70]} />}>
        {(team) => (team.state === 'suspended' ? <Conversation team={team} /> : isOver(team) ? <Over team={team} /> : <Closed team={team} />)}
      </Loaded>
    </Page>
  );
}

const Closed = ({ team }: { team: TeamDetail }) => (
  <Empty title={team.state === 'active' ? 'The team works again' : isOver(team) ? 'The team has ended' : 'The helpdesk is closed'}>
    {isOver(team) ? <Ended team={team} /> : <p className="soft">The helpdesk speaks only while a team is suspended.</p>}
    {team.epoch > 1 && <LastSuspension teamId={team.id} />}
    <Link to="/teams/$teamId" params={{ teamId: team.id }}>
      Open the team
    </Link>
  </Empty>
);

/** What was said until then, with the last word, for whom it was said to. */
function Over({ team }: { team: TeamDetail }) {
  const { data = [] } = useQuery({ ...helpdeskQuery(team.id), enabled: useMe().roles.includes('customer_governor'), retry: false });
  return (
    <>
      {data.length > 0 && <Messages teamId={team.id} messages={data} pending={[]} onAsk={undefined} />}
      <Closed team={team} />
    </>
  );
}

/** The helpdesk has closed, and the page still has the team as it was: what became of it is asked, and nothing said of it before that is known. */
function JustClosed({ team }: { team: TeamDetail }) {
  const client = useQueryClient();
  useEffect(() => void client.invalidateQueries({ queryKey: keys.team(team.id) }), [client, team.id]);
  return <Closed team={team} />;
}

/** Why it was suspended and what was to happen next, for whoever is told of it when that is over. */
function LastSuspension({ teamId }: { teamId: string }) {
  const { data } = useQuery({ queryKey: [...keys.helpdesk(teamId), 'handoff'], queryFn: ({ signal }) => getJson<HandoffPacket>(`/v1/teams/${teamId}/helpdesk/handoff`, signal), retry: false });
  if (data === undefined) return null; // it never was, or that is not known now
  const { plan } = data.customer_update_policy as { plan: string };
  return (
    <p>
      Last suspended <Ago at={data.header.created_at_utc} />: <Revealed text={`${data.problem_statement}${plan === '' ? '' : ` ${plan}`}`} />
    </p>
  );
}

function Conversation({ team }: { team: TeamDetail }) {
  const mayAsk = useMe().roles.includes('customer_governor');
  const query = useQuery({ ...helpdeskQuery(team.id), refetchInterval: 15_000 });
  const { ask, pending } = useAsk(team.id);
  if (query.error instanceof ApiProblem && query.error.code === 'team_not_suspended') return <JustClosed team={team} />;
  return (
    <>
      <SuspendedBand team={team} chat={false} />
      <p className={styles.who}>Helpdesk agent (AI). It explains and passes on; it cannot approve, spend, or start the team.</p>
      <Loaded query={query} what="conversation" skeleton={<Bones widths={[70, 50, 60]} />}>
        {(messages) => <Messages teamId={team.id} messages={messages} pending={pending} onAsk={mayAsk ? ask : undefined} />}
      </Loaded>
      {mayAsk ? (
        <Composer onSend={ask} onPerson={() => ask(PERSON)} />
      ) : (
        <p className="soft small">Only the team&rsquo;s customer can write here. You are reading along.</p>
      )}
    </>
  );
}

function Messages({ teamId, messages, pending, onAsk }: { teamId: string; messages: readonly HelpdeskMessage[]; pending: readonly Pending[]; onAsk: ((text: string) => void) | undefined }) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void end.current?.scrollIntoView({ block: 'end' }); // newer browsers answer with a promise
  }, [messages.length, pending.length]);
  return (
    <>
      <ol className={styles.messages} aria-live="polite" aria-label="Conversation">
        {messages.map((message) => (
          <li key={message.seq} className={styles[message.author]}>
            <span className="sr">{message.author === 'customer' ? 'You: ' : 'Helpdesk: '}</span>
            <p>
              <Revealed text={message.text} />
            </p>
            <Cards cards={message.cards} teamId={teamId} mayAct={onAsk !== undefined} />
            <span className={styles.at}>
              <Clock at={message.at} />
            </span>
          </li>
        ))}
        {pending.map(({ key, text, failed, again }) => (
          <li key={key} className={`${styles.customer} ${styles.pending}`}>
            <p>
              <Revealed text={text} />
            </p>
            <span className={styles.at}>
              {failed === undefined ? (
                'Sending …'
              ) : (
                <>
                  Not sent. {failed}{' '}
                  <button type="button" className={styles.again} onClick={again}>
                    Try again
                  </button>
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
      {!messages.some(({ author }) => author === 'customer') && pending.length === 0 && onAsk && (
        <div className={styles.suggested} role="group" aria-label="Questions you could ask">
          {SUGGESTED.map((text) => (
            <button key={text} type="button" onClick={() => onAsk(text)}>
              {text}
            </button>
          ))}
        </div>
      )}
      <div ref={end} className={styles.end} />
    </>
  );
}
