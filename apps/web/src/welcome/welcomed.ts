const KEY = 'countersign.welcomed';

/** Shown once on each device, whoever uses it; the page *Me* leads there again. */
export const wasWelcomed = (): boolean => localStorage.getItem(KEY) !== null;
export const noteWelcomed = (): void => localStorage.setItem(KEY, new Date().toISOString());
