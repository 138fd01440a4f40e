import { AppError } from '@countersign/contracts';

/** The remote answered and did not take the push. */
export class PushRejectedError extends AppError {
  readonly code = 'push_rejected';
  readonly retryable = false;
  constructor(readonly answer: string) {
    super(`the remote refused the push: ${answer}`);
  }
}
