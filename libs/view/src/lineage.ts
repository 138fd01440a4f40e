/** A thing that may have been started by another one. */
export interface Started {
  readonly instanceID: string;
  readonly parentInstanceID?: string;
}
export interface Placed<T> {
  readonly item: T;
  /** How many stand above it; 0 for who was started by nobody that is shown. */
  readonly depth: number;
}

/** Each below who started it, in the order in which they were given. What cannot be reached from the top stands there itself: nothing is lost. */
export function lineage<T extends Started>(items: readonly T[]): Placed<T>[] {
  const shown = new Set(items.map(({ instanceID }) => instanceID));
  const children = Map.groupBy(items, ({ parentInstanceID }) => (parentInstanceID !== undefined && shown.has(parentInstanceID) ? parentInstanceID : ''));
  const placed: Placed<T>[] = [];
  const done = new Set<string>();
  const place = (item: T, depth: number): void => {
    if (done.has(item.instanceID)) return;
    done.add(item.instanceID);
    placed.push({ item, depth });
    for (const child of children.get(item.instanceID) ?? []) place(child, depth + 1);
  };
  for (const item of children.get('') ?? []) place(item, 0);
  for (const item of items) place(item, 0);
  return placed;
}
