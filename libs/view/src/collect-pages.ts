export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
export interface Listed<T> {
  readonly items: readonly T[];
  /** There are others, which are not here. */
  readonly more: boolean;
}

/** So many pages, one after the other. Where the server goes away in between, as many as there were: that the rest is missing must be said. */
export async function collectPages<T>(read: (cursor: string | null) => Promise<Page<T>>, most: number, isAway: (error: unknown) => boolean): Promise<Listed<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < most && (page === 0 || cursor !== null); page++) {
    try {
      const next: Page<T> = await read(cursor);
      items.push(...next.items);
      cursor = next.nextCursor;
    } catch (error) {
      if (page > 0 && isAway(error)) break;
      throw error;
    }
  }
  return { items, more: cursor !== null };
}
