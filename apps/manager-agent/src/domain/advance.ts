import { stopNote } from '@countersign/contracts';
import type { Action } from './actions.js';
import { after } from './after.js';
import { ImpossibleFactsError } from './errors.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { nothingMoves } from './nothing-moves.js';
import { moveGoal } from './move-goal.js';
import { proposeGoal } from './propose.js';
import { isReviewed, mayDelegate } from './read-facts.js';
import { resumeGoal } from './resume-team.js';
import { afterReview, workTask } from './work-task.js';

/** More steps than any goal can need in one look: a playbook has few tasks, and each step moves one of them on. */
const MOST_STEPS = 1000;
const OPEN = new Set(['planned', 'running', 'proposed', 'changes_requested', 'executing']);

/**
 * Everything that can be done about a goal now, in order. The one rule behind every message, sweep and reactivation:
 * look at the rows, do the next steps. A second look at what the first one left finds nothing to do, and so does any look at a paused goal.
 */
export function advance(facts: GoalFacts): Action[] {
  const actions: Action[] = [];
  for (let current = facts; actions.length < MOST_STEPS; ) {
    const next = nextStep(current, actions.at(-1));
    if (!next) return actions;
    actions.push(next);
    current = after(current, next);
  }
  throw new ImpossibleFactsError('a goal that never comes to rest');
}

function nextStep(facts: GoalFacts, last: Action | undefined): Action | undefined {
  const next = wantedStep(facts, last);
  return (next?.do === 'assign' || next?.do === 'reassign') && !mayDelegate(facts) ? undefined : next;
}

function wantedStep(facts: GoalFacts, last: Action | undefined): Action | undefined {
  if (facts.goal.paused || !OPEN.has(facts.goal.state)) return undefined;
  if (last?.do === 'decide' && last.decision !== 'approved') return afterReview(taskOf(facts, last.task), facts, last.decision, last.notes);
  return blockGoal(facts) ?? resumeGoal(facts) ?? moveGoal(facts) ?? workTasks(facts);
}

/** A blocked task blocks its goal; what others have in hand is stopped, because it cannot be delivered. */
function blockGoal(facts: GoalFacts): Action | undefined {
  const blocked = facts.tasks.find(({ state }) => state === 'blocked');
  if (!blocked) return undefined;
  const inHand = facts.tasks.find(({ state }) => state === 'assigned' || state === 'in_progress' || state === 'review' || state === 'approved');
  if (inHand) return { do: 'block-task', task: inHand.id, notes: [...inHand.notes, stopNote(blocked.title)] };
  return { do: 'move-goal', to: 'blocked', code: 'task_blocked', note: `Blocked at "${blocked.title}". ${blocked.notes.join('\n')}`.slice(0, 4000) };
}

function workTasks(facts: GoalFacts): Action | undefined {
  const { state } = facts.goal;
  if ((state !== 'planned' && state !== 'running') || facts.goal.mode === 'plan') return undefined;
  if (!mayDelegate(facts)) return undefined;
  if (state === 'planned') return { do: 'move-goal', to: 'running', code: 'started', note: '' };
  for (const task of facts.tasks) {
    const action = workTask(task, facts);
    if (action) return action;
  }
  return facts.tasks.every(isReviewed) ? proposeGoal(facts) : nothingMoves(facts);
}

const taskOf = (facts: GoalFacts, id: string): TaskFacts => facts.tasks.find((task) => task.id === id)!;
