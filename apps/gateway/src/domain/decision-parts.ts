import type { DecideBody, Decision } from '@countersign/contracts';
import { refused, type Refused } from './decide-approval.js';

const MARKS: readonly Decision[] = ['defer', 'escalate', 'ask'];
/** It leaves the request open. */
export const isMark = (decision: Decision): boolean => MARKS.includes(decision);

/** What belongs to one decision alone and comes with another: whoever sends it means something else than what would be recorded. */
export function misfit({ decision, until, report, comments, assertion }: DecideBody): Refused | undefined {
  const not = (what: string, of: string): Refused => refused('not_for_this_decision', `"${what}" belongs to ${of}`);
  if (until !== undefined && decision !== 'defer') return not('until', 'defer');
  if (report === true && decision !== 'deny') return not('report', 'deny');
  if (comments !== undefined && comments.length > 0 && decision !== 'request_changes') return not('comments', 'request_changes');
  return assertion !== undefined && isMark(decision) ? not('assertion', 'approve') : undefined;
}
