import type { Log, Refusal, Reply } from '@countersign/audit/web';
import type { AuditProofView, CheckpointView } from '@countersign/contracts';
import { ApiProblem, getJson, Unreachable } from '../api/http.js';

/** A team's record as the server shows it. Nothing of it is ever answered from what was saved. */
export const logOf = (teamId: string): Log => ({
  head: () => answered(() => getJson<CheckpointView>(`/v1/audit/${teamId}/checkpoint`)),
  proof: (from, to) => answered(() => getJson<AuditProofView>(`/v1/audit/${teamId}/proof?from=${from}${to === undefined ? '' : `&to=${to}`}`)),
});

/** Not now, or not by this person: nothing follows from that. */
const NO_WORD: ReadonlySet<number> = new Set([401, 403, 404, 408, 429]);

async function answered<T>(ask: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { given: await ask() };
  } catch (error) {
    if (error instanceof Unreachable) return { away: 'unreachable' };
    if (!(error instanceof ApiProblem)) throw error;
    if (error.code !== 'unknown_size' && (error.status >= 500 || NO_WORD.has(error.status))) return { away: error.message };
    const { seq, toSeq, size } = error.details as Partial<Refusal>;
    return { refused: { code: error.code, seq, toSeq, size } };
  }
}
