import { RefusedError } from '@countersign/contracts';

/** Tries of one piece of work before its failure is the answer. */
export const MAX_TRIES = 3;

/** Whether another try may end otherwise. `tries`: those that failed, this one included. A refusal is final; what fails for a reason we do not know is tried a few times, never without end. */
export const worthAnotherTry = (error: unknown, tries: number): boolean => !(error instanceof RefusedError) && tries < MAX_TRIES;

/** Why it was given up, in words that may be shown: those of a refusal; of any other failure only its code, because its words may name places of our machine. */
export const whyGivenUp = (error: unknown): string => (error instanceof RefusedError ? error.message : `it failed ${MAX_TRIES} times (${(error as { code?: unknown }).code ?? (error as Error).name})`);
