import { replyWithout, type Log, type NoAnswer, type Reply } from '@countersign/audit/web';
import type { AuditProofView, CheckpointView } from '@countersign/contracts';
import { ApiProblem, getJson, Unreachable } from '../api/http.js';

/** A server that takes longer has not answered: whoever waits for it checks nothing else meanwhile. */
const ANSWER_MS = 30_000;

/** A team's record as the server shows it. Nothing of it is ever answered from what was saved. `live`: nor was what made us ask. */
export const logOf = (teamId: string, live: boolean): Log => ({
  head: () => answered(`/v1/audit/${teamId}/checkpoint`, live, (answer: Partial<CheckpointView>) => isText(answer.note) && isText(answer.vkey)),
  proof: (from, to) => answered(`/v1/audit/${teamId}/proof?from=${from}${to === undefined ? '' : `&to=${to}`}`, live, (answer: Partial<AuditProofView>) => isText(answer.note) && Array.isArray(answer.path) && answer.path.every(isText)),
});

const isText = (value: unknown): value is string => typeof value === 'string';

/** The answer of the server if it has the form it must have; whatever else comes is named, so that nobody goes on as if nothing had been asked. */
async function answered<T extends object>(path: string, live: boolean, isSound: (answer: Partial<T>) => boolean): Promise<Reply<T>> {
  try {
    const answer = await getJson<Partial<T> | null>(path, AbortSignal.timeout(ANSWER_MS));
    return typeof answer === 'object' && answer !== null && isSound(answer) ? { given: answer as T } : replyWithout('malformed_answer', live);
  } catch (error) {
    return replyWithout(whyNone(error), live);
  }
}

function whyNone(error: unknown): NoAnswer {
  if (error instanceof Unreachable || brokeOff(error)) return 'no_answer';
  if (error instanceof SyntaxError) return 'malformed_answer';
  if (!(error instanceof ApiProblem)) throw error;
  const { status, code, message, details } = error;
  return { status, code: String(code), message, details };
}

/** In the middle of an answer. */
const brokeOff = (error: unknown): boolean => error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
