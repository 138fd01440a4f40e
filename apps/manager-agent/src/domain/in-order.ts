interface Dependent {
  readonly key: string;
  readonly dependsOn: readonly string[];
}

/** Kahn's algorithm, keeping the given order where it leaves a choice; undefined for a cycle. What a key outside the list names does not count. */
export function inOrder<T extends Dependent>(tasks: readonly T[]): T[] | undefined {
  const keys = new Set(tasks.map(({ key }) => key));
  const placed = new Set<string>();
  const ordered: T[] = [];
  while (ordered.length < tasks.length) {
    const next = tasks.find(({ key, dependsOn }) => !placed.has(key) && dependsOn.every((dependency) => placed.has(dependency) || !keys.has(dependency)));
    if (!next) return undefined;
    placed.add(next.key);
    ordered.push(next);
  }
  return ordered;
}
