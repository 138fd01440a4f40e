import { keepHere } from '../api/keep-here.js';

/** Reasons and questions that were typed and not sent: by person, request and answer. */
const TYPED = 'countersign.draft.';
/** Remarks on lines, by person and request. */
const REVIEWS = 'countersign.review.';

const typedKey = (personId: string, approvalId: string, answer: string): string => `${TYPED}${personId}.${approvalId}.${answer}`;
export const reviewKey = (personId: string, approvalId: string): string => `${REVIEWS}${personId}.${approvalId}`;

/** Of this tab; the browser tells of the others. */
const listeners = new Set<() => void>();
export function onDrafts(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** An empty text takes it away. False: there is no room for it. */
export function keepDraft(key: string, text: string): boolean {
  if (text === '') localStorage.removeItem(key);
  else if (!keepHere(key, text)) return false;
  for (const listener of listeners) listener();
  return true;
}

export const typedWords = (personId: string, approvalId: string, answer: string): string => localStorage.getItem(typedKey(personId, approvalId, answer)) ?? '';

/** They stay in this browser, for this person, until they are sent, also where the app is closed. False: there is no room for them. */
export const keepTyped = (personId: string, approvalId: string, answer: string, text: string): boolean => keepDraft(typedKey(personId, approvalId, answer), text);

/** What was sent is no draft any more; other words are another tab's. */
export function forgetSent(personId: string, approvalId: string, answer: string, sent: string): void {
  if (sent.includes(typedWords(personId, approvalId, answer).trim())) keepTyped(personId, approvalId, answer, '');
}

/** Hears that another tab has taken such words away, as it has sent them, and which. */
export function onTaken(personId: string, approvalId: string, answer: string, heard: (words: string) => void): () => void {
  const listen = ({ key, oldValue, newValue }: StorageEvent): void => {
    if (key === typedKey(personId, approvalId, answer) && oldValue !== null && newValue === null) heard(oldValue);
  };
  window.addEventListener('storage', listen);
  return () => window.removeEventListener('storage', listen);
}

/** What was not sent is its writer's words: of others than `personId`, where one is named, else everybody's. */
export function forgetDrafts(personId?: string): void {
  const isMine = (key: string): boolean => personId !== undefined && [TYPED, REVIEWS].some((kind) => key.startsWith(`${kind}${personId}.`));
  for (const key of Object.keys(localStorage)) if ((key.startsWith(TYPED) || key.startsWith(REVIEWS)) && !isMine(key)) localStorage.removeItem(key);
}
