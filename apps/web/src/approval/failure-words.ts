import { Unreachable } from '../api/http.js';
import { sentence } from '../parts/states.js';

/** What a person has to know after a decision that was not recorded, or may have been. */
export const failureWords = (error: Error): string =>
  error instanceof Unreachable ? 'No answer came, so it is not known whether your decision arrived. Try again: it counts once.' : `Not recorded. ${sentence(error)}`;
