import type { Refusal, Reply } from './witness.js';

/** Why a witness has no answer in its hands: none came, what came cannot be read, or the server said no. */
export type NoAnswer = 'no_answer' | 'malformed_answer' | { readonly status: number; readonly code: string; readonly message: string; readonly details: Partial<Refusal> };

/** Not now, or not by this person. */
const NOT_GIVEN: ReadonlySet<number> = new Set([403, 404, 408, 429]);

/**
 * What follows for a witness. `live`: what it wants to have proven came from the server just now, to whoever is signed in.
 *
 * A server that shows a person their pages, and is not there for the proof or does not know them then, is not away: it
 * withholds. Else it could switch every witness off by dropping one connection.
 */
export function replyWithout(answer: NoAnswer, live: boolean): Reply<never> {
  if (answer === 'no_answer') return live ? { withheld: answer } : { away: 'unreachable' };
  if (answer === 'malformed_answer') return { withheld: answer };
  const { status, code, message, details } = answer;
  if (status === 401) return live ? { withheld: 'not_let_in' } : { away: 'signed_out' };
  if (code !== 'unknown_size' && (status >= 500 || NOT_GIVEN.has(status))) return { withheld: message };
  return { refused: { code, seq: details.seq, toSeq: details.toSeq, size: details.size } };
}
