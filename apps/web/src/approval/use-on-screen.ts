import { useEffect, useRef, type RefObject } from 'react';

interface Where {
  /** Of the screen, by the decision bar, in pixels; undefined until that is known. */
  readonly coveredBelow: number | undefined;
  /** How long it has to be there. */
  readonly forMs?: number;
}

/** Calls back once, when the element has been on the part of the screen that nothing covers. */
export function useOnScreen(element: RefObject<HTMLElement | null>, { coveredBelow, forMs = 0 }: Where, onSeen: () => void): void {
  const seen = useRef(onSeen);
  useEffect(() => {
    seen.current = onSeen;
  });
  useEffect(() => {
    if (coveredBelow === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = (): void => {
      watcher.disconnect();
      seen.current();
    };
    const watcher = new IntersectionObserver(
      (entries) => {
        clearTimeout(timer);
        if (entries.at(-1)?.isIntersecting !== true) return;
        if (forMs === 0) done();
        else timer = setTimeout(done, forMs);
      },
      { rootMargin: `0px 0px -${coveredBelow}px 0px` },
    );
    if (element.current) watcher.observe(element.current);
    return () => {
      clearTimeout(timer);
      watcher.disconnect();
    };
  }, [element, coveredBelow, forMs]);
}
