import type { GoalDetail, GoalSummary, MemberSummary, TaskView, TeamDetail } from '@countersign/contracts';
import { goalStatus, isOpenGoal, taskStatus, type Status } from '@countersign/view';
import { IconArrowRight, IconFlag } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Avatar } from '../parts/avatar.js';
import { CopyValue } from '../parts/copy.js';
import { Money } from '../parts/money.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { StatusChip, StatusWord } from '../parts/shape.js';
import { Empty } from '../parts/states.js';
import { isOver } from './ended.js';
import { Steps } from './steps.js';
import styles from './now.module.css';

interface NowProps {
  readonly team: TeamDetail;
  readonly current: GoalSummary | undefined;
  /** Arrives a little later than its summary. */
  readonly goal: GoalDetail | undefined;
}

/** What everybody does at this moment. */
export function Now({ team, current, goal }: NowProps) {
  if (current === undefined) {
    if (isOver(team)) return <Empty title="No goal" icon={<IconFlag size={28} stroke={1.6} />} />;
    return (
      <Empty title="No goal yet" icon={<IconFlag size={28} stroke={1.6} />}>
        <p className="soft">Give the team one in the terminal, inside a repository:</p>
        <CopyValue value={`countersign goal submit --team ${team.id} "Document and test the package" --repo . --follow`} shown='countersign goal submit … "Document and test the package"' label="command" />
      </Empty>
    );
  }
  const suspended = team.state === 'suspended';
  return (
    <Panel title={isOpenGoal(current.state) ? 'Working on' : 'Last goal'} aside={<StatusChip status={suspended && isOpenGoal(current.state) ? stopped : goalStatus[current.state]} live />}>
      <p className={styles.text}>
        <Revealed text={current.text} />
      </p>
      <div className={styles.line}>
        <span className={styles.cost}>
          <Money amount={current.cost} /> <span className="soft">so far</span>
        </span>
        <Link to="/teams/$teamId/goals/$goalId" params={{ teamId: team.id, goalId: current.id }} className={styles.more}>
          Details
        </Link>
      </div>
      {goal && <Steps tasks={goal.tasks} still={suspended} />}
      {current.note !== '' && <p className={styles.note}><Revealed text={current.note} /></p>}
      <Waiting goal={goal} />
      <ul className={styles.members}>
        {team.members
          .filter(({ state }) => state !== 'removed')
          .map((member) => (
            <li key={member.id}>
              <Member member={member} goal={goal} suspended={suspended} />
            </li>
          ))}
      </ul>
    </Panel>
  );
}

/** The one thing that needs the reader. */
function Waiting({ goal }: { goal: GoalDetail | undefined }) {
  if (goal?.approval?.state !== 'pending') return null;
  return (
    <Link to="/a/$approvalId" params={{ approvalId: goal.approval.id }} className={styles.waiting}>
      <StatusWord status={{ tone: 'waiting', word: 'Waiting for you: open the request' }} strong />
      <IconArrowRight size={20} aria-hidden="true" />
    </Link>
  );
}

function Member({ member, goal, suspended }: { member: MemberSummary; goal: GoalDetail | undefined; suspended: boolean }) {
  const own = goal?.tasks.filter((task) => task.member?.id === member.id) ?? [];
  const task = own.find(({ state }) => state === 'in_progress' || state === 'review' || state === 'assigned') ?? own.find(({ state }) => state === 'todo') ?? own.at(-1);
  const status = suspended ? stopped : member.kind === 'manager' ? managerStatus(goal) : task ? taskStatus[task.state] : idle;
  return (
    <div className={styles.member}>
      <Avatar name={member.name} />
      <div className={styles.who}>
        <div className={styles.names}>
          <span>
            <strong><Revealed text={member.name} /></strong> <span className="soft small">{member.kind === 'manager' ? 'manager' : member.skill}</span>
          </span>
          <StatusWord status={status} live />
        </div>
        <p className={styles.doing}>
          <Revealed text={suspended ? 'Stopped. The work so far is kept.' : (task && doing(task)) || (member.kind === 'manager' ? managerWords(goal) : 'No task in this goal')} />
        </p>
      </div>
    </div>
  );
}

const idle: Status = { tone: 'idle', word: 'Free' };
const stopped: Status = { tone: 'stopped', word: 'Stopped' };

function doing(task: TaskView): string {
  const tries = [task.round > 1 ? `round ${task.round}` : '', task.run !== null && task.run.attempt > 1 ? `attempt ${task.run.attempt}` : ''].filter((word) => word !== '').join(', ');
  const title = tries === '' ? task.title : `${task.title} (${tries})`;
  return task.state === 'in_progress' && task.progress !== '' ? task.progress : title;
}

/** The manager has no tasks of its own: what it does follows from the goal. */
function managerStatus(goal: GoalDetail | undefined): Status {
  if (goal === undefined || !isOpenGoal(goal.state)) return idle;
  if (goal.state === 'proposed') return { tone: 'waiting', word: 'Waiting' };
  return { tone: 'working', word: goal.tasks.some(({ state }) => state === 'review') ? 'Reviewing' : 'Watching' };
}

function managerWords(goal: GoalDetail | undefined): string {
  if (goal === undefined) return '';
  const review = goal.tasks.filter(({ state }) => state === 'review');
  if (goal.state === 'planned') return 'Plans the tasks';
  if (goal.state === 'proposed') return 'Has asked for your approval';
  if (goal.effect?.state === 'unknown') return 'Waits for a person: nobody knows whether it has happened';
  if (goal.state === 'executing') return 'Waits until it is carried out';
  if (review.length > 0) return `Reviews ${review.map(({ title }) => `“${title}”`).join(', ')}`;
  return isOpenGoal(goal.state) ? 'Waits for drafts to review' : 'The goal is over';
}
