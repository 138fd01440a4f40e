import type { BatchSynced, DecideBody, Problem, SyncedDecision } from '@countersign/contracts';
import { inSight } from './invisible.js';

/** A decision that waits on this device for a connection, or that was sent late and was not taken. */
export interface Saved {
  /** Whose it is: nobody else's session sends it. */
  readonly personId: string;
  readonly approvalId: string;
  readonly teamId: string;
  readonly title: string;
  /** A yes is signed over a number of the server's, so none waits here. */
  readonly decision: Exclude<DecideBody['decision'], 'approve'>;
  readonly reason: string;
  /** Remarks on lines that go with it. */
  readonly comments?: DecideBody['comments'];
  readonly digest: string;
  readonly version: number;
  readonly idempotencyKey: string;
  /** RFC 3339, by this device's clock. */
  readonly decidedAt: string;
  /** It was sent, and no answer came: it may have arrived. */
  readonly tried?: true;
  /** Why it was not taken; absent while it waits. */
  readonly problem?: Problem;
}

/** What the server takes in one request. */
const AT_ONCE = 20;
const order = (one: Saved, other: Saved): number => one.decidedAt.localeCompare(other.decidedAt);

/** What is to be sent next for a person, in the order in which it was decided. */
export const nextToSend = (saved: readonly Saved[], personId: string): readonly Saved[] =>
  saved.filter((each) => each.personId === personId && each.problem === undefined).sort(order).slice(0, AT_ONCE);

export type Verdict = { readonly became: 'sent' } | { readonly became: 'waiting' } | { readonly became: 'refused'; readonly problem: Problem };

/**
 * What became of a saved decision. Where it stands already as this person's (an earlier try arrived, and its answer was lost),
 * it is sent; where nobody knows, or this browser must first say who it is, it goes on waiting.
 */
export function verdictOf({ decision }: Pick<Saved, 'decision'>, { outcome, problem }: SyncedDecision): Verdict {
  if (outcome !== 'refused' || problem === null) return { became: outcome === 'failed' ? 'waiting' : 'sent' };
  if (problem.code === 'device_missing' || problem.code === 'device_not_yours') return { became: 'waiting' };
  const { decision: standing } = problem as { readonly decision?: { readonly decision?: unknown; readonly mine?: unknown } | null };
  return problem.code === 'already_decided' && standing?.mine === true && standing.decision === decision ? { became: 'sent' } : { became: 'refused', problem };
}

/** What a refusal of all that was sent at once says of it: some of it will never be taken, whoever sends it must sign in first, or it goes on waiting. */
export type Refused = 'never' | 'signed_out' | 'not_now';

/** A server that means it says why; what stands in between (a portal of a hotel, a proxy) speaks for nobody. Of somebody else's session nothing is taken, and nothing is lost. */
export function refusalOf(status: number, code: unknown): Refused {
  if (status === 401) return 'signed_out';
  if (status === 413 || status === 422) return 'never';
  const said = typeof code === 'string' && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return said && code !== 'decisions_not_yours' ? 'never' : 'not_now';
}

/** That an answer leaves open whether the server has taken it: of a server that failed, or of what stands before one that did not answer in time. */
export const mayHaveArrived = (status: number): boolean => status >= 500 || status === 408;

/** The answers beside what was sent; none for one that the server said nothing of. */
export const answersTo = (sent: readonly Saved[], { decisions }: BatchSynced): readonly { readonly saved: Saved; readonly verdict: Verdict }[] =>
  sent.map((saved) => {
    const answer = decisions.find(({ idempotencyKey, approvalId }) => idempotencyKey === saved.idempotencyKey && approvalId === saved.approvalId);
    return { saved, verdict: answer ? verdictOf(saved, answer) : { became: 'waiting' } };
  });

const NOUNS: Readonly<Record<string, string>> = { approve: 'approved', deny: 'denied', request_changes: 'sent back', expire: 'let expire', withdraw: 'withdrawn' };

/** Why a decision that came late needs another look, in one sentence. */
export function anotherLookWords({ problem }: Pick<Saved, 'problem'>): string {
  const { decision } = (problem ?? {}) as { readonly decision?: { readonly decision?: string; readonly by?: string | null } | null };
  const verb = NOUNS[decision?.decision ?? ''];
  if (problem?.code === 'already_decided' && verb !== undefined) return `${inSight(decision?.by ?? 'Somebody')} had ${verb} it before your decision arrived.`;
  const words: Readonly<Record<string, string>> = {
    already_decided: 'It was decided before your decision arrived.',
    superseded: 'A newer version took its place before your decision arrived.',
    digest_differs: 'What is asked is not what you saw.',
    stale_version: 'It changed before your decision arrived.',
    expired: 'Its time was over before your decision arrived. Nothing happened.',
    withdrawn: 'It was taken back before your decision arrived. Nothing happened.',
    goal_paused: 'Its goal stands still, so nothing can be decided now.',
    not_eligible: 'You may not decide this any more.',
    http_413: 'It is longer than the server takes. Send less of it again.',
  };
  return words[problem?.code ?? ''] ?? `The server did not take it: ${inSight(problem?.detail ?? problem?.title ?? 'no reason was given')}.`;
}
