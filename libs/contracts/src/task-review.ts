import { goalMachine, isTerminal, type GoalState, type TaskState } from './states.js';

export const BOARD_COLUMNS = ['todo', 'in_progress', 'review', 'done', 'approved'] as const;
export type BoardColumnId = (typeof BOARD_COLUMNS)[number];

/** Whoever reviews or acts: `person:<id>` or `member:<id>`. */
export type Actor = `person:${string}` | `member:${string}`;
export const isActor = (text: string): text is Actor => /^(person|member):[0-9a-f-]{36}$/.test(text);

/** What a task's history says of its review. All other kinds say how the work on it went on. */
export const REVIEW_EVENTS = ['review_requested', 'review_started', 'review_nudged', 'review_approved', 'review_changes_requested', 'review_removed'] as const;
export type ReviewEvent = (typeof REVIEW_EVENTS)[number];
/** All that its review follows from: of the work itself, that it is done, or begun anew. */
export const MOVES_REVIEW: readonly string[] = [...REVIEW_EVENTS, 'done', 'todo', 'assigned'];
/** Of one task so many of them, the latest, are looked at. */
export const MOST_REVIEW_EVENTS = 200;
/** What changes neither the work nor its review. */
const ASIDE: readonly string[] = ['created', 'owner_set', 'clarification_asked', 'clarification_answered', 'clarification_expired', 'clarification_withdrawn'];

/** One row of a task's history, which is only ever added to. */
export interface TaskEvent {
  readonly id: string;
  readonly kind: string;
  readonly actor: string;
  /** `request`: the request that a start or a nudge belongs to. */
  readonly body: { readonly request?: string; readonly reviewer?: Actor | null; readonly note?: string; readonly owner?: string | null };
  readonly atMs: number;
}

export type ReviewState = 'none' | 'review' | 'needs_fix' | 'approved';
/** One request for a review, from when it was made until somebody decided or the work went on. */
export interface ReviewCycle {
  readonly request: string;
  /** Null: whoever may decide. */
  readonly reviewer: Actor | null;
  /** Who was asked before since the work was done, and did not decide. */
  readonly earlier: readonly Actor[];
  readonly requestedAtMs: number;
  readonly startedAtMs: number | null;
  readonly nudgedAtMs: number | null;
}
export interface TaskReview {
  readonly state: ReviewState;
  readonly cycle: ReviewCycle | null;
  /** What was asked to be changed, while it is. */
  readonly note: string;
}

export const NOT_REVIEWED: TaskReview = { state: 'none', cycle: null, note: '' };

/** How a task's review stands, from its history in order and from nothing else. */
export const reviewOf = (events: readonly TaskEvent[]): TaskReview => events.reduce(step, NOT_REVIEWED);

function step(review: TaskReview, event: TaskEvent): TaskReview {
  const { id, kind, body, atMs } = event;
  switch (kind) {
    case 'review_requested':
      return withRequest(review, { request: id, reviewer: body.reviewer ?? null, requestedAtMs: atMs });
    case 'review_started':
      return inCycle(review, event, ({ startedAtMs }) => ({ startedAtMs: startedAtMs ?? atMs }));
    case 'review_nudged':
      return inCycle(review, event, ({ nudgedAtMs }) => ({ nudgedAtMs: nudgedAtMs ?? atMs }));
    case 'review_approved':
      return { state: 'approved', cycle: null, note: '' };
    case 'review_changes_requested':
      return { state: 'needs_fix', cycle: null, note: body.note ?? '' };
    case 'review_removed':
      return NOT_REVIEWED;
    default:
      return ASIDE.includes(kind) ? review : whileWorking(review, kind);
  }
}

/** Somebody is asked, or asked instead of another. */
export function withRequest({ cycle }: TaskReview, asked: Pick<ReviewCycle, 'request' | 'reviewer' | 'requestedAtMs'>): TaskReview {
  const before = cycle ? [...cycle.earlier, ...(cycle.reviewer ? [cycle.reviewer] : [])] : [];
  return { state: 'review', note: '', cycle: { ...asked, earlier: [...new Set(before)], startedAtMs: null, nudgedAtMs: null } };
}

/** Work that goes on ends a review and an approval; what was to be mended is open until the work is done again. */
const whileWorking = (review: TaskReview, kind: string): TaskReview => (review.state === 'needs_fix' && kind !== 'done' ? review : NOT_REVIEWED);

/** A start or a nudge of an earlier request is none of this one's. */
const inCycle = (review: TaskReview, { body }: TaskEvent, change: (cycle: ReviewCycle) => Partial<ReviewCycle>): TaskReview =>
  review.cycle && review.cycle.request === body.request ? { ...review, cycle: { ...review.cycle, ...change(review.cycle) } } : review;

/** Where a task's state alone puts it. Its manager's checks are a review, too; a blocked task stays where it was worked on; a cancelled one leaves the board. */
const COLUMN: Record<TaskState, BoardColumnId | undefined> = {
  todo: 'todo', assigned: 'in_progress', in_progress: 'in_progress', blocked: 'in_progress', review: 'review', approved: 'review', done: 'done', cancelled: undefined,
};

/** The column of a task: done work is in review or approved where its history says so. */
export function columnOf(state: TaskState, { state: review }: Pick<TaskReview, 'state'>): BoardColumnId | undefined {
  if (state === 'done' && (review === 'review' || review === 'approved')) return review;
  return COLUMN[state];
}

/** What can be done with a card. The first two are the work itself, which only agents do. */
export const CARD_MOVES = ['start', 'complete', 'request_review', 'start_review', 'approve', 'request_changes', 'reopen', 'assign', 'remove'] as const;
export type CardMove = (typeof CARD_MOVES)[number];
export interface MoveShape {
  readonly from: readonly BoardColumnId[];
  /** Null: it leaves the board. */
  readonly to: BoardColumnId | null;
  /** What its goal must be: at work, or only not over. */
  readonly goal: 'at_work' | 'open';
  readonly agentsOnly?: true;
}
/** Every way of a card; what is not listed is refused. Screens offer what it lists. */
export const cardMoves: Readonly<Record<CardMove, MoveShape>> = {
  start: { from: ['todo'], to: 'in_progress', goal: 'at_work', agentsOnly: true },
  complete: { from: ['in_progress'], to: 'done', goal: 'at_work', agentsOnly: true },
  // again while it is in review: somebody else is to review it
  request_review: { from: ['done', 'review'], to: 'review', goal: 'at_work' },
  start_review: { from: ['review'], to: 'review', goal: 'open' },
  approve: { from: ['done', 'review', 'approved'], to: 'approved', goal: 'open' },
  request_changes: { from: ['done', 'review'], to: 'todo', goal: 'at_work' },
  reopen: { from: ['approved'], to: 'done', goal: 'at_work' },
  assign: { from: ['todo'], to: 'todo', goal: 'at_work' },
  // what nobody was ever given
  remove: { from: ['todo'], to: null, goal: 'at_work' },
};

/** Why a goal lets no card of it be moved like that now; undefined: it does. */
export function goalHinders({ goal }: MoveShape, { state, paused }: { readonly state: GoalState; readonly paused: boolean }): 'goal_paused' | 'goal_not_running' | undefined {
  if (goal === 'open') return isTerminal(goalMachine, state) ? 'goal_not_running' : undefined;
  if (paused) return 'goal_paused';
  return state === 'running' || state === 'planned' ? undefined : 'goal_not_running';
}
