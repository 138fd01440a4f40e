import { workerName, type GoalDetail, type TaskView } from '@countersign/contracts';
import { moneyWords } from '@countersign/view';
import { paint } from '../../../../scripts/lib/report.mjs';
import { visible } from './print.js';
import { duration, REHEARSAL_PRICES, stateWord } from './words.js';

/** A printed look at a goal: lines that stay, or a block that is drawn again. */
export interface GoalPrinter {
  show(goal: GoalDetail): void;
  /** Called when the follower stops: what is on the screen stays. */
  end(): void;
}

/** Which checks of a task's newest draft have run, and how. */
export function checkMarks(task: TaskView): string {
  return task.criteria.flatMap(({ id, passed }) => (typeof passed === 'boolean' ? [`${passed ? '✓' : '✗'} ${id}`] : [])).join(' ');
}

/** Whom a task waits for that has not begun. */
function waitsFor(task: TaskView, goal: GoalDetail): string {
  if (task.state !== 'todo') return '';
  const names = goal.tasks.filter((other) => other !== task && !['done', 'todo'].includes(other.state)).map(workerName);
  return names.length > 0 ? `waits for ${names.join(', ')}` : '';
}

export function taskDetails(task: TaskView, goal: GoalDetail): string {
  const progress = task.state === 'in_progress' ? task.progress : '';
  return [progress, checkMarks(task), task.run?.code ?? '', waitsFor(task, goal)].filter(Boolean).join(' · ');
}

/** A line per change, for pipes and logs. */
export class ChangeLines implements GoalPrinter {
  private readonly seen = new Map<string, string>();
  private labelled = false;

  constructor(
    private readonly write: (line: string) => void,
    private readonly started = Date.now(),
  ) {}

  show(goal: GoalDetail): void {
    if (goal.cost.rehearsal && !this.labelled) this.write(`  ${paint(2, REHEARSAL_PRICES)}`);
    this.labelled ||= goal.cost.rehearsal ?? false;
    for (const task of goal.tasks) {
      const details = taskDetails(task, goal);
      const round = task.round > 1 ? paint(33, ` round ${task.round}`) : '';
      this.once(goal, task.id, workerName(task), `${stateWord(task.state)}${round}  ${task.title}${details ? paint(2, `  ${details}`) : ''}`);
    }
    this.once(goal, 'goal', 'team', `goal ${stateWord(goal.state)}${goal.note ? paint(2, `  ${goal.note}`) : ''}`);
  }

  /** Lines stay by themselves. */
  end(): void {}

  private once(goal: GoalDetail, key: string, who: string, what: string): void {
    if (this.seen.get(key) === what) return;
    this.seen.set(key, what);
    this.write(visible(`  ${paint(2, duration(Date.now() - this.started).padStart(6))}  ${moneyWords(goal.cost).padStart(9)}  ${paint(1, who.padEnd(10))} ${what}`));
  }
}
