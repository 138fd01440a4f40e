import { GuardError } from '@countersign/database';
import type { Clock, Steps, Timer } from './clock.js';
import { DELAYS, NO_REPLY_MS, NOBODY_THERE_MS, SLOW_MS, SLOW_ONE_IN, type Delay } from './delays.js';

/** Something that a service does; gone without a trace when the process is. */
export interface Doing {
  readonly steps: Steps;
  /** Of the process that does it: another number is another process. */
  readonly life: number;
  timer: Timer | undefined;
  over: boolean;
}

/** Chance, the same for the same seed. */
export class Chance {
  constructor(readonly roll: () => number) {}

  within = ([from, to]: readonly [number, number]): number => from + this.roll() * (to - from);
  of = <T>(all: readonly T[]): T => all[Math.floor(this.roll() * all.length)]!;
  one = (part: number): boolean => this.roll() < part;
  /** How long it takes this time. */
  takes(what: Delay): number {
    const ms = this.within(DELAYS[what]);
    return what === 'transaction' && this.one(1 / SLOW_ONE_IN) ? ms + this.roll() * SLOW_MS : ms;
  }
}

/** A process of the product: what it does, what it holds in memory, and that both end with it. */
export class Service {
  up = true;
  life = 0;
  private readonly starts: (() => void)[] = [];
  private readonly forgets: (() => void)[] = [];
  private readonly waiting: (() => void)[] = [];
  private readonly falls: { readonly at: number; until: number }[] = [];

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    readonly chance: Chance,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** What the process begins whenever it starts. */
  onStart(begin: () => void): void {
    this.starts.push(begin);
    if (this.up) begin();
  }

  /** What only the process knows. */
  onCrash(forget: () => void): void {
    this.forgets.push(forget);
  }

  /** Since when it is there, this time. */
  get since(): number {
    return this.falls.at(-1)?.until ?? -Infinity;
  }

  /** Whether it was not there at some moment of this time. */
  wasAway = (from: number, to: number): boolean => this.falls.some(({ at, until }) => at <= to && until >= from);

  /** Once, with the next start. */
  whenUp(then: () => void): void {
    this.waiting.push(then);
  }

  go(steps: Steps): Doing {
    const doing: Doing = { steps, life: this.life, timer: undefined, over: false };
    this.step(doing);
    return doing;
  }

  /** Lets go on at once what waits for time to pass. */
  wake(doing: Doing): void {
    if (doing.over || doing.life !== this.life || !doing.timer) return;
    doing.timer.off = true;
    doing.timer = this.clock.in(0, () => this.step(doing));
  }

  /** Does it again and again; what the database refuses, the next round finds again. */
  every(ms: number, round: () => Steps): void {
    const rounds = function* (this: Service): Steps {
      yield this.chance.roll() * ms;
      for (;;) {
        yield* tolerant(round());
        yield ms;
      }
    };
    this.onStart(() => void this.go(rounds.call(this)));
  }

  crash(): void {
    if (!this.up) return;
    this.up = false;
    this.life += 1;
    const fall = { at: this.clock.now, until: Infinity };
    this.falls.push(fall);
    for (const forget of this.forgets) forget();
    this.clock.in(this.chance.takes('restart'), () => {
      this.up = true;
      fall.until = this.clock.now;
      for (const begin of [...this.starts, ...this.waiting.splice(0)]) begin();
    });
  }

  private step(doing: Doing): void {
    doing.timer = undefined;
    if (doing.life !== this.life || doing.over) return;
    try {
      const { value, done } = doing.steps.next();
      doing.over = done === true;
      if (!doing.over) doing.timer = this.clock.in(value as number, () => this.step(doing));
    } catch (error) {
      doing.over = true;
      this.failed(error);
    }
  }
}

/** What a sweep does with a refusal of the database: the rows are found again. */
export function* tolerant(steps: Steps): Steps {
  try {
    yield* steps;
  } catch (error) {
    if (!(error instanceof GuardError)) throw error;
  }
}

/** Nobody answered. */
export const NO_REPLY = Symbol('no reply');

/** A command to another process, and its answer; what it was doing when it fell over is never answered, done or not. `late`: so long it is held up on its way. */
export function* ask<T>(clock: Clock, to: Service, steps: () => Steps<T>, late = 0): Steps<T | typeof NO_REPLY> {
  const until = clock.now + NO_REPLY_MS;
  yield to.chance.takes('wire') + late;
  while (!to.up) {
    if (clock.now + NOBODY_THERE_MS > until) return NO_REPLY;
    yield NOBODY_THERE_MS;
  }
  const { life } = to;
  const work = steps();
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) {
      yield to.chance.takes('wire');
      return step.value;
    }
    yield step.value;
    if (to.life === life) continue;
    yield Math.max(0, until - clock.now);
    return NO_REPLY;
  }
}
