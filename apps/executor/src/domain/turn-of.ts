/** Whose turn it is: at most so many, those that come after the last of the turn before first, and then from the beginning again. Ordered by id, so that nobody is passed over for long. */
export function turnOf<T extends { readonly approval_id: string }>(all: readonly T[], last: string, most: number): T[] {
  const ordered = all.toSorted((a, b) => (a.approval_id < b.approval_id ? -1 : 1));
  const after = ordered.findIndex(({ approval_id }) => approval_id > last);
  return (after < 0 ? ordered : [...ordered.slice(after), ...ordered.slice(0, after)]).slice(0, most);
}
