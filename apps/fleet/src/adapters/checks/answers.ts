import { explain } from '../../domain/explain-output.js';
import type { CheckResult } from '../postgres/draft-store.js';
import type { CommandResult } from './check-sandbox.js';

/** What a criterion says about a draft; the criterion's id is added where it is known. */
export type Answer = Omit<CheckResult, 'criterion'>;

/** The longest a repository's own command may take. */
export const WALL_MS = 180_000;

/** A command's exit code is the answer; `reasons` say in plain words what its output may hide. */
export const verdict = ({ exitCode, output, timedOut, durationMs }: CommandResult, reasons: readonly string[] = [], passed = exitCode === 0): Answer => ({
  passed, exitCode, durationMs, outputTail: explain([...(timedOut ? [`ended after ${WALL_MS / 1000} s`] : []), ...reasons], output),
});
export const refused = (why: string): Answer => ({ passed: false, exitCode: null, outputTail: why, durationMs: 0 });
export const nothingToDo = (why: string): Answer => ({ passed: true, exitCode: null, outputTail: why, durationMs: 0 });
