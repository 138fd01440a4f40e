import type { GoalDetail, TaskView } from '@countersign/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { duration, money, stateWord } from './words.js';

const POLL_MS = 250;
/** From here on a goal waits for a person, or nothing more happens to it. */
const RESTING: ReadonlySet<GoalDetail['state']> = new Set(['proposed', 'done', 'blocked', 'denied', 'expired', 'failed', 'cancelled']);

const isResting = ({ state, approval }: GoalDetail): boolean => RESTING.has(state) && (state !== 'proposed' || approval !== null);

export interface FollowOptions {
  /** When to stop looking; by default when the goal waits for a person or is over. */
  until?(goal: GoalDetail): boolean;
  readonly limitMs?: number;
}

/**
 * Prints what changes about a goal, a line per change: who begins, what was handed in, which check failed, what it has
 * cost. A second `follow` goes on where the first stopped.
 */
export class GoalFollower {
  private readonly printer = new ChangePrinter(Date.now());

  constructor(
    private readonly client: ApiClient,
    private readonly teamId: string,
    private readonly goalId: string,
  ) {}

  /** Resolves with the goal when it comes to rest, or as it is when the time is over. */
  async follow({ until = isResting, limitMs = Infinity }: FollowOptions = {}): Promise<GoalDetail> {
    for (const deadline = Date.now() + limitMs; ; await sleep(POLL_MS)) {
      const goal = await this.client.goal(this.teamId, this.goalId);
      this.printer.show(goal);
      if (until(goal) || Date.now() > deadline) return goal;
    }
  }
}

class ChangePrinter {
  private readonly seen = new Map<string, string>();

  constructor(private readonly started: number) {}

  show(goal: GoalDetail): void {
    for (const task of goal.tasks) this.showTask(task, goal);
    this.once('goal', goal.state, () => this.line(goal, 'team', `goal ${stateWord(goal.state)}${goal.note ? paint(2, `  ${goal.note}`) : ''}`));
  }

  private showTask(task: TaskView, goal: GoalDetail): void {
    const waitsFor = task.state === 'todo' ? goal.tasks.filter((other) => other !== task && !['done', 'todo'].includes(other.state)).map(({ member }) => member.name) : [];
    const progress = task.state === 'in_progress' ? task.progress : '';
    const key = `${task.state} ${task.round} ${task.run?.attempt ?? 0} ${progress} ${checks(task)}`;
    this.once(task.id, key, () => {
      const details = [progress, checks(task), task.run?.code ?? '', waitsFor.length > 0 ? `waits for ${waitsFor.join(', ')}` : ''].filter(Boolean).join(' · ');
      const round = task.round > 1 ? paint(33, ` round ${task.round}`) : '';
      this.line(goal, task.member.name, `${stateWord(task.state)}${round}  ${task.title}${details ? paint(2, `  ${details}`) : ''}`);
    });
  }

  private once(key: string, value: string, print: () => void): void {
    if (this.seen.get(key) === value) return;
    this.seen.set(key, value);
    print();
  }

  private line(goal: GoalDetail, who: string, what: string): void {
    say(`  ${paint(2, duration(Date.now() - this.started).padStart(6))}  ${money(goal.cost).padStart(9)}  ${paint(1, who.padEnd(10))} ${what}`);
  }
}

function checks(task: TaskView): string {
  return task.criteria.filter(({ passed }) => passed !== null && passed !== undefined).map(({ id, passed }) => `${passed ? '✓' : '✗'} ${id}`).join(' ');
}
