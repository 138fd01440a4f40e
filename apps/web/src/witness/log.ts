import type { Log, Refusal, Reply } from '@countersign/audit/web';
import type { AuditProofView, CheckpointView } from '@countersign/contracts';
import { ApiProblem, getJson, Unreachable } from '../api/http.js';

/** A team's record as the server shows it. Nothing of it is ever answered from what was saved. */
export const logOf = (teamId: string): Log => ({
  head: () => answered(`/v1/audit/${teamId}/checkpoint`, (answer: Partial<CheckpointView>) => isText(answer.note) && isText(answer.vkey)),
  proof: (from, to) => answered(`/v1/audit/${teamId}/proof?from=${from}${to === undefined ? '' : `&to=${to}`}`, (answer: Partial<AuditProofView>) => isText(answer.note) && Array.isArray(answer.path) && answer.path.every(isText)),
});

const isText = (value: unknown): value is string => typeof value === 'string';
/** Not now, or not by this person. */
const NOT_GIVEN: ReadonlySet<number> = new Set([403, 404, 408, 429]);

/** The answer of the server if it has the form it must have; whatever else comes is named, so that nobody goes on as if nothing had been asked. */
async function answered<T extends object>(path: string, isSound: (answer: Partial<T>) => boolean): Promise<Reply<T>> {
  try {
    const answer = await getJson<Partial<T> | null>(path);
    return typeof answer === 'object' && answer !== null && isSound(answer) ? { given: answer as T } : { withheld: 'malformed_answer' };
  } catch (error) {
    if (error instanceof Unreachable) return { away: 'unreachable' };
    if (error instanceof SyntaxError) return { withheld: 'malformed_answer' };
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === 401) return { away: 'signed_out' };
    if (error.code !== 'unknown_size' && (error.status >= 500 || NOT_GIVEN.has(error.status))) return { withheld: error.message };
    const { seq, toSeq, size } = error.details as Partial<Refusal>;
    return { refused: { code: String(error.code), seq, toSeq, size } };
  }
}
