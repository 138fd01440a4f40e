import type { DelegateGoal, GoalMode } from '@countersign/contracts';
import type { Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { mayAnswer, type AnswerRefusal } from '../../domain/answer-task.js';
import { delegateGoal, type DelegateRefusal } from '../../domain/delegate-goal.js';
import { refusesBegun, type WorkRefusal } from '../../domain/new-work.js';
import { readAnsweredTeam } from './answer.js';
import { readGoal } from './goal-rows.js';
import { GoalWriter } from './goal-writer.js';
import { readWorkTerms } from './work-terms.js';

interface Taken {
  readonly epoch: number;
  readonly changed: boolean;
  readonly switchedFrom?: GoalMode;
}

/** Judges and writes a person's wish to have a goal delegated, under the goal's lock. The transaction's principal is the person. */
export async function takeDelegation(tx: Tx, audit: Audit, { goalId, by, workers }: DelegateGoal): Promise<Taken | AnswerRefusal | DelegateRefusal | ({ readonly ok: false } & WorkRefusal)> {
  const [team, facts] = await Promise.all([readAnsweredTeam(tx), readGoal(tx, goalId, { toHandOut: true })]);
  const forbidden = mayAnswer(by, team);
  if (forbidden) return forbidden;
  if (!facts) return { ok: false, code: 'not_found', message: 'There is no such goal.' };
  const delegated = delegateGoal(facts, workers);
  if (!delegated.ok) return delegated;
  const { actions, switchedFrom } = delegated;
  // one that was only planned begins with this
  const stopped = actions.length > 0 ? refusesBegun(await readWorkTerms(tx), switchedFrom !== undefined && facts.goal.state === 'planned') : undefined;
  if (stopped) return { ok: false, ...stopped };
  await new GoalWriter(tx, audit, facts, by.personId).apply(actions);
  return { epoch: team!.epoch, changed: actions.length > 0, ...(switchedFrom === undefined ? {} : { switchedFrom }) };
}
