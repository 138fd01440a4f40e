import { AppError } from '@countersign/contracts';

/** Nobody answered in time, or nobody listens: the caller cannot know whether the command was carried out. The same request may be sent again. */
export class NoReplyError extends AppError {
  readonly code = 'no_reply';
  readonly retryable = true;
  constructor(subject: string, options?: ErrorOptions) {
    super(`${subject}: no reply`, options);
  }
}

/** The other side failed with an error of its own; `code` and `retryable` are what it said. What it had done by then is not known. */
export class RemoteError extends AppError {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A message is ahead of its predecessor on the same subject. A handler lets it pass: the consumer tries again. */
export class OutOfOrderError extends AppError {
  readonly code = 'out_of_order';
  readonly retryable = true;
  constructor(subject: string, sequence: number) {
    super(`${subject}: number ${sequence} came before its predecessor`);
  }
}

/** What is stored under a subject was not written by that subject's author: a delivery sent on through a reply subject. */
export class ForgedMessageError extends AppError {
  readonly code = 'forged_message';
  readonly retryable = false;
}

/** A message came again and again and no process lived to say how it ended. */
export class TooManyDeliveriesError extends AppError {
  readonly code = 'too_many_deliveries';
  readonly retryable = false;
  constructor(deliveries: number) {
    super(`handed out ${deliveries} times and never ended`);
  }
}

/** Two handlers of one service claim the same message: one durable delivers each message once, so only one can have it. */
export class DuplicateHandlerError extends AppError {
  readonly code = 'duplicate_handler';
  readonly retryable = false;
  constructor(pattern: string) {
    super(`two handlers for ${pattern}`);
  }
}
