/** Does something with each, so many at once; returns what came of them, in order. Rejects with the first that failed, when those at work with it have ended or failed. */
export async function eachAtOnce<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += most) results.push(...(await Promise.all(items.slice(start, start + most).map(work))));
  return results;
}
