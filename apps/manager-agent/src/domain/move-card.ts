import { CUSTOMER_NOTE, cardMoves, columnOf, goalHinders, type Actor, type CardMove, type CardSeen, type MemberId } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { pickReviewer } from './review-task.js';

export interface WantedMove {
  readonly move: CardMove;
  readonly seen: CardSeen;
  readonly by: Actor;
  readonly reviewer?: Actor;
  readonly comment?: string;
  readonly owner?: Owner;
}
/** A member with what their skill's work is accepted by. */
export interface Owner {
  readonly id: MemberId;
  readonly skill: string;
  readonly active: boolean;
  readonly criteria: TaskFacts['criteria'];
}
export type MoveRefusal = {
  readonly ok: false;
  readonly code: 'agents_only' | 'not_in_column' | 'goal_not_running' | 'goal_paused' | 'author_may_not_review' | 'review_is_anothers' | 'no_reviewer' | 'reviewer_unknown' | 'owner_missing' | 'owner_unknown' | 'already_owned' | 'not_redoable' | 'stale_version';
  readonly message: string;
};
/** No actions: it is so already. */
export type MovedCard = { readonly ok: true; readonly actions: readonly Action[] } | MoveRefusal;

const no = (code: MoveRefusal['code'], message: string): MoveRefusal => ({ ok: false, code, message });
const done = (...actions: Action[]): MovedCard => ({ ok: true, actions });

/** What a move of a card does to its task, by the table of moves and by the task's history, or why it is not made. */
export function moveCard(facts: GoalFacts, task: TaskFacts, wanted: WantedMove): MovedCard {
  const shape = cardMoves[wanted.move];
  if (shape.agentsOnly) return no('agents_only', 'Only the members move work along; a person says what is to be done and whether it is good.');
  const column = columnOf(task.state, task.review);
  if (!column || !shape.from.includes(column)) return no('not_in_column', `The task is ${column ? `in ${column.replace('_', ' ')}` : 'not on the board'}; this is done from ${shape.from.join(' or ').replaceAll('_', ' ')}.`);
  // while the manager's checks judge a draft, nobody else does
  if (column === 'review' && task.state !== 'done') return no('not_in_column', 'The draft is still being checked.');
  const stopped = stoppedBy(facts, wanted.move);
  if (stopped) return stopped;
  if (wanted.seen.round !== task.round) return stale;
  const moved = MOVES[wanted.move](facts, task, wanted);
  // what is so already is what they want, however it came about; anything else is about the request that they saw
  return moved.ok && moved.actions.length > 0 && (wanted.seen.request ?? null) !== (task.review.cycle?.request ?? null) ? stale : moved;
}

const stale = no('stale_version', 'The work, or whom it waits for, has changed since you saw it; look at it again.');

/** A proposed goal is judged as a whole, where it is proposed. */
function stoppedBy({ goal }: GoalFacts, move: CardMove): MoveRefusal | undefined {
  const code = goalHinders(cardMoves[move], goal);
  if (code === undefined) return undefined;
  if (code === 'goal_paused') return no(code, 'The goal is paused; this can be done once it goes on.');
  return no(code, goal.state === 'proposed' ? 'The whole result waits for a decision; say there what should change.' : `The goal is ${goal.state.replace('_', ' ')}.`);
}

type Rule = (facts: GoalFacts, task: TaskFacts, wanted: WantedMove) => MovedCard;
const MOVES: Readonly<Record<CardMove, Rule>> = {
  start: () => no('agents_only', ''),
  complete: () => no('agents_only', ''),
  request_review: requestReview,
  start_review: (_, task, { by }) => reviewing(task, by) ?? (task.review.cycle!.startedAtMs !== null ? done() : done({ do: 'start-review', task: task.id, request: task.review.cycle!.request })),
  approve: (_, task, { by }) => (task.review.state === 'approved' ? done() : (reviewing(task, by) ?? done({ do: 'approve-review', task: task.id }))),
  request_changes: requestChanges,
  reopen: (_, task) => done({ do: 'remove-approval', task: task.id }),
  assign,
  remove: (_, task) => (task.memberId === null ? done({ do: 'cancel-task', task: task.id }) : no('already_owned', 'Somebody has been given this task; cancel the goal, or say what should change when it is done.')),
};

function requestReview(facts: GoalFacts, task: TaskFacts, { reviewer: named, by }: WantedMove): MovedCard {
  if (named && named !== by && !facts.reviewers.some(({ who, active }) => active && who === named)) return no('reviewer_unknown', 'Nobody of that id reviews for this team.');
  if (named && task.authors.includes(named)) return authorReviews;
  const present = task.review.cycle?.reviewer;
  if (named && task.review.state === 'review' && named === present) return done();
  const reviewer = named ?? pickReviewer(facts.reviewers, task.authors, present ? [present] : []);
  // where nobody is named to review, whoever may decide does it by hand
  if (!reviewer && facts.reviewers.length > 0) return no('no_reviewer', 'Every reviewer has had a hand in this work, or has it already.');
  return !reviewer && task.review.state === 'review' ? done() : done({ do: 'request-review', task: task.id, reviewer: reviewer ?? null });
}

function requestChanges(_: GoalFacts, task: TaskFacts, { by, comment = '' }: WantedMove): MovedCard {
  const refused = reviewing(task, by);
  if (refused) return refused;
  if (task.memberId === null) return no('owner_missing', 'Nobody owns this task, so there is nobody to send it back to.');
  if (!task.redoable) return no('not_redoable', 'A repair whose check passes is not done again; ask for it with another goal.');
  const notes = [...task.notes.filter((note) => note.startsWith(CUSTOMER_NOTE)), ...(comment === '' ? [] : [`${CUSTOMER_NOTE}${comment}`])];
  return done({ do: 'ask-changes', task: task.id, note: comment }, { do: 'reopen', task: task.id, notes });
}

function assign(_: GoalFacts, task: TaskFacts, { owner }: WantedMove): MovedCard {
  if (task.memberId !== null) return task.memberId === owner?.id ? done() : no('already_owned', 'The task has an owner.');
  if (!owner?.active) return no('owner_unknown', 'The team has no active member of that id who does such work.');
  return done({ do: 'set-owner', task: task.id, member: owner.id, skill: owner.skill, criteria: owner.criteria });
}

const authorReviews = no('author_may_not_review', 'Whoever had a hand in the work does not review it.');

/** Who had a hand in it does not judge it; and while somebody is asked to, nobody else does. */
function reviewing({ authors, review: { cycle } }: TaskFacts, by: Actor): MoveRefusal | undefined {
  if (authors.includes(by)) return authorReviews;
  return cycle?.reviewer && cycle.reviewer !== by ? no('review_is_anothers', 'Somebody else is asked to review this. Ask for your own review first, and it is yours.') : undefined;
}
