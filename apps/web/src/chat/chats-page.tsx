import type { TeamSummary } from '@countersign/contracts';
import { teamStatus } from '@countersign/view';
import { IconMessageCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { teamQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { Revealed } from '../parts/revealed.js';
import { StatusWord } from '../parts/shape.js';
import { Empty } from '../parts/states.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import styles from './chats-page.module.css';

/** The helpdesk speaks only for teams that are suspended. */
export function ChatsPage() {
  const { teams } = useMe();
  const suspended = teams.filter(({ state }) => state === 'suspended');
  const working = teams.filter(({ state }) => state === 'active').length;
  return (
    <Page title="Helpdesk">
      {suspended.length === 0 ? (
        <Empty title="No team is suspended" icon={<IconMessageCircle size={28} stroke={1.6} />}>
          <p className="soft">
            When a team is stopped, the helpdesk tells you here why, what is kept and what happens next.
            {working > 0 && ` At the moment ${working === 1 ? 'your team works' : `${working} teams work`}.`}
          </p>
          <Link to="/teams">See what they do</Link>
        </Empty>
      ) : (
        <ul className={styles.chats}>
          {suspended.map((team) => (
            <li key={team.id}>
              <Chat team={team} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

function Chat({ team }: { team: TeamSummary }) {
  const reason = useQuery(teamQuery(team.id)).data?.stateReason;
  return (
    <Link to="/chat/$teamId" params={{ teamId: team.id }} className={styles.chat}>
      <Avatar name={team.name} square size={40} />
      <span className={styles.words}>
        <span className={styles.top}>
          <strong>
            <Revealed text={team.name} />
          </strong>
          <StatusWord status={teamStatus[team.state]} />
        </span>
        <span className="soft small"><Revealed text={reason || 'Ask what happened and what comes next'} /></span>
      </span>
    </Link>
  );
}
