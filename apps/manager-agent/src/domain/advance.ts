import { firstOf, stopNote, type TaskId } from '@countersign/contracts';
import { isHandOut, type Action } from './actions.js';
import { after } from './after.js';
import { closeGoal, GATE_STOPPED } from './close-goal.js';
import { ImpossibleFactsError } from './errors.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { nothingMoves } from './nothing-moves.js';
import { moveGoal } from './move-goal.js';
import { proposeGoal } from './propose.js';
import { isReviewed, isSettled, mayDelegate, mayHandOut, waitsItsTurn } from './read-facts.js';
import { resumeGoal } from './resume-team.js';
import { afterReview, workTask } from './work-task.js';

/** More steps than any goal can need in one look: a playbook has few tasks, and each step moves one of them on. */
const MOST_STEPS = 1000;
const OPEN = new Set(['planned', 'running', 'proposed', 'changes_requested', 'executing']);

/**
 * Everything that can be done about a goal now, in order. The one rule behind every message, sweep and reactivation:
 * look at the rows, do the next steps. A second look at what the first one left finds nothing to do, and so does any look at a paused goal.
 * What the gate has stopped is only closed.
 */
export function advance(facts: GoalFacts): Action[] {
  if (facts.goal.stopped) return [...closeGoal(facts, GATE_STOPPED)];
  const actions: Action[] = [];
  for (let current = facts; actions.length < MOST_STEPS; ) {
    const next = nextStep(current, actions.at(-1));
    if (!next) return actions;
    actions.push(next);
    current = after(current, next);
  }
  throw new ImpossibleFactsError('a goal that never comes to rest');
}

/** What stands beside a goal of which nothing may be handed out. */
export const NO_PRECEDENT_NOTE = 'No precedent in force permits the manager to delegate. What is handed in is judged; nothing more is handed out until one does.';

/** What stands beside a goal whose work is queued while the fleet works for others. */
export const ITS_TURN_NOTE = 'Its work is queued: the fleet is busy with other goals, and this one waits its turn.';
/** After so long people are told. */
const TURN_SAID_MS = 60_000;

function nextStep(facts: GoalFacts, last: Action | undefined): Action | undefined {
  if (facts.goal.paused || !OPEN.has(facts.goal.state)) return undefined;
  if (last?.do === 'decide' && last.decision !== 'approved') return sentBack(facts, last.task, last.decision, last.notes);
  return blockGoal(facts) ?? resumeGoal(facts) ?? moveGoal(facts) ?? workTasks(facts) ?? sayWhy(facts);
}

/** What may not be handed out now keeps its notes until it may. */
function sentBack(facts: GoalFacts, id: TaskId, decision: 'revise' | 'flag', notes: readonly string[]): Action {
  const next = afterReview(taskOf(facts, id), facts, decision, notes);
  return isHandOut(next) && !mayHandOut(facts) ? { do: 'hold', task: id, notes: next.notes } : next;
}

/** That nothing is handed out, or that nobody has begun yet, is said beside the goal while it is so. */
function sayWhy(facts: GoalFacts): Action | undefined {
  const { state, mode, note } = facts.goal;
  const atWork = mode === 'orchestrate' && (state === 'planned' || state === 'running');
  const said = note === NO_PRECEDENT_NOTE || note === ITS_TURN_NOTE ? note : '';
  const waits = atWork && !mayDelegate(facts) && !facts.tasks.every(isSettled) ? NO_PRECEDENT_NOTE : waitsItsTurn(facts, TURN_SAID_MS) ? ITS_TURN_NOTE : '';
  return waits === said ? undefined : { do: 'say', note: waits };
}

/** A blocked task blocks its goal; what others have in hand is stopped, because it cannot be delivered. */
function blockGoal(facts: GoalFacts): Action | undefined {
  const blocked = facts.tasks.find(({ state }) => state === 'blocked');
  if (!blocked) return undefined;
  const inHand = facts.tasks.find(({ state }) => state === 'assigned' || state === 'in_progress' || state === 'review' || state === 'approved');
  if (inHand) return { do: 'block-task', task: inHand.id, notes: [...inHand.notes, stopNote(blocked.title)] };
  return { do: 'move-goal', to: 'blocked', code: 'task_blocked', note: firstOf(`Blocked at "${blocked.title}". ${blocked.notes.join('\n')}`, 4000) };
}

function workTasks(facts: GoalFacts): Action | undefined {
  const { state } = facts.goal;
  const hands = mayHandOut(facts);
  if (state === 'planned') return hands ? { do: 'move-goal', to: 'running', code: 'started', note: '' } : undefined;
  if (state !== 'running') return undefined;
  for (const task of facts.tasks) {
    const action = task.state === 'todo' && !hands ? undefined : workTask(task, facts);
    if (action && (hands || !isHandOut(action))) return action;
  }
  if (facts.tasks.every(isReviewed)) return proposeGoal(facts);
  return hands ? nothingMoves(facts) : undefined;
}

const taskOf = (facts: GoalFacts, id: string): TaskFacts => facts.tasks.find((task) => task.id === id)!;
