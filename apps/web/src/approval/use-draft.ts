import { useState } from 'react';

/** What was typed stays when the sheet is closed by mistake. */
export function useDraft(key: string): [string, (text: string) => void, () => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  const keep = (next: string): void => {
    setText(next);
    sessionStorage.setItem(key, next);
  };
  return [text, keep, () => keep('')];
}
