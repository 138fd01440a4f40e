import type { QueryClient } from '@tanstack/react-query';

/** So long nothing was asked of the server: what the page needs is there. */
const QUIET_MS = 400;
/** Whatever is still on its way by then is slow, or asked for again and again. */
const AT_THE_LATEST_MS = 8_000;

const whenIdle: (work: () => void) => void = 'requestIdleCallback' in window ? (work) => requestIdleCallback(work, { timeout: QUIET_MS }) : setTimeout;

/** Resolves when the page has drawn what it has, at the latest after 0.4 seconds. */
export const drawn = (): Promise<void> => new Promise(whenIdle);

/** Resolves once the first page stands: what is not needed for it is loaded from then on. */
export function pageStands(client: QueryClient): Promise<void> {
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: (() => void) | undefined;
    const end = (): void => {
      clearTimeout(timer);
      clearTimeout(latest);
      stop?.();
      whenIdle(resolve);
    };
    const latest = setTimeout(end, AT_THE_LATEST_MS);
    const look = (): void => {
      clearTimeout(timer);
      timer = client.isFetching() === 0 ? setTimeout(end, QUIET_MS) : undefined;
    };
    stop = client.getQueryCache().subscribe(look);
    look();
  });
}
