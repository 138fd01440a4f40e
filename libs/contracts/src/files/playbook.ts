import { bundleFault, type BundleFault } from './bundle-rules.js';

interface Step {
  readonly key: string;
  readonly skill: string;
  readonly dependsOn?: readonly string[];
  readonly criteria: readonly { readonly id: string }[];
}

/** How many tasks may wait for each other in a row. */
export const MOST_DEPTH = 5;

/** What a schema cannot say about a playbook: unique keys, members that exist, and an order that ends, and soon. */
export function brokenPlaybook(skills: readonly string[], playbook: readonly Step[]): BundleFault[] {
  const keys = playbook.map(({ key }) => key);
  const stuck = inCycles(playbook);
  const deep = stuck.size === 0 ? depthsOf(playbook) : new Map<string, number>();
  return playbook.flatMap((step, index) => {
    const at = `/playbook/${index}`;
    return [
      ...bundleFault(keys.indexOf(step.key) < index, `${at}/key`, 'unique-key', 'another task has this key'),
      ...bundleFault(!skills.includes(step.skill), `${at}/skill`, 'known-skill', `no member has the skill ${step.skill}`),
      ...(step.dependsOn ?? []).flatMap((needed, n) => bundleFault(!keys.includes(needed), `${at}/dependsOn/${n}`, 'known-task', `there is no task ${needed}`)),
      ...bundleFault(stuck.has(step.key), `${at}/dependsOn`, 'no-cycle', 'the tasks wait for each other'),
      ...bundleFault((deep.get(step.key) ?? 0) > MOST_DEPTH, `${at}/dependsOn`, 'too-deep', `more than ${MOST_DEPTH} tasks wait for each other in a row`),
      ...step.criteria.flatMap(({ id }, n) => bundleFault(step.criteria.findIndex((other) => other.id === id) < n, `${at}/criteria/${n}/id`, 'unique-id', 'another criterion of this task has this id')),
    ];
  });
}

/** Keys that wait for each other: takes away what waits for nothing (Kahn 1962), then what nothing left waits for, until neither helps. */
export function inCycles(playbook: readonly Pick<Step, 'key' | 'dependsOn'>[]): ReadonlySet<string> {
  let left = [...playbook];
  for (;;) {
    const keys = new Set(left.map(({ key }) => key));
    const needed = new Set(left.flatMap(({ dependsOn = [] }) => dependsOn));
    const kept = left.filter(({ key, dependsOn = [] }) => needed.has(key) && dependsOn.some((other) => keys.has(other)));
    if (kept.length === left.length) return keys;
    left = kept;
  }
}

/** For each task how many stand in a row up to it, itself included. The tasks must not wait for each other. */
export function depthsOf(playbook: readonly Pick<Step, 'key' | 'dependsOn'>[]): ReadonlyMap<string, number> {
  const steps = new Map(playbook.map((step) => [step.key, step]));
  const depths = new Map<string, number>();
  const depthOf = (key: string): number => {
    const known = depths.get(key);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(0, ...(steps.get(key)?.dependsOn ?? []).filter((needed) => steps.has(needed)).map(depthOf));
    depths.set(key, depth);
    return depth;
  };
  for (const key of steps.keys()) depthOf(key);
  return depths;
}
