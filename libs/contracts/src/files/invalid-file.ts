import { InvalidInputError, type Violation } from '../errors.js';

/** One broken rule at its place in a file; line and column count from 1. */
export interface FileViolation extends Violation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const SHOWN = 3;

/** A file that breaks its written rules. Nothing of it was used; whatever was in force before stays in force. */
export class InvalidFileError extends InvalidInputError {
  override readonly code = 'invalid_file';
  constructor(
    readonly file: string,
    override readonly violations: readonly FileViolation[],
    options?: ErrorOptions,
  ) {
    super(summary(violations), violations, options);
  }
}

/** `policies/spawn-policy.yaml:3:5 enum: must be one of …`, as compilers print it and editors link it. */
export const violationLine = ({ file, line, column, rule, message }: FileViolation): string => `${file}:${line}:${column} ${rule}: ${message}`;

function summary(violations: readonly FileViolation[]): string {
  const shown = violations.slice(0, SHOWN).map(violationLine);
  const more = violations.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
