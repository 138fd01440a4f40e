import { isRefusal } from '@countersign/view';
import { NotSent } from '../api/decide.js';
import { ApiProblem, Unreachable } from '../api/http.js';
import { NotKept } from '../outbox/use-saved.js';
import { sentence } from '../parts/states.js';

/** Said by the server for programs; what it means to a person in a browser. */
const HERE: Readonly<Record<string, string>> = {
  device_missing: 'This browser is no device of yours any more. Answer again, and it is added anew.',
};

/** What a person has to know after a decision that was not recorded, or may have been. */
export function failureWords(error: Error): string {
  if (error instanceof NotKept) return `Not sent, and not saved: ${error.message}.`;
  if (error instanceof NotSent) return `Not sent. ${error.message}`;
  if (error instanceof Unreachable) return 'No answer came, so it is not known whether this arrived. Try again: it counts once.';
  if (error instanceof ApiProblem && !isRefusal(error)) return `It is not known whether this was recorded. ${sentence(error)} Try again: it counts once.`;
  return `Not recorded. ${(error instanceof ApiProblem && HERE[error.code]) || sentence(error)}`;
}
