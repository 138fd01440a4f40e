const KEY = 'countersign.welcomed';

/** Who has been shown around on this device; undefined where an older version kept only that somebody had. */
function known(): readonly string[] | undefined {
  const kept = localStorage.getItem(KEY);
  if (kept === null) return [];
  return kept.startsWith('[') ? (JSON.parse(kept) as string[]) : undefined;
}

/** Shown once to each person on each device; the page *Me* leads there again. */
export const wasWelcomed = (personId: string): boolean => known()?.includes(personId) ?? true;
export function noteWelcomed(personId: string): void {
  if (!wasWelcomed(personId)) localStorage.setItem(KEY, JSON.stringify([...(known() ?? []), personId]));
}
