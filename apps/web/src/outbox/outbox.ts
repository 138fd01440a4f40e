import type { BatchSynced, Problem } from '@countersign/contracts';
import { answersTo, mayHaveArrived, nextToSend, refusalOf, type Saved } from '@countersign/view';
import { inStore } from '../api/browser-store.js';

// The service worker sends too, so nothing of the pages is loaded here.

/** Tells every tab of this browser, and the worker, that something was saved or sent. */
export const OUTBOX = 'countersign-outbox';
const outbox = <R>(work: Parameters<typeof inStore<Saved, R>>[2]): Promise<R> => inStore('countersign.outbox', 'decisions', work);
/** One decision for each request and person: who decides anew before it was sent has changed their mind. */
const nameOf = ({ personId, approvalId }: Pick<Saved, 'personId' | 'approvalId'>): string => `${personId} ${approvalId}`;

export const savedBy = async (personId: string): Promise<readonly Saved[]> => (await outbox((kept) => kept.all())).filter((each) => each.personId === personId);
export const everybodysSaved = (): Promise<readonly Saved[]> => outbox((kept) => kept.all());

export async function save(saved: Saved): Promise<void> {
  await outbox((kept) => kept.put(nameOf(saved), saved));
  changed();
}

/** False while it is being sent just now: then it cannot be taken back any more. */
export const takeBack = (saved: Saved): Promise<boolean> =>
  alone(async () => {
    await ifStill(saved, (kept) => kept.remove(nameOf(saved)));
    changed();
  });

/**
 * Sends what waits of this person's. Whoever sends at the same time (another tab, the service worker) is left to it; what was
 * decided anew meanwhile stays. Nobody else's session sends it: the server refuses it whole. Returns whether it is to be looked again who is here: somebody must sign in first, or something goes on waiting, as for a browser that was removed from their devices.
 */
export async function sendSaved(personId: string): Promise<boolean> {
  let lookAgain = false;
  await alone(async () => {
    const waiting = nextToSend(await savedBy(personId), personId);
    if (waiting.length === 0) return;
    const answer = await post(personId, waiting);
    lookAgain = answer === 'signed_out';
    if (typeof answer === 'string') return;
    let sent = false;
    for (const { saved, verdict } of answer) {
      if (verdict.became === 'sent') await ifStill(saved, (kept) => kept.remove(nameOf(saved)));
      if (verdict.became === 'refused') await ifStill(saved, (kept) => kept.put(nameOf(saved), { ...saved, problem: verdict.problem }));
      sent ||= verdict.became !== 'waiting';
      lookAgain ||= verdict.became === 'waiting';
    }
    if (sent) changed();
  });
  return lookAgain;
}

/** So long an answer is waited for: whoever takes something back meanwhile is told that it is being sent. */
const ANSWER_MS = 15_000;
type Answers = ReturnType<typeof answersTo>;

/** `not_now`: not to be had just now, or not by whoever is signed in; it is tried again at the next occasion. */
async function post(personId: string, waiting: readonly Saved[]): Promise<Answers | 'not_now' | 'signed_out'> {
  const { onLine } = navigator;
  const decisions = waiting.map(({ approvalId, teamId, decision, reason, comments, digest, version, idempotencyKey, decidedAt }) => ({ approvalId, teamId, decision, reason, ...(comments ? { comments } : {}), digest, version, idempotencyKey, decidedAt }));
  const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
  const response = await fetch('/v1/approvals/batch-sync', { method: 'POST', credentials: 'same-origin', headers, signal: AbortSignal.timeout(ANSWER_MS), body: JSON.stringify({ personId, decisions }) }).catch((error: unknown) => {
    if (!(error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))) throw error;
  });
  if (response === undefined) return onLine ? noAnswer(waiting) : 'not_now';
  if (response.ok) {
    const synced = await response.json().catch(() => undefined) as BatchSynced | undefined; // broke off, or is of whoever stands in between
    return Array.isArray(synced?.decisions) ? answersTo(waiting, synced) : noAnswer(waiting);
  }
  const problem = await problemIn(response);
  const refused = refusalOf(response.status, problem.code);
  if (refused === 'not_now' && mayHaveArrived(response.status)) return noAnswer(waiting);
  if (refused !== 'never') return refused;
  if (waiting.length > 1) return singly(personId, waiting);
  const seen: Problem = { type: 'about:blank', title: 'it was refused', code: `http_${response.status}`, ...problem, status: response.status };
  return waiting.map((saved) => ({ saved, verdict: { became: 'refused', problem: seen } })); // a person must look
}

/** It is said of it from now on that it may have arrived. */
async function noAnswer(waiting: readonly Saved[]): Promise<'not_now'> {
  const unsaid = waiting.filter(({ tried }) => !tried);
  for (const saved of unsaid) await ifStill(saved, (kept) => kept.put(nameOf(saved), { ...saved, tried: true }));
  if (unsaid.length > 0) changed();
  return 'not_now';
}

const problemIn = async (response: Response): Promise<Partial<Problem>> => (/json/.test(response.headers.get('content-type') ?? '') ? ((await response.json()) as Partial<Problem>) : {});

/** One that cannot be read must not hold up the others. Ends where there is no connection any more: the rest waits. */
async function singly(personId: string, waiting: readonly Saved[]): Promise<Answers> {
  const answers: Answers[number][] = [];
  for (const saved of waiting) {
    const answer = await post(personId, [saved]);
    if (typeof answer === 'string') break;
    answers.push(...answer);
  }
  return answers;
}

const ifStill = (saved: Saved, work: (kept: Parameters<Parameters<typeof outbox>[0]>[0]) => Promise<unknown>): Promise<void> =>
  outbox(async (kept) => {
    if ((await kept.get(nameOf(saved)))?.idempotencyKey === saved.idempotencyKey) await work(kept);
  });

/** False, and nothing done, while somebody else in this browser is at it. */
const alone = (work: () => Promise<void>): Promise<boolean> =>
  navigator.locks.request(OUTBOX, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await work();
    return lock !== null;
  });

function changed(): void {
  const channel = new BroadcastChannel(OUTBOX);
  channel.postMessage('changed');
  channel.close();
}
