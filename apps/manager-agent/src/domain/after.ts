import { canMove, goalMachine, taskMachine, type GoalState, type TaskState } from '@countersign/contracts';
import type { Action } from './actions.js';
import { IllegalMoveError } from './errors.js';
import type { DraftFacts, GoalFacts, TaskFacts } from './facts.js';

/** The facts as they will be once the action is applied. Throws `IllegalMoveError` on a move no machine lists. */
export function after(facts: GoalFacts, action: Action): GoalFacts {
  const { epoch } = facts.team;
  switch (action.do) {
    case 'assign': {
      const { round, notes, why } = action;
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'assigned', true), round, notes, epoch, ...(why === 'answer' ? { roundsFrom: round - 1 } : {}) }));
    }
    case 'begin':
      return changeTask(facts, action.task, (task) => withState(task, 'in_progress'));
    case 'request-checks':
      return changeTask(facts, action.task, (task) => changeDraft({ ...withState(task, 'review', true), epoch }, action.draft, { review: { decision: null } }));
    case 'decide':
      return changeTask(facts, action.task, (task) => {
        const judged = changeDraft(task, action.draft, { review: { decision: action.decision } });
        return action.decision === 'approved' ? withState(judged, 'approved') : judged;
      });
    case 'commit-again':
      return changeTask(facts, action.task, (task) => ({ ...task, epoch }));
    case 'finish-task':
      return changeTask(facts, action.task, (task) => withState(task, 'done'));
    case 'reopen':
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'todo'), notes: action.notes }));
    case 'block-task':
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'blocked'), notes: action.notes }));
    case 'cancel-task':
      return changeTask(facts, action.task, (task) => withState(task, 'cancelled'));
    case 'propose':
      return propose(facts, action.revision);
    case 'delegate':
      return { ...facts, goal: { ...facts.goal, mode: 'orchestrate', workers: action.workers } };
    case 'resume-goal':
      return { ...facts, goal: { ...facts.goal, epoch } };
    case 'move-goal':
      return moved(facts, action.to);
  }
}

function propose(facts: GoalFacts, revision: number): GoalFacts {
  const next = facts.goal.state === 'proposed' ? facts : moved(facts, 'proposed');
  return { ...next, goal: { ...next.goal, epoch: facts.team.epoch }, deliverables: [...facts.deliverables, { id: null, revision, approval: null, effect: null }] };
}

function moved(facts: GoalFacts, to: GoalState): GoalFacts {
  if (!canMove(goalMachine, facts.goal.state, to)) throw new IllegalMoveError('goal', facts.goal.state, to);
  return { ...facts, goal: { ...facts.goal, state: to } };
}

/** `again`: handing on once more what is in that state already is no move. */
function withState(task: TaskFacts, to: TaskState, again = false): TaskFacts {
  if (!(again && task.state === to) && !canMove(taskMachine, task.state, to)) throw new IllegalMoveError('task', task.state, to);
  return { ...task, state: to };
}

const changeTask = (facts: GoalFacts, id: string, change: (task: TaskFacts) => TaskFacts): GoalFacts => ({
  ...facts,
  tasks: facts.tasks.map((task) => (task.id === id ? change(task) : task)),
});

const changeDraft = (task: TaskFacts, id: string, change: Partial<DraftFacts>): TaskFacts => ({
  ...task,
  drafts: task.drafts.map((draft) => (draft.id === id ? { ...draft, ...change } : draft)),
});
