/**
 * How long things take in the simulation, in milliseconds from and to. On a machine of its own the bus and the database answer in single
 * milliseconds; the upper ends are those of a machine that is busy.
 */
export const DELAYS = {
  /** From a person's finger to the service that does it, and back. */
  wire: [1, 15],
  /** A transaction from its first word to its commit. */
  transaction: [1, 40],
  /** The relay is woken in its own process; then the stream stores it and hands it out. */
  relay: [1, 10],
  bus: [1, 15],
  /** A member's work, and a part of it between two looks of its own. */
  work: [200, 6_000],
  checks: [100, 3_000],
  commit: [20, 400],
  /** A person reads before they decide, and comes to a member's question when they come to it. */
  reading: [200, 4_000],
  answer: [500, 6_000],
  /** What a push or a request to another house takes. */
  sink: [50, 3_000],
  look: [5, 200],
  /** From a process that is gone to one that is there again. */
  restart: [100, 2_000],
} as const satisfies Record<string, readonly [number, number]>;
export type Delay = keyof typeof DELAYS;

/** One transaction in so many waits for a disk or a lock, up to so long. */
export const SLOW_ONE_IN = 50;
export const SLOW_MS = 400;

/** So long a command waits for its answer, and so often it is repeated while nobody is there (`libs/bus/src/command-client.ts`). */
export const NO_REPLY_MS = 5_000;
export const NOBODY_THERE_MS = 100;
