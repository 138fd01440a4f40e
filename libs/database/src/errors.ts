import { AppError } from '@countersign/contracts';
import { isOutdatedPlan } from './prepared.js';

/** A guard inside the database said no (`sec.fence`, `sec.use_approval`, `sec.expect`); `code` is the guard's word. Nothing was written. */
export class GuardError extends AppError {
  readonly retryable = false;
  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`refused by the database: ${code}`, options);
  }
}

/**
 * The transaction failed. `retryable` when another try may pass (lost connection, deadlock, timeout).
 *
 * Nothing was written, with one exception: a connection that is lost during COMMIT may have committed, so what is tried again must be known by its ids.
 */
export class DatabaseError extends AppError {
  readonly code: string;
  constructor(
    readonly sqlState: string,
    readonly retryable: boolean,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = sqlState === '42501' ? 'not_permitted' : sqlState === '23505' ? 'already_exists' : 'database_error';
  }
}

/** Writes were queued without an audit entry: a bug in the caller, caught before anything is sent (P1). */
export class MissingEntryError extends AppError {
  readonly code = 'missing_audit_entry';
  readonly retryable = false;
  constructor() {
    super('a state change needs an audit entry in the same transaction');
  }
}

/** Class 08 connection, 40 rollback, 53 resources, 57 operator intervention; 55P03 lock wait; no state at all: the socket died. */
const RETRYABLE = /^(08|40|53|57)|^55P03$|^$/;

/** What code trips over, ours or the driver's on our account: it trips again. */
const FAULTS = [TypeError, RangeError, SyntaxError, ReferenceError];

/** What a failed transaction failed with: a fault of the code in it is no lost connection, and comes out as it is. */
export function toAppError(cause: unknown): Error {
  if (cause instanceof AppError || FAULTS.some((fault) => cause instanceof fault)) return cause as Error;
  const state = (cause as { code?: unknown }).code;
  const sqlState = typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  if (sqlState === 'CS001') return new GuardError(message, { cause });
  return new DatabaseError(sqlState, RETRYABLE.test(sqlState) || isOutdatedPlan(cause), message, { cause });
}
