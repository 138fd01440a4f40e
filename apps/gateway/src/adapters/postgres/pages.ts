import { PAGE_LIMIT } from '@countersign/contracts';

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}
export interface PageRequest {
  readonly cursor?: string;
  readonly limit?: number;
}

export const limitOf = (page: PageRequest): number => page.limit ?? PAGE_LIMIT;

/** A page from one row more than asked for: the extra row only says that there is a next page. */
export function pageOfRows<R, T>(rows: readonly R[], limit: number, cursorOf: (row: R) => string, view: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(view), nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** A page of a list that is short enough to be read whole. */
export function pageOfList<T extends { readonly id: string }>(all: readonly T[], page: PageRequest): Page<T> {
  const start = page.cursor === undefined ? 0 : all.findIndex(({ id }) => id === page.cursor) + 1;
  return pageOfRows(all.slice(start, start + limitOf(page) + 1), limitOf(page), ({ id }) => id, (item) => item);
}

/** Of a list in the original's shape: said only where there is more. */
export const more = (nextCursor: string | null): { nextCursor?: string } => (nextCursor === null ? {} : { nextCursor });

export const iso = (time: Date): string => time.toISOString();
export const isoOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;
