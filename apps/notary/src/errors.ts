import { AppError } from '@countersign/contracts';

/** Another notary holds the head store: two of them could sign two histories. */
export class NotaryRunningError extends AppError {
  readonly code = 'notary_already_running';
  readonly retryable = true;
  constructor(file: string, options?: ErrorOptions) {
    super(`another notary holds ${file}`, options);
  }
}

/** The stored head changed under the one process that may change it, or does not fit itself. Nothing was signed. */
export class HeadStoreDamagedError extends AppError {
  readonly code = 'head_store_damaged';
  readonly retryable = false;
}

/** The signing key is missing while heads signed with it are on record, or others can read it. A new one is never made silently. */
export class SigningKeyError extends AppError {
  readonly code = 'signing_key';
  readonly retryable = false;
}
