import { expect } from 'expect';
import { summaryOf } from '../bench/sample.js';
import { optionsOf } from './simulated/options.js';
import { PHASES } from './simulated/phases.js';
import { Play } from './simulated/play.js';

const AGAIN = 'npm test -- test/src/simulation/suspended-simulated.spec.ts';

/** What many runs of the simulation came to. */
export class Runs {
  private readonly phases = new Map<string, number>();
  private readonly takeovers: number[] = [];
  private runs = 0;

  /** So many, the seeds one after another. */
  static of(runs: number, from = 1): Runs {
    const all = new Runs();
    for (let seed = from; seed < from + runs; seed++) all.play(seed);
    return all;
  }

  /** One run; where something does not hold, it says by which seed, when in the run, and how to play it again. */
  play(seed: number): Play {
    const play = new Play(optionsOf(seed));
    try {
      play.run();
    } catch (cause) {
      throw new Error(`seed ${seed}, ${play.ms} ms into the run: ${(cause as Error).message}\nagain, with its record: COUNTERSIGN_SUSPENDED_SEED=${seed} ${AGAIN}`, { cause });
    }
    this.runs += 1;
    for (const { phase } of play.stopped) this.phases.set(phase, (this.phases.get(phase) ?? 0) + 1);
    this.takeovers.push(...play.takeovers);
    return play;
  }

  /** Each moment that a stop could leave something of behind was met. */
  metAll(): void {
    expect(PHASES.filter((phase) => !this.phases.has(phase))).toEqual([]);
    expect(this.takeovers.length).toBeGreaterThan(this.runs / 4); // of the others the news was hampered
  }

  /** How it went, for people. */
  words(): string {
    const { p50, p99 } = summaryOf(this.takeovers);
    const met = [...PHASES, 'between', 'over'].map((phase) => `${phase} ${this.phases.get(phase) ?? 0}`).join(', ');
    return `${this.runs} runs, stopped at: ${met}; unhampered, the customer was told after ${p50.toFixed(0)} ms at the median, p99 ${p99.toFixed(0)} ms, at most ${Math.max(...this.takeovers).toFixed(0)} ms of simulated time`;
  }
}
