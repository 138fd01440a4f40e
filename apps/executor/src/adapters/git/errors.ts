import { AppError } from '@countersign/contracts';

/** Git ended with an error; its words are kept, credentials in URLs are not. */
export class GitError extends AppError {
  readonly code: string = 'git_failed';
  readonly retryable: boolean = false;
  constructor(
    readonly command: string,
    readonly exitCode: number | null,
    readonly stderr: string,
    readonly stdout = '',
  ) {
    super(`git ${command} ended with ${exitCode ?? 'a signal'}: ${stderr}`);
  }
}

/** Git took too long, wrote too much, or was stopped: its whole process group is gone. */
export class GitStoppedError extends AppError {
  readonly code = 'git_stopped';
  readonly retryable = true;
  constructor(command: string, why: 'timeout' | 'output' | 'aborted') {
    super(`git ${command} was stopped: ${why}`);
  }
}

/** The remote answered and did not take the push. */
export class PushRejectedError extends AppError {
  readonly code = 'push_rejected';
  readonly retryable = false;
  constructor(readonly answer: string) {
    super(`the remote refused the push: ${answer}`);
  }
}
