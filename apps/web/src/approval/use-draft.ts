import { useState } from 'react';
import type { Answer } from '../api/decide.js';
import { draftKey, useMe } from '../shell/session.js';

/** What was typed stays when the sheet is closed by mistake: in this tab, for this person, until it is sent or they sign out. */
export function useDraft(approvalId: string, answer: Answer): [string, (text: string) => void] {
  const key = draftKey(useMe().personId, approvalId, answer);
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  const keep = (next: string): void => {
    setText(next);
    sessionStorage.setItem(key, next);
  };
  return [text, keep];
}
