/** The fewest of the steps that still fail, found by leaving out ever smaller parts; stops looking when it took too long. */
export async function shortest<T>(steps: readonly T[], fails: (steps: readonly T[]) => Promise<boolean>, withinMs: number): Promise<readonly T[]> {
  const deadline = performance.now() + withinMs;
  let kept = steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && performance.now() < deadline; ) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (await fails(without)) kept = without;
      else from += size;
    }
  }
  return kept;
}
