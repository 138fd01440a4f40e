import { AppError } from '@countersign/contracts';

/** A call that was not made: an unknown price, an empty budget, a model nobody configured. Nothing was spent. */
export class ModelRefusedError extends AppError {
  readonly retryable = false;
  constructor(
    /** `unknown_price`, `unknown_model`, `model_not_configured`, `invalid_schema`, or the gate's own code. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A call that was made and gave no usable answer; what it is thought to have cost was settled. */
export class ModelCallError extends AppError {
  constructor(
    readonly code: 'deadline_exceeded' | 'provider_failed' | 'invalid_answer' | 'answer_too_long' | 'not_wanted',
    readonly retryable: boolean,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
