import type { TeamSummary } from '@countersign/contracts';
import { goalStatus, isOpenGoal, isPutOff, teamStatus } from '@countersign/view';
import { IconCircleCheck, IconListDetails } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { doneQuery, teamQuery, waitingQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { Revealed } from '../parts/revealed.js';
import { Empty } from '../parts/states.js';
import { StatusWord } from '../parts/shape.js';
import { useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import { DoneCard } from './approval-card.js';
import styles from './overview.module.css';

const SHOWN_TEAMS = 4;

/** Beside the list, while nothing is opened. */
export function Overview() {
  const now = useNow();
  const waiting = useQuery(waitingQuery).data?.filter((approval) => !isPutOff(approval, now)).length ?? 0;
  if (waiting === 0) return <div className={styles.page}>{<NothingWaits />}</div>;
  return (
    <div className={styles.page}>
      <Empty title="Choose a request to read it" icon={<IconListDetails size={28} stroke={1.6} />}>
        <p className="soft">
          <kbd>J</kbd> and <kbd>K</kbd> walk through the list.
        </p>
      </Empty>
      <Teams />
    </div>
  );
}

/** Instead of an empty list: what the teams do right now, and what was decided last. */
export function NothingWaits() {
  const teams = useMe().teams.filter(({ state }) => state === 'active');
  const last = useQuery(doneQuery()).data?.items[0];
  return (
    <>
      <Empty title="Nothing is waiting for you" icon={<IconCircleCheck size={28} stroke={1.6} />}>
        <p className="soft">{teams.length === 0 ? 'When a team wants to do something outside, you find it here.' : `${teams.length === 1 ? 'Your team is' : 'Your teams are'} at it. You are called when one needs you.`}</p>
      </Empty>
      <Teams />
      {last && (
        <section className={styles.last}>
          <h2>Last decision</h2>
          <DoneCard approval={last} opened={false} />
        </section>
      )}
    </>
  );
}

function Teams() {
  const { teams } = useMe();
  if (teams.length === 0) return null;
  return (
    <ul className={styles.teams}>
      {teams.slice(0, SHOWN_TEAMS).map((team) => (
        <li key={team.id}>
          <TeamLine team={team} />
        </li>
      ))}
    </ul>
  );
}

function TeamLine({ team }: { team: TeamSummary }) {
  const goal = useQuery(teamQuery(team.id)).data?.goals.find(({ state }) => isOpenGoal(state));
  return (
    <Link to="/teams/$teamId" params={{ teamId: team.id }} className={styles.team}>
      <Avatar name={team.name} square />
      <span className={styles.words}>
        <span className={styles.top}>
          <strong>
            <Revealed text={team.name} />
          </strong>
          <StatusWord status={goal && team.state === 'active' ? goalStatus[goal.state] : teamStatus[team.state]} live />
        </span>
        <span className={styles.goal}><Revealed text={goal?.text ?? 'No goal at the moment'} /></span>
      </span>
    </Link>
  );
}
