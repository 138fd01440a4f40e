import { BOARD_COLUMNS, cardMoves, columnOf, goalHinders, type Actor, type BoardCard, type BoardColumnId, type CardMove, type GoalState, type TaskReview, type TaskState } from '@countersign/contracts';

const TITLES: Record<BoardColumnId, string> = { todo: 'To do', in_progress: 'In progress', review: 'Review', done: 'Done', approved: 'Approved' };

interface Placed {
  readonly id: string;
  readonly state: TaskState;
  readonly review: Pick<TaskReview, 'state'>;
}
/** Which cards people put first, by column. */
export type BoardOrder = Readonly<Partial<Record<BoardColumnId, readonly string[]>>>;

/** The board's columns in the operator's order (decisions C-14), each with its cards: first those that people ordered, then the others as they come. */
export const boardOf = <T extends Placed>(tasks: readonly T[], order: BoardOrder = {}, columns: readonly BoardColumnId[] = BOARD_COLUMNS): { id: BoardColumnId; title: string; tasks: T[] }[] =>
  columns.map((id) => ({ id, title: TITLES[id], tasks: inOrder(tasks.filter(({ state, review }) => columnOf(state, review) === id), order[id] ?? []) }));

function inOrder<T extends Placed>(cards: readonly T[], wanted: readonly string[]): T[] {
  const place = new Map(wanted.map((id, index) => [id, index]));
  return [...cards].sort((a, b) => (place.get(a.id) ?? wanted.length) - (place.get(b.id) ?? wanted.length));
}

export interface MovesFacts {
  readonly state: TaskState;
  readonly goalState: GoalState;
  readonly paused: boolean;
  readonly mission: boolean;
  readonly owned: boolean;
  /** A repair whose check passes is not done again. */
  readonly redoable: boolean;
  readonly review: TaskReview;
}

/** What a governor of the customer may do with a card now. The manager decides; this is what a screen offers. */
export function movesOf({ state, goalState, paused, mission, owned, redoable, review }: MovesFacts, by: Actor): CardMove[] {
  const column = columnOf(state, review);
  if (mission || !column || (column === 'review' && state !== 'done')) return [];
  const othersReview = review.cycle?.reviewer && review.cycle.reviewer !== by;
  const possible: Readonly<Record<CardMove, boolean>> = {
    start: false,
    complete: false,
    request_review: column === 'done' || Boolean(othersReview),
    start_review: !othersReview && review.cycle?.startedAtMs === null,
    approve: review.state !== 'approved' && !othersReview,
    request_changes: owned && redoable && !othersReview,
    reopen: true,
    assign: !owned,
    remove: !owned,
  };
  return (Object.keys(cardMoves) as CardMove[]).filter((move) => possible[move] && cardMoves[move].from.includes(column) && !goalHinders(cardMoves[move], { state: goalState, paused }));
}

/** A card without the words of the customer's people, and without their names. */
export const cardWithoutContent = (card: BoardCard): BoardCard => ({ ...card, review: { ...card.review, note: '', reviewer: card.review.reviewer && { ...card.review.reviewer, name: '' } }, turn: { ...card.turn, ...(card.turn.owner === 'user' ? { name: '' } : {}) } });
