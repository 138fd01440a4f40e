/** So much of it is all of it: edges lie between pixels. */
const WHOLE = 0.98;
/** What goes out of sight so soon after somebody scrolled went with that: a frame may take long. */
const SCROLLED_MS = 500;

/**
 * Whoever goes from one thing to the next by keyboard sees where they are, also when something comes in above it a moment later, as a
 * strip or what was decided elsewhere: then it is scrolled to where it can be seen again. Who scrolls away from it is let go. Returns how to stop.
 */
export function keepFocusInSight(): () => void {
  const ended = new AbortController();
  let wasWhole = false;
  let scrolledAt = -Infinity;
  const watcher = new IntersectionObserver(
    (entries) => {
      const { target, intersectionRatio, boundingClientRect, time } = entries.at(-1)!;
      const isWhole = intersectionRatio >= WHOLE || boundingClientRect.height > innerHeight;
      const isPushed = wasWhole && !isWhole && time - scrolledAt > SCROLLED_MS && target === document.activeElement;
      wasWhole = isWhole || isPushed;
      if (isPushed) target.scrollIntoView({ block: 'nearest' });
    },
    { threshold: [0, 0.25, 0.5, 0.75, WHOLE] },
  );
  const scrolled = (): void => void (scrolledAt = performance.now());
  const focused = ({ target }: FocusEvent): void => {
    watcher.disconnect();
    wasWhole = true; // the browser sees to that
    if (target instanceof HTMLElement && target.tabIndex >= 0 && target.matches(':focus-visible')) watcher.observe(target);
  };
  document.addEventListener('scroll', scrolled, { capture: true, passive: true, signal: ended.signal });
  document.addEventListener('focusin', focused, { signal: ended.signal });
  return () => {
    ended.abort();
    watcher.disconnect();
  };
}
