import { dice } from '../dice.js';
import { PHASES, type Phase } from './phases.js';
import { Chance } from './service.js';

/** What one run of the simulation is like; drawn by its seed, so that runs differ in kind and not only in chance. */
export interface Options {
  readonly seed: number;
  readonly teams: number;
  readonly tasks: number;
  readonly effect: 'git.push' | 'http.post';
  readonly bus: { readonly lost: number; readonly twice: number; readonly late: number };
  /** Milliseconds between two crashes of any service, on average; 0: none falls over. */
  readonly crashEveryMs: number;
  /** Parts of what members, checks, commits and sinks do that goes wrong. */
  readonly fails: number;
  readonly failing: number;
  readonly conflicts: number;
  readonly silent: number;
  readonly asks: number;
  /** A member is asked to end, and says yes, now and then. */
  readonly leaves: number;
  /** How the customer answers: with time to undo it, after all with a wish for changes, or taking it back once. */
  readonly holdSeconds: number;
  readonly wishes: number;
  readonly undoes: number;
  /** A part of the time that people take to read: some decide at once. */
  readonly reading: number;
  /** Where a team is stopped, or after how long of work. */
  readonly stopAt: Phase | 'anytime';
  readonly stopAfterMs: number;
  readonly flagged: number;
  /** How long it stands still; hasty: so briefly that nobody may have heard of it. */
  readonly standsMs: number;
  readonly hasty: boolean;
  readonly stops: number;
}

/** By its seed; a goal takes about half a minute where nothing goes wrong. */
export function optionsOf(seed: number): Options {
  const chance = new Chance(dice(seed ^ 0x5eed));
  const sometimes = (part: number, value: number): number => (chance.one(part) ? value : 0);
  const faulty = chance.one(0.6);
  const hasty = chance.one(0.25);
  const stopAt = chance.one(0.75) ? PHASES[seed % PHASES.length]! : 'anytime';
  // what cannot come to pass otherwise
  const needs = (phase: Phase, value: number, otherwise: number): number => (stopAt === phase ? value : otherwise);
  return {
    seed,
    teams: 1 + Math.floor(chance.roll() * 3),
    tasks: 1 + Math.floor(chance.roll() * 3),
    effect: stopAt !== 'outcome unknown' && chance.one(0.6) ? 'git.push' : 'http.post',
    bus: faulty ? { lost: sometimes(0.6, 0.1 * chance.roll()), twice: sometimes(0.6, 0.3 * chance.roll()), late: sometimes(0.6, 0.3 * chance.roll()) } : { lost: 0, twice: 0, late: 0 },
    crashEveryMs: faulty ? sometimes(0.7, chance.within([1_500, 15_000])) : 0,
    fails: sometimes(0.3, 0.15),
    failing: sometimes(0.4, 0.25),
    conflicts: sometimes(0.3, 0.2),
    silent: needs('outcome unknown', 0.6, sometimes(0.3, chance.of([0.3, 0.8]))),
    asks: needs('asking', 1, sometimes(0.5, 0.5)),
    leaves: sometimes(0.15, 0.3),
    holdSeconds: chance.one(needs('hold', 1, 0.6)) ? Math.ceil(chance.within([0, 15])) : 0,
    wishes: sometimes(0.3, 0.4),
    undoes: sometimes(0.3, 0.5),
    reading: chance.of([1, 1, 0.05]),
    stopAt,
    stopAfterMs: chance.within([0, 40_000]),
    flagged: chance.of([0, 0.3, 1]),
    standsMs: hasty ? chance.within([0, 60]) : chance.within([500, 20_000]),
    hasty,
    stops: chance.one(0.35) ? 2 : 1,
  };
}
