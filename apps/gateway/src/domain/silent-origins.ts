/** So many times in a row without an answer, and it is left alone. */
const SILENT_TIMES = 3;
const REST_MS = 30_000;

interface Silence {
  readonly times: number;
  readonly restsUntil: number;
}

/**
 * Services that share a way and do not answer. Each call to one takes as long as is waited, and the places of the way with it, so after
 * a few it is asked no more for a while; then by one call, and by all again when that was answered.
 */
export class SilentOrigins {
  private readonly silent = new Map<string, Silence>();

  /** How long it is to be left alone still, in milliseconds; undefined: call it. */
  restMs(origin: string, now: number): number | undefined {
    const known = this.silent.get(origin);
    if (known === undefined || known.times < SILENT_TIMES) return undefined;
    if (known.restsUntil > now) return known.restsUntil - now;
    this.silent.set(origin, { ...known, restsUntil: now + REST_MS }); // for the others, while this one asks
    return undefined;
  }

  answered(origin: string): void {
    this.silent.delete(origin);
  }

  wasSilent(origin: string, now: number): void {
    this.silent.set(origin, { times: (this.silent.get(origin)?.times ?? 0) + 1, restsUntil: now + REST_MS });
  }
}
