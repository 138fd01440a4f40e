import type { ApprovalDetail, Created, DecisionRecorded, Me } from '@countersign/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiProblem, postJson } from './http.js';
import { keys } from './queries.js';
import { sign } from './sign.js';
import { browserAddress, browserName } from './this-browser.js';

export type Answer = 'approve' | 'deny' | 'request_changes';
export interface Decision {
  readonly answer: Answer;
  readonly reason?: string;
}

/** A decision belongs to a person on a device: a browser that has not decided before introduces itself first. */
export async function introduceBrowser(): Promise<void> {
  await postJson<Created>('/v1/devices', { name: browserName(), platform: 'webpush', address: browserAddress() }, { key: crypto.randomUUID() });
}

/**
 * Sends a decision. Trying again after no answer repeats the same request, so it counts once; what the server says about
 * the request's state is read anew in any case.
 */
export function useDecide(approval: ApprovalDetail, me: Me) {
  const client = useQueryClient();
  const sent = useRef<{ readonly decision: string; readonly key: string; readonly body: object }>(undefined);
  return useMutation<DecisionRecorded, Error, Decision>({
    mutationFn: async ({ answer, reason }) => {
      if (me.deviceId === null) await introduceBrowser();
      const unsigned = { decision: answer, digest: approval.digest, ...(reason === undefined ? {} : { reason }) };
      const decision = JSON.stringify(unsigned);
      if (sent.current?.decision !== decision) {
        const body = answer === 'approve' ? { ...unsigned, assertion: await sign(approval, me) } : unsigned;
        sent.current = { decision, key: crypto.randomUUID(), body };
      }
      return postJson<DecisionRecorded>(`/v1/approvals/${approval.id}/decision`, sent.current.body, { key: sent.current.key, ifMatch: `"${approval.version}"` });
    },
    onSuccess: () => navigator.vibrate?.(12),
    onError: (error) => {
      if (error instanceof ApiProblem) sent.current = undefined; // it was refused: the next try is a new request
    },
    onSettled: () => Promise.all([keys.approval(approval.id), keys.approvals, keys.me].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
