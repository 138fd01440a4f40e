import type { Me } from '@countersign/contracts';
import { createContext, useContext } from 'react';
import { queryClient } from '../api/query-client.js';
import { postJson } from '../api/http.js';

/** What the service worker keeps of one person; never shown to another. */
export const SAVED_CACHE = 'countersign-saved';
const PERSON_KEY = 'countersign.person';

const MeContext = createContext<Me | undefined>(undefined);
export const MeProvider = MeContext.Provider;

/** The person who is signed in. Only below the shell. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === undefined) throw new Error('no person is signed in here');
  return me;
}

/** Words that were typed and not sent, in one tab. */
const DRAFTS = 'countersign.draft.';
export const draftKey = (personId: string, approvalId: string, answer: string): string => `${DRAFTS}${personId}.${approvalId}.${answer}`;

/** Whom this page was drawn for. */
let drawnFor: string | undefined;

/** Somebody else than whom this page was drawn for: nothing that it holds in memory is theirs to see. */
export const isAnotherPerson = (personId: string): boolean => drawnFor !== undefined && drawnFor !== personId;

/** Hears at once when another tab's person changes: this one may still show what the last one could see. */
export function onPersonElsewhere(heard: () => void): () => void {
  const listen = ({ key, newValue }: StorageEvent): void => {
    if (key === PERSON_KEY && newValue !== drawnFor) heard();
  };
  window.addEventListener('storage', listen);
  return () => window.removeEventListener('storage', listen);
}

/** Forgets what another person left in this browser; in a tab that stood open also where another tab has done so before. */
export function rememberPerson(personId: string): void {
  drawnFor ??= personId;
  forget(sessionStorage, (key) => key.startsWith(DRAFTS) && !key.startsWith(`${DRAFTS}${personId}.`));
  if (localStorage.getItem(PERSON_KEY) === personId) return;
  localStorage.setItem(PERSON_KEY, personId);
  forgetDrafts();
  void caches?.delete(SAVED_CACHE);
}

/** Remarks and reasons that were not sent are their writer's words. */
const forgetDrafts = (): void => {
  forget(localStorage, (key) => key.startsWith('countersign.review.'));
  forget(sessionStorage, (key) => key.startsWith(DRAFTS));
};

function forget(storage: Storage, which: (key: string) => boolean): void {
  for (const key of Object.keys(storage).filter(which)) storage.removeItem(key);
}

export async function signOut(): Promise<void> {
  await postJson('/auth/logout', {}, { key: crypto.randomUUID() });
  localStorage.removeItem(PERSON_KEY);
  forgetDrafts();
  await caches?.delete(SAVED_CACHE);
  queryClient.clear();
  location.assign('/');
}
