import type { ApprovalDetail, Me } from '@countersign/contracts';
import type { Saved } from '@countersign/view';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { serverNow } from '../api/clock.js';
import { keys } from '../api/queries.js';
import { useMe } from '../shell/session.js';

/** What a person has decided here that was not sent, or was not taken. Loaded after the page stands. */
export const outboxQuery = (personId: string) =>
  queryOptions({ queryKey: [...keys.outbox, personId], queryFn: async () => (await import('./outbox.js')).savedBy(personId), staleTime: Infinity });

export const useOutbox = (): readonly Saved[] => useQuery(outboxQuery(useMe().personId)).data ?? [];
export const useSaved = (id: string): Saved | undefined => useOutbox().find(({ approvalId }) => approvalId === id);

/** The browser had no room left, or keeps nothing in a private window. */
export class NotKept extends Error {
  override readonly name = 'NotKept';
  constructor(
    message: string,
    /** It was sent before, and no answer came. */
    readonly tried: boolean,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Keeps a decision on this device until there is a connection; on return it is on disk. Throws `NotKept`. */
export async function keepDecision({ id: approvalId, teamId, title, digest, version }: ApprovalDetail, { personId }: Me, { answer, reason, comments, tried }: Pick<Saved, 'reason' | 'comments' | 'tried'> & { readonly answer: Saved['decision'] }): Promise<void> {
  const saved: Saved = { personId, approvalId, teamId, title, decision: answer, reason, ...(comments === undefined ? {} : { comments }), ...(tried && { tried }), digest, version, idempotencyKey: crypto.randomUUID(), decidedAt: new Date(serverNow()).toISOString() };
  const { OUTBOX, save } = await import('./outbox.js');
  await save(saved).catch((cause: unknown) => {
    throw new NotKept(cause instanceof DOMException && cause.name === 'QuotaExceededError' ? 'this device has no room left' : 'this browser does not let us', tried === true, { cause });
  });
  await sendInBackground(OUTBOX);
}

interface WithSync {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** Where the browser can, it sends when there is a connection again, also after the app was closed. */
async function sendInBackground(tag: string): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as (ServiceWorkerRegistration & WithSync) | undefined;
  await registration?.sync?.register(tag).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error; // the person has turned it off: then the open app sends
  });
}
