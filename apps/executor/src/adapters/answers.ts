import { AppError, type EffectFault } from '@countersign/contracts';

/** The target answered an act, and its answer is no: nothing came of it. */
export class RejectedError extends AppError {
  readonly retryable = false;
  constructor(
    readonly code: EffectFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An act ended before anything of it could have reached the target, or the target said that it did nothing and that it may come again. */
export class UnsentError extends AppError {
  readonly retryable = true;
  /** Not before so long. */
  readonly afterMs: number;
  constructor(
    readonly code: EffectFault,
    message: string,
    { afterMs = 0, ...options }: ErrorOptions & { readonly afterMs?: number } = {},
  ) {
    super(message, options);
    this.afterMs = afterMs;
  }
}
