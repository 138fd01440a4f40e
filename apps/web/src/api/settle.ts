import type { EffectSettled, Settlement } from '@countersign/contracts';
import { keys } from './queries.js';
import { useSendOnce } from './send-once.js';

export interface SettleWish {
  readonly outcome: Settlement;
  readonly reason: string;
}

/** Ends an unknown outcome; another look is another request. */
export const useSettle = (approvalId: string) =>
  useSendOnce<EffectSettled, SettleWish>({
    about: approvalId,
    request: ({ outcome, reason }) => ({ path: `/v1/approvals/${approvalId}/effect/settle`, body: { outcome, ...(reason === '' ? {} : { reason }) } }),
    stale: [keys.approval(approvalId), keys.approvals],
    repeatable: true,
  });
