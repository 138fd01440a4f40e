import { bodyOf, DECISION_RECEIPT_EXTENSION, verifyDecisionReceipt } from '@countersign/audit/web';
import type { ApprovalDetail } from '@countersign/contracts';
import { useMutation } from '@tanstack/react-query';
import { getBytes } from '../api/http.js';
import { findingWords } from '../verify/finding-words.js';
import { saveFile } from '../witness/evidence.js';
import { useWatched } from '../witness/state.js';

/** Fetches the receipt of a decision, the newest unless one is named, verifies it here, and saves it. What does not hold is not saved. */
export function useSaveReceipt({ id, teamId, digest }: Pick<ApprovalDetail, 'id' | 'teamId' | 'digest'>, decision?: string) {
  const pinned = useWatched().remembered.find((one) => one.teamId === teamId)?.memory?.vkey;
  return useMutation({
    mutationFn: async () => {
      const text = new TextDecoder().decode(await getBytes(`/v1/approvals/${id}/receipt${decision === undefined ? '' : `?decision=${decision}`}`));
      const report = await verifyDecisionReceipt(text, pinned);
      const about = bodyOf(report.payload);
      if (!report.ok) throw new Error(`The receipt does not hold, so it was not saved. ${findingWords(report.findings[0])}`);
      if (report.team !== teamId || about['approval_id'] !== id || (about['digest'] ?? digest) !== digest) throw new Error('The receipt is of another decision, so it was not saved.');
      saveFile(`${decision ?? id}${DECISION_RECEIPT_EXTENSION}`, text);
    },
  });
}
