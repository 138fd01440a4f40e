import type { LineComment } from '@countersign/contracts';
import { readDraft, samePlace, withRemark, type Place } from '@countersign/view';
import { useMemo, useSyncExternalStore } from 'react';
import { draftKey } from '../shell/session.js';

export interface Review {
  readonly comments: readonly LineComment[];
  /** An empty text takes the remark away. */
  readonly put: (place: Place, text: string) => void;
  readonly clear: () => void;
}

const nameOf = (approvalId: string, personId: string): string => `countersign.review.${personId}.${approvalId}`;
/** Of this tab; the browser tells of the others. */
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/**
 * Remarks on lines, collected until they are sent together. They stay in this browser, for this person and this version alone. What is
 * kept is read anew at each change: another tab may have added to it.
 */
export function useReview(approvalId: string, personId: string): Review {
  const name = nameOf(approvalId, personId);
  const kept = useSyncExternalStore(subscribe, () => localStorage.getItem(name));
  const comments = useMemo(() => readDraft(kept), [kept]);
  return { comments, put: (place, text) => keep(name, withRemark(readDraft(localStorage.getItem(name)), place, text)), clear: () => keep(name, []) };
}

function keep(name: string, next: readonly LineComment[]): void {
  if (next.length === 0) localStorage.removeItem(name);
  else localStorage.setItem(name, JSON.stringify(next));
  for (const listener of listeners) listener();
}

/** Remarks that were on their way and came back; one that was written at the same place since stays. */
export function keepRemarks(approvalId: string, personId: string, remarks: readonly LineComment[]): void {
  const name = nameOf(approvalId, personId);
  const since = readDraft(localStorage.getItem(name));
  const back = remarks.filter((remark) => !since.some((other) => samePlace(remark, other)));
  if (back.length > 0) keep(name, back.reduce((draft, remark) => withRemark(draft, remark, remark.text), since));
}

/** The answers whose words are kept while they are typed. */
export const TYPED = ['request_changes', 'deny', 'ask'] as const;

/** Whether anything stands in this browser that a person wrote about a request and did not send. */
export const hasUnsent = (approvalId: string, personId: string): boolean =>
  localStorage.getItem(nameOf(approvalId, personId)) !== null || TYPED.some((answer) => (sessionStorage.getItem(draftKey(personId, approvalId, answer)) ?? '').trim() !== '');
