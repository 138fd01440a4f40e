import type { EffectSettled, Settlement } from '@countersign/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiProblem, postJson } from './http.js';
import { keys } from './queries.js';

export interface SettleWish {
  readonly outcome: Settlement;
  readonly reason: string;
}

/** Ends an unknown outcome. Trying again after no answer repeats the same request, so it counts once. */
export function useSettle(approvalId: string) {
  const client = useQueryClient();
  const sent = useRef<{ readonly wish: string; readonly key: string }>(undefined);
  return useMutation<EffectSettled, Error, SettleWish>({
    mutationFn: async ({ outcome, reason }) => {
      const body = { outcome, ...(reason === '' ? {} : { reason }) };
      const wish = JSON.stringify(body);
      if (sent.current?.wish !== wish) sent.current = { wish, key: crypto.randomUUID() };
      return postJson<EffectSettled>(`/v1/approvals/${approvalId}/effect/settle`, body, { key: sent.current.key });
    },
    onSuccess: () => {
      sent.current = undefined; // another look is another request
    },
    onError: (error) => {
      if (error instanceof ApiProblem) sent.current = undefined;
    },
    onSettled: () => Promise.all([keys.approval(approvalId), keys.approvals].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
