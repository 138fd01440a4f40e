import { canMove, goalMachine, NOT_REVIEWED, taskMachine, withRequest, type Actor, type GoalState, type MemberId, type ReviewCycle, type TaskReview, type TaskState } from '@countersign/contracts';
import type { Action } from './actions.js';
import { IllegalMoveError } from './errors.js';
import { countedFrom } from './hand-over.js';
import { ownerOf } from './read-facts.js';
import { withLoads } from './review-load.js';
import type { DraftFacts, GoalFacts, TaskFacts } from './facts.js';

/** The facts as they will be once the action is applied. Throws `IllegalMoveError` on a move no machine lists. */
export const after = (facts: GoalFacts, action: Action): GoalFacts => withLoads(facts, applied(facts, action), action);

function applied(facts: GoalFacts, action: Action): GoalFacts {
  const { epoch } = facts.team;
  switch (action.do) {
    case 'assign': {
      const { round, notes, why, member } = action;
      return changeTask(why === 'resume' ? facts : given(facts, member ?? facts.tasks.find(({ id }) => id === action.task)!.memberId), action.task, (task) => ({
        ...withState(task, 'assigned', true), round, notes, epoch, ...(why === 'answer' ? { roundsFrom: round - 1, takenFrom: [] } : {}), ...(member === undefined ? {} : { memberId: member, memberActive: true }),
      }));
    }
    case 'reassign':
      return changeTask(given(facts, action.to), action.task, (task) => ({
        ...withState(task, 'assigned', true), round: action.round, notes: action.notes, epoch, roundsFrom: countedFrom(task, action),
        memberId: action.to, memberActive: true, takenFrom: [...task.takenFrom, ownerOf(task)],
      }));
    case 'escalate':
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'blocked'), notes: action.notes }));
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
    case 'keep-waiting':
      return changeTask(facts, action.task, (task) => ({ ...task, epoch }));
    case 'finish-task':
      return changeTask(facts, action.task, (task) => withState(task, 'done'));
    case 'reopen':
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'todo'), notes: action.notes, takenFrom: [], roundsFrom: task.round }));
    case 'hold':
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'todo'), notes: action.notes }));
    case 'block-task':
      return changeTask(facts, action.task, (task) => ({ ...withState(task, 'blocked'), notes: action.notes }));
    case 'cancel-task':
      return changeTask(facts, action.task, (task) => withState(task, 'cancelled'));
    case 'request-review':
      return changeTask(facts, action.task, (task) => ({ ...task, review: asked(task.review, action.reviewer, facts.now) }));
    case 'escalate-review':
      return changeTask(facts, action.task, (task) => ({ ...task, review: asked(task.review, null, facts.now) }));
    case 'start-review':
      return changeTask(facts, action.task, (task) => withCycle(task, { startedAtMs: Date.parse(facts.now) }));
    case 'nudge-review':
      return changeTask(facts, action.task, (task) => withCycle(task, { nudgedAtMs: Date.parse(facts.now) }));
    case 'approve-review':
      return changeTask(facts, action.task, (task) => ({ ...task, review: { state: 'approved', cycle: null, note: '' } }));
    case 'ask-changes':
      return changeTask(facts, action.task, (task) => ({ ...task, review: { state: 'needs_fix', cycle: null, note: action.note } }));
    case 'remove-approval':
      return changeTask(facts, action.task, (task) => ({ ...task, review: NOT_REVIEWED }));
    case 'set-owner':
      return changeTask(facts, action.task, (task) => ({ ...task, memberId: action.member, memberActive: true, skill: action.skill, criteria: action.criteria, authors: [...task.authors, `member:${action.member}`] }));
    case 'add-task':
      return { ...facts, tasks: [...facts.tasks, added(action, epoch)] };
    case 'propose':
      return propose(facts, action.revision);
    case 'delegate':
      return { ...facts, goal: { ...facts.goal, mode: 'orchestrate', workers: action.workers, note: facts.goal.state === 'planned' ? '' : facts.goal.note } };
    case 'resume-goal':
      return { ...facts, goal: { ...facts.goal, epoch } };
    case 'say':
      return { ...facts, goal: { ...facts.goal, note: action.note } };
    case 'move-goal':
      return moved(facts, action.to, action.note);
  }
}

const given = (facts: GoalFacts, to: MemberId | null): GoalFacts => ({ ...facts, members: facts.members.map((member) => (member.id === to ? { ...member, given: member.given + 1 } : member)) });

const asked = (review: TaskReview, reviewer: Actor | null, now: string): TaskReview => withRequest(review, { request: 'just asked', reviewer, requestedAtMs: Date.parse(now) });

const withCycle = (task: TaskFacts, change: Partial<ReviewCycle>): TaskFacts => (task.review.cycle ? { ...task, review: { ...task.review, cycle: { ...task.review.cycle, ...change } } } : task);

const added = ({ task: id, title, notes, owner, dependsOn }: Extract<Action, { do: 'add-task' }>, epoch: number): TaskFacts => ({
  id, key: id, title, skill: owner?.skill ?? '', memberId: owner?.id ?? null, memberActive: owner !== null, criteria: owner?.criteria ?? [], dependsOn, state: 'todo', round: 0, roundsFrom: 0, epoch, notes, takenFrom: [], stillMs: 0, redoable: true, addedBy: null, runs: [], drafts: [],
  authors: owner ? [`member:${owner.id}`] : [], review: NOT_REVIEWED,
});

function propose(facts: GoalFacts, revision: number): GoalFacts {
  const next = facts.goal.state === 'proposed' ? facts : moved(facts, 'proposed', '');
  return { ...next, goal: { ...next.goal, epoch: facts.team.epoch, note: '' }, deliverables: [...facts.deliverables, { id: null, revision, approval: null, effect: null }] };
}

function moved(facts: GoalFacts, to: GoalState, note: string): GoalFacts {
  if (!canMove(goalMachine, facts.goal.state, to)) throw new IllegalMoveError('goal', facts.goal.state, to);
  return { ...facts, goal: { ...facts.goal, state: to, note } };
}

/** `again`: handing on once more what is in that state already is no move. */
function withState(task: TaskFacts, to: TaskState, again = false): TaskFacts {
  if (!(again && task.state === to) && !canMove(taskMachine, task.state, to)) throw new IllegalMoveError('task', task.state, to);
  const review = task.review.state === 'needs_fix' && to !== 'done' ? task.review : NOT_REVIEWED;
  return { ...task, state: to, review, stillMs: 0 };
}

const changeTask = (facts: GoalFacts, id: string, change: (task: TaskFacts) => TaskFacts): GoalFacts => ({
  ...facts,
  tasks: facts.tasks.map((task) => (task.id === id ? change(task) : task)),
});

const changeDraft = (task: TaskFacts, id: string, change: Partial<DraftFacts>): TaskFacts => ({
  ...task,
  drafts: task.drafts.map((draft) => (draft.id === id ? { ...draft, ...change } : draft)),
});
