/** What keeps this executor from work, whoever's: when it last looked for some, and since when the notary, which everything waits for, answers nobody. */
export interface AtWork {
  readonly lookedAgoMs: number;
  /** Undefined: its last answer was one. */
  readonly silentMs: number | undefined;
  /** How many effects wait for a signed head. */
  readonly waiting: number;
}

/** A restart of a neighbour is over sooner. */
export const UNABLE_AFTER_MS = 30_000;

/** Why nothing is taken up here, if that is so. What one mailbox, remote or chain keeps waiting is no inability: the others' work goes on. */
export function inability({ lookedAgoMs, silentMs, waiting }: AtWork): string | undefined {
  if (lookedAgoMs >= UNABLE_AFTER_MS) return `nobody could look for approved effects for ${seconds(lookedAgoMs)}`;
  if (waiting > 0 && silentMs !== undefined && silentMs >= UNABLE_AFTER_MS) return `the notary answers nobody for ${seconds(silentMs)}, and nothing is begun without a signed head`;
  return undefined;
}

const seconds = (ms: number): string => `${Math.floor(ms / 1_000)} s`;
