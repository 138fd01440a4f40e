import { useEffect, useState } from 'react';
import { keepTyped, onTaken, typedWords } from '../shell/drafts.js';
import { useMe } from '../shell/session.js';
import type { Typed } from './use-review.js';

export interface Draft {
  readonly text: string;
  readonly type: (text: string) => void;
  /** Why it is lost when it is not sent now; undefined: it is kept. */
  readonly notKept: string | undefined;
}

/** What was typed stays when the sheet is closed by mistake, or the app: in this browser, for this person, until it is sent or they sign out. */
export function useDraft(about: string, answer: Typed | 'message'): Draft {
  const { personId } = useMe();
  const [text, setText] = useState(() => typedWords(personId, about, answer));
  const [kept, setKept] = useState(true);
  // sent from another tab: here it is no draft any more, unless more was written to it
  useEffect(() => onTaken(personId, about, answer, (words) => setText((now) => (now === words ? '' : now))), [personId, about, answer]);
  const type = (next: string): void => {
    setText(next);
    setKept(keepTyped(personId, about, answer, next));
  };
  return { text, type, notKept: kept ? undefined : NO_ROOM };
}

export const NO_ROOM = 'This browser has no room left to keep it, so it is gone when this is closed.';
