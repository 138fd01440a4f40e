import type { TeamSummary } from '@countersign/contracts';
import { workerName } from '@countersign/contracts/worker-name';
import { costWords, escalationCount, goalStatus, isOpenGoal, teamStatus } from '@countersign/view';
import { IconUsersGroup } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { escalationsQuery, goalQuery, teamQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { CopyValue } from '../parts/copy.js';
import { Revealed } from '../parts/revealed.js';
import { StatusChip, StatusWord } from '../parts/shape.js';
import { Empty } from '../parts/states.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import { isOver } from './ended.js';
import { Steps } from './steps.js';
import styles from './teams-page.module.css';

function Aside() {
  const open = escalationCount(useQuery(escalationsQuery).data ?? []);
  return (
    <>
      <Link to="/escalations" className={styles.bundles}>
        {open === 0 ? 'Escalations' : `Escalations (${open})`}
      </Link>{' '}
      <Link to="/bundles" className={styles.bundles}>
        What can be hired
      </Link>
    </>
  );
}

/** Every team that this person may see. */
export function TeamsPage() {
  const { teams } = useMe();
  return (
    <Page title="Teams" aside={<Aside />} wide>
      {teams.length === 0 ? (
        <Empty title="There is no team yet" icon={<IconUsersGroup size={28} stroke={1.6} />}>
          <p className="soft">A team is a manager and specialists who work on your goals. Hire one in the terminal:</p>
          <CopyValue value="countersign team hire code-care" label="command" />
        </Empty>
      ) : (
        <ul className={styles.teams}>
          {teams.map((team) => (
            <li key={team.id}>
              <TeamCard team={team} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

function TeamCard({ team }: { team: TeamSummary }) {
  const detail = useQuery(teamQuery(team.id)).data;
  const goal = detail?.goals.find(({ state }) => isOpenGoal(state)) ?? detail?.goals[0];
  const open = goal !== undefined && isOpenGoal(goal.state);
  const tasks = useQuery({ ...goalQuery(team.id, goal?.id ?? ''), enabled: open }).data?.tasks;
  const busy = tasks?.find(({ state, progress }) => state === 'in_progress' && progress !== '');
  return (
    <Link to="/teams/$teamId" params={{ teamId: team.id }} className={styles.card}>
      <span className={styles.head}>
        <Avatar name={team.name} square size={40} />
        <span className={styles.name}>
          <strong>
            <Revealed text={team.name} />
          </strong>
          <span className="soft small">{team.mode === 'trial' ? 'Trial' : 'In production'}</span>
        </span>
        <StatusChip status={teamStatus[team.state]} />
      </span>
      {goal && (
        <span className={styles.goal}>
          <span className={styles.text}><Revealed text={goal.text} /></span>
          <span className={styles.line}>
            <StatusWord status={goalStatus[goal.state]} live />
            <span className="num soft">{costWords(goal.cost)}</span>
          </span>
          {open && tasks && <Steps tasks={tasks} />}
          {busy && (
            <span className={styles.now}>
              <Revealed text={`${workerName(busy)}: ${busy.progress}`} />
            </span>
          )}
        </span>
      )}
      {detail && !goal && <span className="soft small">{isOver(team) ? 'No goal' : 'No goal yet'}</span>}
    </Link>
  );
}
