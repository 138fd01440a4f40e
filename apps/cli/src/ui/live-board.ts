import { workerName, type GoalDetail, type TaskView } from '@countersign/contracts';
import { costWords } from '@countersign/view';
import { paint } from '../../../../scripts/lib/report.mjs';
import { taskDetails, type GoalPrinter } from './goal-lines.js';
import { visible } from './print.js';
import { duration, stateWord } from './words.js';

export const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const NAME = 8;
const STATE = 13;
export const WORKING: ReadonlySet<string> = new Set(['assigned', 'in_progress', 'review']);
export const MARKS: Readonly<Record<string, string>> = { done: paint(32, '✓'), approved: paint(32, '✓'), blocked: paint(31, '✗'), cancelled: paint(31, '✗'), todo: paint(2, '·') };
export const CLEAR_DOWN = '\u001b[0J';
export const up = (lines: number): string => (lines === 0 ? '\r' : `\u001b[${lines}A\r`);

/** As many lines as can be drawn again in place: what has scrolled out above cannot. The last says what is left out. */
export function fitted(lines: readonly string[], rows: number | undefined): readonly string[] {
  const most = Math.max(2, (rows ?? Infinity) - 1);
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), paint(2, `  … ${lines.length - most + 1} more lines; goal status shows all`)];
}

/** The team at work, drawn again in place: a row per member, cost and time ticking above. For a terminal. */
export class LiveBoard implements GoalPrinter {
  private height = 0;
  private frame = 0;

  constructor(
    private readonly out: Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>,
    private readonly started = Date.now(),
  ) {}

  show(goal: GoalDetail): void {
    const width = Math.max(40, this.out.columns || 80);
    const lines = [this.head(goal), ...goal.tasks.flatMap((task) => this.row(task, goal, width)), ...(goal.note ? [paint(2, `  ${cut(goal.note, width - 4)}`)] : [])];
    const shown = fitted(lines, this.out.rows);
    this.out.write(`${up(this.height)}${CLEAR_DOWN}${shown.map(visible).join('\n')}\n`);
    this.height = shown.length;
    this.frame += 1;
  }

  /** The block stays where it is; a later `show` begins a new one below. */
  end(): void {
    this.height = 0;
  }

  private head(goal: GoalDetail): string {
    return `  ${paint(1, 'goal')} ${stateWord(goal.state)}   ${duration(Date.now() - this.started)}   ${costWords(goal.cost)}`;
  }

  /** A row of what is being done, and below it what has come of it. */
  private row(task: TaskView, goal: GoalDetail, width: number): string[] {
    const mark = WORKING.has(task.state) ? paint(36, SPINNER[this.frame % SPINNER.length] ?? '') : (MARKS[task.state] ?? ' ');
    const round = task.round > 1 ? ` (round ${task.round})` : '';
    const title = cut(`${task.title}${round}`, width - NAME - STATE - 8);
    const details = taskDetails(task, goal);
    const first = `  ${mark} ${paint(1, workerName(task).padEnd(NAME))} ${stateWord(task.state)}${' '.repeat(Math.max(1, STATE - task.state.length))}${title}`;
    return details ? [first, paint(2, `  ${' '.repeat(NAME + STATE + 3)}${cut(details, width - NAME - STATE - 7)}`)] : [first];
  }
}

export const cut = (text: string, width: number): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
};
