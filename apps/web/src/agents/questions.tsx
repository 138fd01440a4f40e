import type { ApprovalQueue, BudgetLimit } from '@countersign/contracts';
import { counted, dollars, durationWords } from '@countersign/view';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Shape } from '../parts/shape.js';
import { Due } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import { Deed, MAY_ANSWER, useMay } from './deed.js';
import lists from '../parts/list.module.css';
import styles from './agents.module.css';

interface Question {
  readonly kind: 'spawn' | 'tool' | 'budget';
  readonly id: string;
  readonly teamId: string;
  readonly what: string;
  /** In an agent's or a person's own words, never a fact. */
  readonly said: string;
  /** Data, not words. */
  readonly exact?: true;
  readonly why: string;
  readonly dueAt: string;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

function questionsIn({ spawnApprovals, toolApprovals, budgetApprovals = [] }: ApprovalQueue): Question[] {
  return [
    ...spawnApprovals.map((one): Question => ({ kind: 'spawn', id: one.approvalID, teamId: one.teamID, what: `Start a ${one.request.role ?? 'worker'}`, said: one.request.justification, why: one.reason, dueAt: timeOf(one.expiresAtMs) })),
    ...toolApprovals.map((one): Question => ({ kind: 'tool', id: one.approvalID, teamId: one.teamID, what: `Let an agent call ${one.tool ?? 'a tool'}`, said: one.args === undefined ? '' : JSON.stringify(one.args), exact: true, why: one.reason, dueAt: timeOf(one.expiresAtMs) })),
    ...budgetApprovals.map((one): Question => ({ kind: 'budget', id: one.approvalID, teamId: one.teamID, what: 'Grant more budget', said: limitWords(one.more), why: one.reason, dueAt: timeOf(one.expiresAtMs) })),
  ].sort((one, other) => (one.dueAt < other.dueAt ? -1 : 1));
}

const YES: Readonly<Record<Question['kind'], string>> = {
  spawn: 'The whole gate judges it again. If nothing else stands against it, the agent is started now.',
  tool: 'This one call, with exactly these arguments, may happen once.',
  budget: 'Exactly this much is added; where what stands above has not enough, it gets it too, as far as the customer’s account reaches.',
};

const limitWords = ({ max_tokens, max_steps, max_tool_calls, max_duration_ms, max_cost_usd }: BudgetLimit): string =>
  [
    max_tokens === undefined ? '' : counted(max_tokens, 'token'),
    max_steps === undefined ? '' : counted(max_steps, 'step'),
    max_tool_calls === undefined ? '' : counted(max_tool_calls, 'tool call'),
    max_duration_ms === undefined ? '' : durationWords(max_duration_ms),
    max_cost_usd === undefined ? '' : dollars(max_cost_usd),
  ]
    .filter((words) => words !== '')
    .join(', ');

/** A quotation; what would not be seen in it is shown by its name. */
const Said = ({ text, exact }: { text: string; exact: true | undefined }) => (
  <blockquote className={`${styles.said} ${exact ? styles.exact : ''}`}><Revealed text={text} /></blockquote>
);

/** What the gate will do only after a person's yes; whoever asked cannot give it. */
export function Questions({ queue }: { queue: ApprovalQueue }) {
  const may = useMay(MAY_ANSWER);
  const { teams } = useMe();
  const questions = questionsIn(queue);
  return (
    <Panel title="Questions" aside={questions.length === 0 ? undefined : <span className="num">{questions.length}</span>}>
      {questions.length === 0 ? (
        <p className="soft">Where only a person’s yes is missing, the gate’s question waits here. Without an answer in time, nothing happens.</p>
      ) : (
        <ul className={lists.rows}>
          {questions.map(({ kind, id, teamId, what, said, exact, why, dueAt }) => (
            <li key={id} className={styles.question}>
              <div className={styles.line}>
                <strong>
                  <Revealed text={what} />
                </strong>
                <span className={styles.due}>
                  <Shape tone="waiting" />
                  <Due at={dueAt} />
                </span>
              </div>
              {said !== '' && <Said text={said} exact={exact} />}
              <p className="soft small">
                <Revealed text={`${teams.find((team) => team.id === teamId)?.name ?? 'A team'}${why === '' ? '' : `: ${why}`}`} />
              </p>
              {may && (
                <div className={styles.actions}>
                  <Deed path={`/agent-team/approvals/${kind}/${id}/approve`} label="Approve" about={what} title={`${what}?`} lead={YES[kind]}>
                    <Said text={said} exact={exact} />
                  </Deed>
                  <Deed path={`/agent-team/approvals/${kind}/${id}/deny`} label="Deny" about={what} title="Say no?" lead="It does not happen. Whoever asked is told." grave light />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
