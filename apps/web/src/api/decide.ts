import type { ApprovalDetail, Created, DecisionRecorded, Me } from '@countersign/contracts';
import { postJson } from './http.js';
import { keys } from './queries.js';
import { useSendOnce } from './send-once.js';
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

/** Sends a decision; a yes with this device's signature. What the server says about the request's state is read anew in any case. */
export const useDecide = (approval: ApprovalDetail, me: Me) =>
  useSendOnce<DecisionRecorded, Decision>({
    about: `${approval.id} ${approval.digest}`,
    request: async ({ answer, reason }) => {
      if (me.deviceId === null) await introduceBrowser();
      const unsigned = { decision: answer, digest: approval.digest, ...(reason === undefined ? {} : { reason }) };
      const [path, ifMatch] = [`/v1/approvals/${approval.id}/decision`, `"${approval.version}"`];
      return { path, ifMatch, body: answer === 'approve' ? { ...unsigned, assertion: await sign(approval, me) } : unsigned };
    },
    stale: [keys.approval(approval.id), keys.approvals, keys.me],
    onSuccess: () => void navigator.vibrate?.(12),
  });
