import type { Me } from '@countersign/contracts';
import { createContext, useContext } from 'react';
import { keepHere } from '../api/keep-here.js';
import { queryClient } from '../api/query-client.js';
import { postJson } from '../api/http.js';
import { FORMER_KEY } from '../api/this-browser.js';
import { SAVED_CACHE } from '../saved-answers.js';
import { forgetDrafts } from './drafts.js';

const PERSON_KEY = 'countersign.person';

const MeContext = createContext<Me | undefined>(undefined);
export const MeProvider = MeContext.Provider;

/** The person who is signed in. Only below the shell. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === undefined) throw new Error('no person is signed in here');
  return me;
}

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
  forgetDrafts(personId);
  const last = localStorage.getItem(PERSON_KEY);
  const isNext = last !== null && last !== personId;
  if (isNext || localStorage.getItem(FORMER_KEY) !== null) void ringNoMore();
  if (last === personId) return;
  keepHere(PERSON_KEY, personId);
  void caches?.delete(SAVED_CACHE);
}

/** Whoever is gone is not rung here any more. What fails is done at the next visit. */
function ringNoMore(): Promise<void> {
  keepHere(FORMER_KEY, 'yes');
  return import('../api/subscribe.js').then(({ unsubscribeBrowser }) => unsubscribeBrowser()).catch((error: unknown) => console.warn('this browser still has an address at which it is rung', error));
}

export async function signOut(): Promise<void> {
  await postJson('/auth/logout', {}, { key: crypto.randomUUID() });
  localStorage.removeItem(PERSON_KEY);
  forgetDrafts();
  await Promise.all([caches?.delete(SAVED_CACHE), ringNoMore()]);
  queryClient.clear();
  location.assign('/');
}
