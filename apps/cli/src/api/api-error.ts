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

/** What a gateway answers, or a proxy in front of one, while something behind it is being started again. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);

/** The gateway refused; `code` is its stable word for why. After a retryable answer to a POST what it asked for may still be done: repeat it with the same key. */
export class ApiError extends AppError {
  readonly retryable: boolean;
  readonly code: string;
  constructor(
    readonly problem: ProblemBody,
    readonly idempotencyKey?: string,
    /** When it is worth asking again, if the gateway says so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(problem.detail ?? problem.title);
    this.code = problem.code;
    this.retryable = PASSING.has(problem.status);
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
