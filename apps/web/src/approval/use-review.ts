import type { LineComment } from '@countersign/contracts';
import { readDraft, samePlace, withRemark, type Place } from '@countersign/view';
import { useMemo, useSyncExternalStore } from 'react';
import { keepDraft, onDrafts, reviewKey, typedWords } from '../shell/drafts.js';

export interface Review {
  readonly comments: readonly LineComment[];
  /** An empty text takes the remark away. False: this browser has no room to keep it. */
  readonly put: (place: Place, text: string) => boolean;
  readonly clear: () => void;
}

/**
 * Remarks on lines, collected until they are sent together. They stay in this browser, for this person and this version alone. What is
 * kept is read anew at each change: another tab may have added to it.
 */
export function useReview(approvalId: string, personId: string): Review {
  const name = reviewKey(personId, approvalId);
  const kept = useSyncExternalStore(onDrafts, () => localStorage.getItem(name));
  const comments = useMemo(() => readDraft(kept), [kept]);
  return { comments, put: (place, text) => keep(name, withRemark(readDraft(localStorage.getItem(name)), place, text)), clear: () => void keep(name, []) };
}

const keep = (name: string, next: readonly LineComment[]): boolean => keepDraft(name, next.length === 0 ? '' : JSON.stringify(next));

/** Remarks that were on their way and came back; one that was written at the same place since stays. */
export function keepRemarks(approvalId: string, personId: string, remarks: readonly LineComment[]): void {
  const name = reviewKey(personId, approvalId);
  const since = readDraft(localStorage.getItem(name));
  const back = remarks.filter((remark) => !since.some((other) => samePlace(remark, other)));
  if (back.length > 0) keep(name, back.reduce((draft, remark) => withRemark(draft, remark, remark.text), since));
}

/** The answers whose words are kept while they are typed. */
export const TYPED = ['request_changes', 'deny', 'ask'] as const;
export type Typed = (typeof TYPED)[number];

/** Whether anything stands in this browser that a person wrote about a request and did not send. */
export const hasUnsent = (approvalId: string, personId: string): boolean =>
  localStorage.getItem(reviewKey(personId, approvalId)) !== null || TYPED.some((answer) => typedWords(personId, approvalId, answer).trim() !== '');
