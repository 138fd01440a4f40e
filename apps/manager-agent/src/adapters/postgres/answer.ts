import { person, personal } from '@countersign/audit';
import type { AnswerTask, CustomerId, PersonId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { answerTask, mayAnswer, type AnswerRefusal } from '../../domain/answer-task.js';
import { refusesBegun, type WorkRefusal } from '../../domain/new-work.js';
import { readGoal } from './goal-rows.js';
import { GoalWriter } from './goal-writer.js';
import { readWorkTerms } from './work-terms.js';

interface TeamRow {
  readonly customerId: CustomerId;
  readonly coordinator: PersonId | null;
  readonly state: string;
  readonly epoch: number;
}

/** Judges and writes a person's answer to a blocked task, under the goal's lock; returns the team's epoch. The transaction's principal is the person. */
export async function takeAnswer(tx: Tx, audit: Audit, { goalId, taskId, by, answer, note }: AnswerTask): Promise<{ readonly epoch: number } | AnswerRefusal | ({ readonly ok: false } & WorkRefusal)> {
  const [team, facts] = await Promise.all([readAnsweredTeam(tx), readGoal(tx, goalId, { toHandOut: true })]);
  const forbidden = mayAnswer(by, team);
  if (forbidden) return forbidden;
  const stopped = refusesBegun(await readWorkTerms(tx), false);
  if (stopped) return { ok: false, ...stopped };
  const answered = facts ? answerTask(facts, { task: taskId, answer, note }) : ({ ok: false, code: 'not_found', message: 'There is no such goal.' } as const);
  if (!answered.ok) return answered;
  const { round } = facts!.tasks.find(({ id }) => id === taskId)!;
  await audit(tx, 'TASK-ANSWERED', { task_id: taskId, goal_id: goalId, customer_governor_id: person(by.personId), answer, round, ...(note === '' ? {} : { note: personal(by.personId, note) }) });
  await new GoalWriter(tx, audit, facts!).apply(answered.actions);
  return { epoch: team!.epoch };
}

/** An active team is fenced as it is read: a suspension waits for this transaction, or this transaction sees it (P9). */
export const readAnsweredTeam = (tx: Tx): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`select customer_id as "customerId", coordinator, state, case when state = 'active' then sec.fence(epoch) else epoch end as epoch from app.team where team_id = ${tx.scopeId}`);
