/**
 * What a rule could not expect. An expected refusal is a value, not an error.
 *
 * `code` is stable and part of the outward contract; `retryable` says whether the same call may succeed later without a change.
 */
export abstract class AppError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Something named does not exist, or belongs to another tenant: the two are not told apart. */
export class NotFoundError extends AppError {
  readonly code = 'not_found';
  readonly retryable = false;
  constructor(what: string) {
    super(`${what} not found`);
  }
}

/** The input breaks a written rule. `violations` name each field and rule; values are never repeated. */
export class InvalidInputError extends AppError {
  readonly code: string = 'invalid_input';
  readonly retryable = false;
  constructor(
    message: string,
    readonly violations: readonly Violation[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** One broken rule, at a JSON Pointer (RFC 6901) inside the input. */
export interface Violation {
  readonly pointer: string;
  readonly rule: string;
  readonly message: string;
}

/** A rule said no and said why: shown to the caller as it is. Used where a refusal crosses a process boundary. */
export class RefusedError extends AppError {
  readonly retryable = false;
  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
