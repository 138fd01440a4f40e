import { AppError, InvalidInputError } from '@countersign/contracts';
import { DatabaseError, GuardError } from '@countersign/database';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { outcomeOf } from './outcome.js';

class BusyError extends AppError {
  readonly code = 'busy';
  readonly retryable = true;
}

describe('what becomes of a message that failed', () => {
  const table: [string, unknown, number, object][] = [
    ['a passing trouble comes again soon', new BusyError('x'), 1, { kind: 'again', delayMs: 250 }],
    ['and later each time', new BusyError('x'), 4, { kind: 'again', delayMs: 30_000 }],
    ['the fifth failure is the last', new BusyError('x'), 5, { kind: 'dead', code: 'busy' }],
    ['a lost connection to the database is a passing trouble', new DatabaseError('08006', true, 'x'), 1, { kind: 'again' }],
    ['a bug is tried again, because another process may not have it', new TypeError('x'), 1, { kind: 'again' }],
    ['but not for ever', new TypeError('x is not a function'), 5, { kind: 'dead', code: 'handler_failed', text: 'TypeError: x is not a function' }],
    ['a body that breaks its rules is dead at once', new InvalidInputError('x'), 1, { kind: 'dead', code: 'invalid_input' }],
    ['so is whatever no retry can help', new GuardError('approval_used'), 1, { kind: 'dead', code: 'approval_used' }],
    ['an epoch that is over needs nobody', new GuardError('stale_epoch'), 1, { kind: 'drop', code: 'stale_epoch' }],
    ['nor does a team that is suspended', new GuardError('team_not_active'), 5, { kind: 'drop' }],
    ['something thrown that is no error at all', 'oops', 5, { kind: 'dead', text: 'oops' }],
  ];
  for (const [title, error, failures, outcome] of table) {
    it(title, () => {
      expect(outcomeOf(error, failures)).toMatchObject(outcome);
    });
  }

  it('a dead letter says why, level by level, within its limit', () => {
    const error = new InvalidInputError('draft', [], { cause: new Error('row', { cause: new Error('y'.repeat(5_000)) }) });
    const { text } = outcomeOf(error, 1) as { text: string };
    expect(text).toMatch(/^InvalidInputError: draft; because: Error: row; because: Error: yyy/);
    expect(text.length).toBe(2_000);
  });
});
