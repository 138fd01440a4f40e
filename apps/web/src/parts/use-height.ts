import { useCallback, useState } from 'react';

/** The height of an element as it is now, in pixels, its padding with it; also for the stylesheets, under `name`, where something has to keep clear of it. */
export function useHeight(name: `--${string}`): [number, (element: HTMLElement | null) => (() => void) | undefined] {
  const [height, setHeight] = useState(0);
  const watch = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return undefined;
      const { style } = document.documentElement;
      const watcher = new ResizeObserver(() => {
        const { offsetHeight } = element;
        style.setProperty(name, `${offsetHeight}px`);
        setHeight(offsetHeight);
      });
      watcher.observe(element, { box: 'border-box' });
      return () => {
        watcher.disconnect();
        style.removeProperty(name);
      };
    },
    [name],
  );
  return [height, watch];
}
