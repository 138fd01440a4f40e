import { AppError } from '@countersign/contracts';

/** The manager wanted a move that the state machines do not have: a bug, caught before anything is written. */
export class IllegalMoveError extends AppError {
  readonly code = 'illegal_move';
  readonly retryable = false;
  constructor(what: 'goal' | 'task', from: string, to: string) {
    super(`${what}: ${from} to ${to}`);
  }
}

/** Rows contradict each other in a way no service writes; the goal is left as it is. */
export class ImpossibleFactsError extends AppError {
  readonly code = 'impossible_facts';
  readonly retryable = false;
}
