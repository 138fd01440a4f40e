/** A suspension of the team, and whether its customer was told why. */
export interface ToTell {
  readonly openedAt: Date;
  /** Null: it lasts. */
  readonly closedAt: Date | null;
  readonly told: boolean;
}

/** What has been over for longer is no news any more. */
const NEWS_MS = 7 * 24 * 3_600_000;

/** Of the suspensions that nobody was told of, the one that lasts; where none does, the newest that has not been over for too long. In the middle of one, nothing is said of those before. */
export function nextToTell<Session extends ToTell>(sessions: readonly Session[], now: Date): Session | undefined {
  const lasts = sessions.find(({ closedAt }) => closedAt === null);
  if (lasts) return lasts.told ? undefined : lasts;
  const untold = sessions.filter(({ told, closedAt }) => !told && now.getTime() - closedAt!.getTime() < NEWS_MS);
  return untold.reduce<Session | undefined>((newest, one) => (newest === undefined || one.openedAt > newest.openedAt ? one : newest), undefined);
}
