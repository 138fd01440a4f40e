import { AppError } from '@countersign/contracts/errors';

/** RFC 9457 problem as the gateway sends it. */
export interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** The gateway refused; `code` is its stable word for why. */
export class ApiError extends AppError {
  readonly retryable = false;
  readonly code: string;
  constructor(readonly problem: ProblemBody) {
    super(problem.detail ?? problem.title);
    this.code = problem.code;
  }
}

/** The gateway could not be reached, or did not answer in time. A POST may have arrived: repeat it with the same key. */
export class UnreachableError extends AppError {
  readonly code = 'unreachable';
  readonly retryable = true;
  constructor(
    readonly url: string,
    readonly idempotencyKey: string | undefined,
    options: ErrorOptions,
  ) {
    super(`${url} does not answer`, options);
  }
}
