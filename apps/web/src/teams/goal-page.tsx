import type { CriterionView, GoalDetail, TaskView, TeamDetail } from '@countersign/contracts';
import { workerName } from '@countersign/contracts/worker-name';
import { approvalStatus, effectStatus, goalStatus, taskStatus, type Tone } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { goalQuery, teamQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { CopyValue } from '../parts/copy.js';
import { FactsList, type Row } from '../parts/facts-list.js';
import { Money } from '../parts/money.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Shape, StatusChip, StatusWord } from '../parts/shape.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { AskAgain } from './ask-again.js';
import { BlockedAnswer } from './blocked-answer.js';
import { Steps } from './steps.js';
import { SuspendedBand } from './suspended-band.js';
import styles from './goal-page.module.css';

const route = getRouteApi('/teams/$teamId/goals/$goalId');

/** One goal: why it exists, what it waits for, what it cost, and each task with its checks. */
export function GoalPage() {
  const { teamId, goalId } = route.useParams();
  const team = useQuery(teamQuery(teamId)).data;
  const query = useQuery(goalQuery(teamId, goalId));
  const back = { to: '/teams/$teamId', params: { teamId }, label: team?.name ?? 'Team' } as const;
  return (
    <Page title="Goal" back={back} aside={query.data && <StatusChip status={goalStatus[query.data.state]} live />}>
      {team && <SuspendedBand team={team} />}
      <Loaded query={query} what="goal" skeleton={<Panel>{<Bones widths={[90, 60, 80, 40]} />}</Panel>}>
        {(goal) => <Goal goal={goal} team={team} />}
      </Loaded>
    </Page>
  );
}

const Goal = ({ goal, team }: { goal: GoalDetail; team: TeamDetail | undefined }) => (
  <>
    <Panel label="The goal">
      <p className={styles.text}>
        <Revealed text={goal.text} />
      </p>
      {goal.note !== '' && <p className={styles.note}><Revealed text={goal.note} /></p>}
      {goal.notAsked && <p className={styles.note}>Nobody was asked to approve this. <Revealed text={goal.notAsked.message} /></p>}
      <FactsList rows={factsOf(goal)} />
      {team && <AskAgain teamId={team.id} goal={goal} />}
    </Panel>
    {team && <BlockedAnswer goal={goal} team={team} />}
    <Panel title="Tasks">
      <Steps tasks={goal.tasks} />
      <ul className={styles.tasks}>
        {goal.tasks.map((task) => (
          <li key={task.id}>
            <Task task={task} />
          </li>
        ))}
      </ul>
    </Panel>
  </>
);

function factsOf({ approval, cost, overshoot, createdAt, finishedAt, effect, repository }: GoalDetail): Row[] {
  const receipt = effect?.receipt as Readonly<Record<string, unknown>> | null | undefined;
  const commit = receipt?.['commit'];
  const rows: (Row | false | undefined)[] = [
    { label: 'Cost so far', value: <Money amount={cost} /> },
    finishedAt === null && { label: 'Beyond what is held, at most', value: <Money amount={overshoot} /> },
    { label: 'Given', value: <Ago at={createdAt} /> },
    finishedAt !== null && { label: 'Over', value: <Ago at={finishedAt} /> },
    repository ? { label: 'Branch', value: repository.branch } : undefined,
    repository ? { label: 'Repository', value: repository.remote } : undefined,
    approval
      ? {
          label: 'Request',
          value: (
            <Link to="/a/$approvalId" params={{ approvalId: approval.id }}>
              {approvalStatus[approval.state as keyof typeof approvalStatus]?.word ?? approval.state}
            </Link>
          ),
        }
      : undefined,
    effect ? { label: 'Effect', value: <StatusWord status={effectStatus[effect.state]} live /> } : undefined,
    typeof commit === 'string' && { label: 'Commit', value: <CopyValue value={commit} shown={commit.slice(0, 12)} label="commit" /> },
  ];
  return rows.filter((row): row is Row => Boolean(row));
}

const Task = ({ task }: { task: TaskView }) => (
  <article className={styles.task}>
    <div className={styles.head}>
      <h3>
        <Revealed text={task.title} />
      </h3>
      <StatusWord status={taskStatus[task.state]} live />
    </div>
    <p className={styles.by}>
      <Avatar name={workerName(task)} size={22} />
      <Revealed text={workerName(task)} />
      {task.member !== null && ` · ${task.skill}`}
      {task.round > 1 && ` · round ${task.round}`}
      {task.run !== null && task.run.attempt > 1 && ` · attempt ${task.run.attempt}`}
    </p>
    {task.state === 'in_progress' && task.progress !== '' && (
      <p className={styles.progress} aria-live="polite">
        <Revealed text={task.progress} />
      </p>
    )}
    <ul className={styles.criteria}>
      {task.criteria.map((criterion) => (
        <li key={criterion.id}>
          <Criterion criterion={criterion} />
        </li>
      ))}
    </ul>
    {task.run?.code && <p className={styles.code}>The last run ended early: {task.run.code.replaceAll('_', ' ')}</p>}
    {task.notes.length > 0 && (
      <ul className={styles.notes} aria-label="Notes of the review">
        {task.notes.map((note, index) => (
          <li key={index}><Revealed text={noteWords(note)} /></li>
        ))}
      </ul>
    )}
  </article>
);

function Criterion({ criterion: { id, passed } }: { criterion: CriterionView }) {
  const tone: Tone = passed === null ? 'idle' : passed ? 'done' : 'failed';
  return (
    <span className={styles.criterion}>
      <Shape tone={tone} />
      {id.replaceAll('-', ' ')}
      <span className="sr">{passed === null ? ', not run yet' : passed ? ', passed' : ', failed'}</span>
    </span>
  );
}

/** A note is a text, or a member of a person's answer that carries one. */
function noteWords(note: unknown): string {
  if (typeof note === 'string') return note;
  const text = (note as { text?: unknown } | null)?.text;
  return typeof text === 'string' ? text : JSON.stringify(note);
}
