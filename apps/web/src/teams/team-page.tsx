import type { GoalSummary, TeamDetail } from '@countersign/contracts';
import { isOpenGoal, teamStatus } from '@countersign/view';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { goalQuery, teamQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { StatusChip } from '../parts/shape.js';
import { Bones, Loaded } from '../parts/states.js';
import { DESKTOP } from '../parts/widths.js';
import { Page } from '../shell/page.js';
import type { TeamTab } from '../router.js';
import { Board } from './board.js';
import { EndedBand } from './ended.js';
import { Goals } from './goals.js';
import { Members } from './members.js';
import { Messages } from './messages.js';
import { Questions } from './questions.js';
import { Shared } from './shared.js';
import { Now } from './now.js';
import { Shares } from './shares.js';
import { Spending } from './spending.js';
import { SuspendedBand } from './suspended-band.js';
import { TeamActions } from './team-actions.js';
import { Trial } from './trial.js';
import styles from './team-page.module.css';

const route = getRouteApi('/teams/$teamId');
const TABS: readonly { readonly id: TeamTab | undefined; readonly label: string }[] = [
  { id: undefined, label: 'Now' },
  { id: 'board', label: 'Board' },
  { id: 'members', label: 'Members' },
  { id: 'goals', label: 'Goals' },
  { id: 'spending', label: 'Spending' },
];
const back = { to: '/teams', label: 'Teams' } as const;

const skeleton = (
  <>
    <Panel>
      <Bones widths={[45, 90, 90, 60]} />
    </Panel>
    <Panel>
      <Bones widths={[30, 80, 80]} />
    </Panel>
  </>
);

export function TeamPage() {
  const { teamId } = route.useParams();
  const query = useQuery(teamQuery(teamId));
  if (query.data !== undefined) return <Team team={query.data} />;
  return (
    <Page title="Team" back={back} wide>
      <Loaded query={query} what="team" skeleton={skeleton}>
        {(team) => <Team team={team} />}
      </Loaded>
    </Page>
  );
}

/** The goal the team works on, or the last one. */
const currentGoal = ({ goals }: TeamDetail): GoalSummary | undefined => goals.find(({ state }) => isOpenGoal(state)) ?? goals[0];

function Team({ team }: { team: TeamDetail }) {
  const { tab } = route.useSearch();
  const desktop = useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false });
  const current = currentGoal(team);
  const goal = useQuery({ ...goalQuery(team.id, current?.id ?? ''), enabled: current !== undefined }).data;
  const parts = {
    now: <Now team={team} current={current} goal={goal} />,
    board: <Board team={team} desktop={desktop} />,
    members: (
      <>
        <Members team={team} desktop={desktop} />
        <Messages team={team} desktop={desktop} />
        <Questions team={team} open={false} />
        <Shared team={team} desktop={desktop} />
      </>
    ),
    goals: <Goals team={team} />,
    spending: (
      <div className={styles.stack}>
        <Spending budget={team.budget} />
        <Shares teamId={team.id} />
        <Panel title="Rules">
          <Link to="/teams/$teamId/charter" params={{ teamId: team.id }}>
            What it was certified by, and its charter
          </Link>
        </Panel>
      </div>
    ),
  };
  const title = (
    <div className={styles.aside}>
      <StatusChip status={teamStatus[team.state]} />
      <TeamActions team={team} desktop={desktop} />
    </div>
  );
  return (
    <Page title={team.name} back={back} aside={title} wide>
      <SuspendedBand team={team} />
      <EndedBand team={team} />
      <Trial team={team} />
      <Questions team={team} open />
      {desktop ? (
        <div className={styles.columns}>
          {parts.now}
          {parts.spending}
          <div className={styles.whole}>{parts.board}</div>
          <Members team={team} desktop={desktop} />
          <div className={styles.stack}>
            <Messages team={team} desktop={desktop} />
            <Questions team={team} open={false} />
            <Shared team={team} desktop={desktop} />
          </div>
          <div className={styles.whole}>{parts.goals}</div>
        </div>
      ) : (
        <>
          <nav className={styles.tabs} aria-label="Parts of the team">
            {TABS.map(({ id, label }) => (
              <Link key={label} to="." search={id === undefined ? {} : { tab: id }} replace className={tab === id ? styles.on : ''} aria-current={tab === id ? 'true' : undefined}>
                {label}
              </Link>
            ))}
          </nav>
          {parts[tab ?? 'now']}
        </>
      )}
    </Page>
  );
}
