/** How fast the API answered since it was last asked. */
export interface Paced {
  readonly requests: number;
  /** All but the slowest twentieth were answered within. */
  readonly p95Ms: number;
}

/** Fewer say nothing about a pace: they wait for more. */
const LEAST = 20;
/** As many as are kept; of more, the later ones are left out. */
const MOST = 10_000;
/** Streams last as long as somebody listens. */
const isAnswer = (route: string): boolean => route.startsWith('/v1/') && route !== '/v1/events';

/** Takes the times of answers, and tells them once. */
export class Pace {
  private times: number[] = [];

  note(route: string, ms: number): void {
    if (isAnswer(route) && this.times.length < MOST) this.times.push(ms);
  }

  /** Undefined: too few to tell yet, and they are kept, so that a gateway that is asked little is measured, too. */
  take(): Paced | undefined {
    if (this.times.length < LEAST) return undefined;
    const sorted = this.times.sort((a, b) => a - b);
    this.times = [];
    return { requests: sorted.length, p95Ms: Math.round(sorted[Math.ceil(sorted.length * 0.95) - 1]!) };
  }
}
