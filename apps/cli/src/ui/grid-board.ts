import { workerName, type GoalDetail, type TaskView } from '@countersign/contracts';
import { costWords } from '@countersign/view';
import { paint } from '../../../../scripts/lib/report.mjs';
import { taskDetails, type GoalPrinter } from './goal-lines.js';
import { CLEAR_DOWN, cut, fitted, MARKS, SPINNER, up, WORKING } from './live-board.js';
import { visible } from './print.js';
import { duration, stateWord } from './words.js';

const NARROWEST = 28;
const GAP = 2;
const EDGE = 2;

/** Which tasks stand beside each other, and how wide a cell is: as many in a line as have room, the lines as even as they can be. */
export function gridOf<T>(tasks: readonly T[], width: number): { readonly rows: T[][]; readonly cell: number } {
  const most = Math.max(1, Math.floor((width - EDGE + GAP) / (NARROWEST + GAP)));
  const lines = Math.max(1, Math.ceil(tasks.length / most));
  const beside = Math.max(1, Math.ceil(tasks.length / lines));
  const rows = Array.from({ length: Math.ceil(tasks.length / beside) }, (_, row) => tasks.slice(row * beside, (row + 1) * beside));
  return { rows, cell: Math.floor((width - EDGE + GAP) / beside) - GAP };
}

/** The agents of a fan-out beside each other, each in a cell of its own, drawn again in place. For a terminal. */
export class GridBoard implements GoalPrinter {
  private height = 0;
  private frame = 0;

  constructor(
    private readonly out: Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>,
    private readonly started = Date.now(),
  ) {}

  show(goal: GoalDetail): void {
    const { rows, cell } = gridOf(goal.tasks, Math.max(NARROWEST + EDGE, this.out.columns || 80));
    const bound = goal.workers === undefined ? '' : `   at most ${goal.workers} at a time`;
    const head = `  ${paint(1, 'goal')} ${stateWord(goal.state)}   ${duration(Date.now() - this.started)}   ${costWords(goal.cost)}${paint(2, bound)}`;
    const lines = [head, ...rows.flatMap((tasks) => ['', ...this.row(tasks, goal, cell)]), ...(goal.note ? ['', paint(2, `  ${cut(goal.note, cell * (rows[0]?.length ?? 1))}`)] : [])];
    const shown = fitted(lines, this.out.rows);
    this.out.write(`${up(this.height)}${CLEAR_DOWN}${shown.map(visible).join('\n')}\n`);
    this.height = shown.length;
    this.frame += 1;
  }

  /** The block stays where it is; a later `show` begins a new one below. */
  end(): void {
    this.height = 0;
  }

  private row(tasks: readonly TaskView[], goal: GoalDetail, cell: number): string[] {
    const cells = tasks.map((task) => this.cell(task, goal, cell));
    return [0, 1, 2].map((line) => `  ${cells.map((each) => each[line]!).join(' '.repeat(GAP))}`.trimEnd());
  }

  /** Who and how it is, what it is about, what has come of it: each as wide as the cell, whatever was written. */
  private cell(task: TaskView, goal: GoalDetail, cell: number): string[] {
    const mark = WORKING.has(task.state) ? paint(36, SPINNER[this.frame % SPINNER.length] ?? '') : (MARKS[task.state] ?? ' ');
    const round = task.round > 1 ? ` round ${task.round}` : '';
    const plain = cut(visible(`${workerName(task)}${round}`), cell - 2 - task.state.length - 1);
    const head = `${mark} ${paint(1, plain)}${' '.repeat(Math.max(1, cell - 2 - plain.length - task.state.length))}${stateWord(task.state)}`;
    return [head, cut(visible(task.title), cell).padEnd(cell), paint(2, cut(visible(taskDetails(task, goal)), cell).padEnd(cell))];
  }
}
