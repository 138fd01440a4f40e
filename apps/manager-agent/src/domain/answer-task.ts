import { CUSTOMER_NOTE, isStopNote, type CustomerId, type PersonId, type TaskAnswer, type TaskId } from '@countersign/contracts';
import type { Action } from './actions.js';
import { after } from './after.js';
import { doerOf } from './choose-member.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { allHandsFull, hasCommitted, isReady, mayDelegate, staysNote } from './read-facts.js';

export interface Answer {
  readonly task: TaskId;
  readonly answer: TaskAnswer;
  readonly note: string;
}
export interface Answerer {
  readonly personId: PersonId;
  readonly customerId: CustomerId;
  readonly roles: readonly string[];
}
export interface AnsweredTeam {
  /** The governor of the platform who coordinates it for a while, if one does. */
  readonly coordinator?: PersonId | null;
  readonly customerId: CustomerId;
  readonly state: string;
}
export type AnswerRefusal = { readonly ok: false; readonly code: 'not_found' | 'not_permitted' | 'team_not_active' | 'goal_paused' | 'task_not_blocked' | 'member_not_active' | 'nothing_left'; readonly message: string };
export type Answered = { readonly ok: true; readonly actions: readonly Action[] } | AnswerRefusal;

const refused = (code: AnswerRefusal['code'], message: string): AnswerRefusal => ({ ok: false, code, message });

/** Whether this person may answer for this team now; another customer's team does not exist for them. Work begins by an answer, so the team must be active. */
export function mayAnswer(by: Answerer, team: AnsweredTeam | undefined): AnswerRefusal | undefined {
  const coordinates = team?.coordinator === by.personId && by.roles.includes('platform_governor');
  if (!team || (team.customerId !== by.customerId && !coordinates)) return refused('not_found', 'There is no such goal.');
  if (!coordinates && !by.roles.includes('customer_governor')) return refused('not_permitted', 'Only a governor of the customer answers for a goal.');
  return team.state === 'active' ? undefined : refused('team_not_active', `The team is ${team.state}; it goes on with a goal while it is active.`);
}

/**
 * What a person's answer to a blocked task does: `retry` hands it to its member again with the person's words, `skip` leaves it out,
 * except what of it is on the goal's branch already: that is said.
 * Either lets the goal run again, and with it the tasks that were stopped because this one was blocked; each has its rounds anew.
 * Nobody is given more than one may have in hand: what is too much for now, or builds on other work, is begun when that is done.
 */
export function answerTask(facts: GoalFacts, { task: id, answer, note }: Answer): Answered {
  const task = facts.tasks.find((other) => other.id === id);
  if (!task) return refused('not_found', 'There is no such task.');
  if (facts.goal.paused) return refused('goal_paused', 'The goal is paused; it can be answered once it goes on.');
  if (facts.goal.state !== 'blocked' || task.state !== 'blocked') return refused('task_not_blocked', `The task is ${task.state} and its goal ${facts.goal.state}; nothing waits for an answer.`);
  if (answer === 'skip' && facts.tasks.every((other) => other.id === id || other.state === 'cancelled')) return refused('nothing_left', 'Nothing of the goal would be left; cancel it instead.');
  const blocked = facts.tasks.filter((other) => other.state === 'blocked' && other.id !== id);
  const resumed = answer === 'skip' ? blocked : [task, ...blocked];
  const actions: Action[] = [...(answer === 'skip' ? [{ do: 'cancel-task', task: id } as const] : []), { do: 'move-goal', to: 'running', code: 'customer_answered', note: answer === 'skip' && hasCommitted(task) ? staysNote(task) : '' }];
  let now = actions.reduce(after, facts);
  const absent = resumed.find((other) => isReady(other, now) && doerOf(now, afresh(other)) === 'nobody');
  if (absent) return refused('member_not_active', `The member who would do "${absent.title}" is suspended or gone.`);
  for (const other of resumed) {
    const action = anew(other, now, other.id === id ? note : '');
    actions.push(action);
    now = after(now, action);
  }
  return { ok: true, actions };
}

/** A person has a say in it: whoever it was taken from may have it again. */
const afresh = (task: TaskFacts): TaskFacts => ({ ...task, takenFrom: [] });

/** The next round of a task that stood still, with what is known about it; why others stopped it is over. By its own member, or who stands in where that one is gone. */
function anew(task: TaskFacts, facts: GoalFacts, note: string): Action {
  const notes = [...(note === '' ? [] : [`${CUSTOMER_NOTE}${note}`]), ...task.notes.filter((known) => !isStopNote(known))];
  const doer = allHandsFull(facts) || !mayDelegate(facts) || !isReady(task, facts) ? 'busy' : doerOf(facts, afresh(task));
  if (typeof doer === 'string') return { do: 'reopen', task: task.id, notes };
  return { do: 'assign', task: task.id, round: task.round + 1, why: 'answer', notes, ...(doer.id === task.memberId ? {} : { member: doer.id }) };
}
