import type { GoalDetail } from '@countersign/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { rideOut } from '../api/ride-out.js';
import { ChangeLines, type GoalPrinter } from './goal-lines.js';
import { GridBoard } from './grid-board.js';
import { LiveBoard } from './live-board.js';

const POLL_MS = 200;
/** From here on a goal waits for a person, or nothing more happens to it. */
const RESTING: ReadonlySet<GoalDetail['state']> = new Set(['proposed', 'done', 'blocked', 'denied', 'expired', 'failed', 'cancelled']);

const isResting = ({ state, approval, notAsked }: GoalDetail): boolean => RESTING.has(state) && (state !== 'proposed' || approval !== null || Boolean(notAsked));

export interface FollowOptions {
  /** When to stop looking; by default when the goal waits for a person or is over. */
  until?(goal: GoalDetail): boolean;
  readonly limitMs?: number;
}

/**
 * Shows a goal while the team works on it: who does what, what was handed in, which check failed, what it has cost.
 * A second `follow` goes on where the first stopped.
 */
export class GoalFollower {
  private readonly printer: GoalPrinter;

  constructor(
    private readonly client: ApiClient,
    private readonly teamId: string,
    private readonly goalId: string,
    /** A cell per agent instead of a row, in a terminal. */
    { grid = false } = {},
  ) {
    this.printer = !canRedraw() ? new ChangeLines(say) : grid ? new GridBoard(process.stderr) : new LiveBoard(process.stderr);
  }

  /** Resolves with the goal when it comes to rest, or as it is when the time is over. */
  async follow({ until = isResting, limitMs = Infinity }: FollowOptions = {}): Promise<GoalDetail> {
    try {
      for (const deadline = Date.now() + limitMs; ; await sleep(POLL_MS)) {
        const goal = await rideOut(() => this.client.goal(this.teamId, this.goalId), (error) => this.interrupt(`${error.message}; looking again`));
        this.printer.show(goal);
        if (until(goal) || Date.now() > deadline) return goal;
      }
    } finally {
      this.printer.end();
    }
  }

  /** A line between two looks; a block that is drawn again goes on below it. */
  private interrupt(line: string): void {
    this.printer.end();
    say(`  … ${line}`);
  }
}

const canRedraw = (): boolean => process.stderr.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
