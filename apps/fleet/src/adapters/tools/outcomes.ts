import { isRefusal, type Refusal } from '../../domain/capability/refusal.js';

/** A call that a rule refused: it is answered with the rule's code and recorded. */
export class DeniedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** A call that was granted and could not be done. `code` is stable and the worker's to react to; nothing is recorded. */
export class ToolProblem extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** The answer is about size: a smaller one may do. */
    readonly tooLarge = false,
  ) {
    super(message);
  }
}

/** The judged value; a refusal is thrown. */
export function granted<T>(judged: T | Refusal): T {
  if (isRefusal(judged)) throw new DeniedError(judged);
  return judged;
}

export function check(refusal: Refusal | undefined): void {
  if (refusal) throw new DeniedError(refusal);
}
