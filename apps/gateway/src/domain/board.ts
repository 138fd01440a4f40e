import { BOARD_COLUMNS, type BoardColumnId, type TaskState } from '@countersign/contracts';

const TITLES: Record<BoardColumnId, string> = { todo: 'To do', in_progress: 'In progress', review: 'Review', done: 'Done', approved: 'Approved' };

/** A blocked task stays where it was being worked on; a cancelled one leaves the board. */
const COLUMN: Record<TaskState, BoardColumnId | undefined> = {
  todo: 'todo',
  assigned: 'in_progress',
  in_progress: 'in_progress',
  blocked: 'in_progress',
  review: 'review',
  approved: 'approved',
  done: 'done',
  cancelled: undefined,
};

/** The board's columns in their order (decisions C-14), each with its cards in the order given. */
export const boardOf = <T extends { readonly state: TaskState }>(tasks: readonly T[]): { id: BoardColumnId; title: string; tasks: T[] }[] =>
  BOARD_COLUMNS.map((id) => ({ id, title: TITLES[id], tasks: tasks.filter((task) => COLUMN[task.state] === id) }));
