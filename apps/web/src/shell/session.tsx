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

/** Forgets what another person left in this browser. */
export function rememberPerson(personId: string): void {
  if (localStorage.getItem(PERSON_KEY) === personId) return;
  localStorage.setItem(PERSON_KEY, personId);
  forgetDrafts();
  void caches?.delete(SAVED_CACHE);
}

/** Remarks that were not sent are their writer's words. */
const forgetDrafts = (): void => {
  for (const key of Object.keys(localStorage)) if (key.startsWith('countersign.review.')) localStorage.removeItem(key);
};

export async function signOut(): Promise<void> {
  await postJson('/auth/logout', {}, { key: crypto.randomUUID() });
  localStorage.removeItem(PERSON_KEY);
  forgetDrafts();
  await caches?.delete(SAVED_CACHE);
  queryClient.clear();
  location.assign('/');
}
