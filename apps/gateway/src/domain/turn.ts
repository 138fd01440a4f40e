import { isTerminal, goalMachine, type GoalState, type TaskReview, type TaskState, type Turn } from '@countersign/contracts';

/** What decides whose turn a task is. */
export interface TurnFacts {
  readonly state: TaskState;
  readonly goalState: GoalState;
  /** Null where nobody has it. */
  readonly owner: { readonly name: string; readonly active: boolean } | null;
  readonly review: TaskReview;
  /** By name, whether they can still review; null where nobody in particular is asked. */
  readonly reviewer: { readonly name: string; readonly known: boolean; readonly person: boolean } | null;
  /** The state of each task it depends on; undefined: there is none of that id. */
  readonly dependsOn: readonly (TaskState | undefined)[];
  /** Whose answer a member waits for, where they have asked. */
  readonly asks: 'lead' | 'user' | null;
  /** Driven by events: who works on it says so, and nobody is bound to it. */
  readonly mission: boolean;
}

const OVER: Turn = { owner: 'none', name: '', action: 'none', queue: 'done' };
const waiting = (action: Turn['action']): Turn => ({ owner: 'none', name: '', action, queue: 'waiting' });
const member = (name: string, action: Turn['action']): Turn => ({ owner: 'member', name, action, queue: 'actionable' });
const lead = (action: Turn['action'], anomaly?: Turn['anomaly']): Turn => ({ owner: 'lead', name: '', action, queue: 'actionable', ...(anomaly ? { anomaly } : {}) });
const user = (action: Turn['action'], name = ''): Turn => ({ owner: 'user', name, action, queue: 'actionable' });

/** Whose turn it is, and for what: one owner and one action for each task, the first that applies. What contradicts itself is the lead's to repair. */
export function turnOf(facts: TurnFacts): Turn {
  const { state, goalState, owner, review, dependsOn, asks, mission } = facts;
  if (state === 'cancelled' || isTerminal(goalMachine, goalState) || (state === 'done' && review.state === 'approved')) return OVER;
  if (asks === 'user' || (state === 'blocked' && goalState === 'blocked')) return user('clarify_with_user');
  if (asks === 'lead' || state === 'blocked') return lead('clarify_with_lead');
  if (!mission && owner?.active === false && state !== 'done') return lead('assign_owner', 'invalid_owner_ref');
  if (state === 'done') return afterWork(facts);
  if (state === 'review' || state === 'approved') return lead('review');
  if (dependsOn.includes(undefined)) return lead('repair_dependencies', 'invalid_dependency_ref');
  if (state === 'todo' && !dependsOn.every((other) => other === 'done' || other === 'cancelled')) return waiting('wait_dependency');
  if (!owner) return mission ? member('', 'execute') : user('assign_owner');
  return member(owner.name, review.state === 'needs_fix' ? 'apply_changes' : 'execute');
}

/** Done work that nobody is asked to review is only looked at: its goal goes on. */
function afterWork({ review, reviewer }: TurnFacts): Turn {
  if (review.state !== 'review') return { owner: 'none', name: '', action: 'none', queue: 'oversight' };
  if (reviewer === null) return user('review');
  if (!reviewer.known) return lead('assign_reviewer', 'invalid_reviewer_ref');
  return reviewer.person ? user('review', reviewer.name) : member(reviewer.name, 'review');
}
