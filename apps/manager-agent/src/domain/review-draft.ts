import { lastOf } from '@countersign/contracts';
import type { CheckFacts, Criterion } from './facts.js';

export const NOTHING_ASKED_NOTE = 'Nothing says by what this work is accepted.';
const TAIL_LINES = 12;
const TAIL_CHARS = 800;

export type Verdict = { readonly decision: 'approved' } | { readonly decision: 'revise' | 'flag' | 'blocked'; readonly notes: readonly string[] };

/**
 * Judges a draft by the results of its acceptance checks; undefined while a result is missing.
 *
 * `roundsUsed` counts this round, `mostRounds` are those of the policy. Notes name each criterion that failed and show where its output ends, so that the member
 * (or the customer, when no round is left) has something to act on. What a member may not do at all is flagged in any round.
 * A draft that nothing is asked of is approved by nobody.
 */
export function reviewDraft(criteria: readonly Criterion[], checks: readonly CheckFacts[], roundsUsed: number, mostRounds: number): Verdict | undefined {
  if (criteria.length === 0) return { decision: 'blocked', notes: [NOTHING_ASKED_NOTE] };
  const results = criteria.map((criterion) => ({ criterion, check: checks.find(({ criterion: id }) => id === criterion.id) }));
  if (results.some(({ check }) => check === undefined)) return undefined;
  const notes = results.flatMap(({ criterion, check }) => (check!.passed ? [] : [failureNote(criterion, check!)]));
  if (notes.length === 0) return { decision: 'approved' };
  if (results.some(({ criterion, check }) => criterion.violation === true && !check!.passed)) return { decision: 'flag', notes };
  return { decision: roundsUsed < mostRounds ? 'revise' : 'blocked', notes };
}

function failureNote({ id, kind, command }: Criterion, { exitCode, outputTail }: CheckFacts): string {
  const name = id === kind ? `"${id}"` : `"${id}" (${kind})`;
  const how = exitCode === null ? 'did not finish' : `ended with exit code ${exitCode}`;
  const ran = command === undefined ? '' : `\nCommand: ${command}`;
  const tail = endOf(outputTail);
  return `Criterion ${name} failed: it ${how}.${ran}${tail === '' ? '' : `\nIts output ends:\n${tail}`}`;
}

/** The last lines, because a test run says last what went wrong. */
function endOf(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  const end = lastOf(lines, TAIL_CHARS);
  return end === lines ? lines : `…${end}`;
}
