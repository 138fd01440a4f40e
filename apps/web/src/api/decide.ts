import type { ApprovalDetail, Created, DecideBody, DecisionRecorded, DecisionUndone, Me } from '@countersign/contracts';
import { onlyConnected } from '@countersign/view';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { keepDecision } from '../outbox/use-saved.js';
import { isOnline } from './connection.js';
import { DECIDE_MS, postJson, Unreachable } from './http.js';
import { keys, preferencesQuery } from './queries.js';
import { useSendOnce } from './send-once.js';
import { browserAddress, browserName } from './this-browser.js';

export type Answer = DecideBody['decision'];
export interface Decision {
  readonly answer: Answer;
  readonly reason?: string;
  /** What belongs to one answer alone. */
  readonly more?: Pick<DecideBody, 'until' | 'report' | 'comments'>;
}

/** A decision belongs to a person on a device: a browser that has not decided before introduces itself first. */
export function introduceBrowser(): Promise<Created> {
  return postJson<Created>('/v1/devices', { name: browserName(), platform: 'webpush', address: browserAddress() }, { key: crypto.randomUUID(), limitMs: DECIDE_MS });
}

/** It was known that there is no connection, so nothing was tried. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}

export const loadSigning = () => import('./sign.js');

/** There when somebody approves, for which there is a connection; else it is loaded then. */
const signing = () => loadSigning().catch((cause: unknown) => Promise.reject(new NotSent('The part of this app that signs could not be loaded. Reload the page, and approve again.', { cause })));

/** Where the person's wish is not known, or is not there yet. */
const UNDO_SECONDS = 10;

/**
 * Sends a decision, to be undone for as long as the person wishes; a yes with this device's signature. A no that cannot be sent, or gets no answer, is kept on this device until
 * there is a connection. What the server says about the request's state is read anew in any case.
 */
export function useDecide(approval: ApprovalDetail, me: Me) {
  const { mutateAsync: send } = useSend(approval, me);
  const unheard = useRef<Answer>(undefined); // sent, and it may have arrived: so also when it is given again without a connection
  return useMutation<DecisionRecorded | undefined, Error, Decision>({
    mutationFn: async (decision) => {
      const { answer, reason = '', more } = decision;
      const online = isOnline();
      const why = onlyConnected(answer, more);
      if (why !== undefined && !online) throw new NotSent(why);
      if ((answer !== 'deny' && answer !== 'request_changes') || why !== undefined) return send(decision);
      const keep = (): Promise<undefined> => keepDecision(approval, me, { answer, reason, comments: more?.comments, ...(unheard.current === answer && { tried: true }) }).then(() => undefined);
      if (!online) return keep();
      try {
        const recorded = await send(decision);
        unheard.current = undefined;
        return recorded;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        unheard.current = answer;
        return keep();
      }
    },
  });
}

/** After an undo the same answer is another decision: the version is another one. */
function useSend(approval: ApprovalDetail, me: Me) {
  const holdSeconds = useQuery(preferencesQuery).data?.undoSeconds ?? UNDO_SECONDS;
  return useSendOnce<DecisionRecorded, Decision>({
    about: `${approval.id} ${approval.digest} ${approval.version}`,
    request: async ({ answer, reason, more }) => {
      if (me.deviceId === null) await introduceBrowser();
      const unsigned = { decision: answer, digest: approval.digest, ...(isHeld(answer, more) ? { holdSeconds } : {}), ...(reason === undefined ? {} : { reason }), ...more };
      const [path, ifMatch] = [`/v1/approvals/${approval.id}/decision`, `"${approval.version}"`];
      return { path, ifMatch, body: answer === 'approve' ? { ...unsigned, assertion: await (await signing()).sign(approval, me) } : unsigned };
    },
    stale: [keys.approval(approval.id), keys.approvals, keys.me, keys.signing], // a yes may have added a key
    limitMs: DECIDE_MS,
    repeatable: true, // a question that is asked again, or put off to the same time, is meant again
    onSuccess: () => void navigator.vibrate?.(12),
  });
}

/** A mark decides nothing, and a report stops at once. */
const isHeld = (answer: Answer, more: Decision['more']): boolean => (answer === 'approve' || answer === 'deny' || answer === 'request_changes') && more?.report !== true;

/** Takes back one's own decision; again while no answer came is the same undo. */
export const useUndo = ({ id, version }: { readonly id: string; readonly version?: number }) =>
  useSendOnce<DecisionUndone, void>({
    about: `${id} ${version ?? ''}`,
    request: () => ({ path: `/v1/approvals/${id}/decision/undo`, body: {} }),
    stale: [keys.approval(id), keys.approvals],
    limitMs: DECIDE_MS,
    repeatable: true,
  });
