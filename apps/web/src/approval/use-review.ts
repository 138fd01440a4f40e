import type { LineComment } from '@countersign/contracts';
import { readDraft, withRemark, type Place } from '@countersign/view';
import { useState } from 'react';

export interface Review {
  readonly comments: readonly LineComment[];
  /** An empty text takes the remark away. */
  readonly put: (place: Place, text: string) => void;
  readonly clear: () => void;
}

/** Remarks on lines, collected until they are sent together. They stay in this browser, for this person and this version alone. */
export function useReview(approvalId: string, personId: string): Review {
  const key = `countersign.review.${personId}.${approvalId}`;
  const [comments, setComments] = useState<readonly LineComment[]>(() => readDraft(localStorage.getItem(key)));
  const keep = (next: readonly LineComment[]): void => {
    setComments(next);
    if (next.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(next));
  };
  return { comments, put: (place, text) => keep(withRemark(comments, place, text)), clear: () => keep([]) };
}
