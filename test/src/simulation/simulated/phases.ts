import { goalMachine, isTerminal } from '@countersign/contracts';
import { isAwaited, type GoalRows } from './rows.js';

/** What a goal has come to, as far as a stop could leave something of it behind. */
export const PHASES = ['planned', 'given out', 'taken up', 'at work', 'asking', 'checks', 'commit', 'proposed', 'question', 'hold', 'yes', 'effect started', 'effect begun', 'outcome unknown', 'outcome unheard'] as const;
export type Phase = (typeof PHASES)[number] | 'over' | 'between';

/** The furthest that it has come to. */
export function phaseOf(goal: GoalRows): Phase {
  const { state } = goal.goal;
  if (isTerminal(goalMachine, state)) return 'over';
  const latest = goal.deliverables.at(-1);
  const proposed = state === 'proposed' || state === 'executing';
  const approval = latest && goal.approvals.find(({ deliverableId }) => deliverableId === latest.id);
  if (proposed && approval) return ofApproval(goal, approval) ?? 'between';
  if (proposed) return 'proposed';
  const states = goal.tasks.map((task) => task.state);
  const taken = goal.runs.filter((run) => run.state === 'running');
  const running = taken.filter(({ instanceId }) => instanceId !== null);
  if (goal.questions.some((question) => isAwaited(goal, question))) return 'asking';
  if (states.includes('approved')) return 'commit';
  if (states.includes('review')) return 'checks';
  if (running.length > 0) return 'at work';
  if (taken.length > 0) return 'taken up';
  if (states.includes('assigned')) return 'given out';
  return state === 'planned' ? 'planned' : 'between';
}

function ofApproval({ effects }: GoalRows, { id, state }: GoalRows['approvals'][number]): Phase | undefined {
  const effect = effects.find(({ approvalId }) => approvalId === id);
  if (effect?.state === 'started') return effect.acts > 0 ? 'effect begun' : 'effect started';
  if (effect?.state === 'unknown') return 'outcome unknown';
  if (effect) return 'outcome unheard';
  return state === 'pending' ? 'question' : state === 'held' ? 'hold' : state === 'approved' ? 'yes' : undefined;
}
