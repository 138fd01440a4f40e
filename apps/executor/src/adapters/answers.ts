import { AppError } from '@countersign/contracts';

/** The target answered an act, and its answer is no: nothing came of it. */
export class RejectedError extends AppError {
  readonly retryable = false;
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An act ended before anything of it could have reached the target. */
export class UnsentError extends AppError {
  readonly retryable = true;
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
