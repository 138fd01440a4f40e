import { RejectedError } from '../answers.js';

/** The remote answered and did not take the push. */
export class PushRejectedError extends RejectedError {
  constructor(readonly answer: string) {
    super('push_rejected', `the remote refused the push: ${answer}`);
  }
}
