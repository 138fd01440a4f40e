import { isRefusal, refusalWords } from '@countersign/view';
import { serverNow } from '../api/clock.js';
import { NotSent } from '../api/decide.js';
import { ApiProblem, Unreachable } from '../api/http.js';
import { NotKept } from '../outbox/use-saved.js';
import { asSentence, sentence } from '../parts/states.js';

/** What went wrong, as a person understands it. */
export function problemWords(error: Error): string {
  const words = error instanceof ApiProblem ? refusalWords(error, new Date(serverNow())) : undefined;
  return words === undefined ? sentence(error) : asSentence(words);
}

/** What a person has to know after a decision that was not recorded, or may have been. */
export function failureWords(error: Error): string {
  if (error instanceof NotKept) return error.tried ? `No answer came, so it is not known whether this arrived, and it could not be saved here: ${error.message}. Try again: it counts once.` : `Not sent, and not saved: ${error.message}.`;
  if (error instanceof NotSent) return `Not sent. ${error.message}`;
  if (error instanceof Unreachable) return 'No answer came, so it is not known whether this arrived. Try again: it counts once.';
  if (error instanceof ApiProblem && !isRefusal(error)) return `It is not known whether this was recorded. ${sentence(error)} Try again: it counts once.`;
  return `Not recorded. ${problemWords(error)}`;
}
