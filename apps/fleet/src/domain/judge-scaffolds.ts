/** What a test runner said about one test, through the reporter that the host gave it. */
export interface Reported {
  /** The test's name with those of its suites; the path of a file that broke. */
  readonly title: string;
  readonly outcome: 'passed' | 'failed' | 'todo' | 'skipped';
}

export interface ScaffoldRun {
  readonly exitCode: number | null;
  readonly reported: readonly Reported[];
}

/** What is wrong with scaffolds that were run as they are: with their marks the run is green, and every one of them is in it. */
export function wrongWithMarks(titles: readonly string[], { exitCode, reported }: ScaffoldRun): string[] {
  const broken = reported.filter(({ outcome }) => outcome === 'failed').map(({ title }) => title);
  if (exitCode !== 0 || broken.length > 0) return [`with their marks the run is not green${broken.length > 0 ? `: ${list(broken)}` : ''}`];
  const missing = without(titles, reported.filter(({ outcome }) => outcome === 'todo' || outcome === 'passed').map(({ title }) => title));
  return missing.length > 0 ? [`the run does not hold ${list(missing)}`] : [];
}

/**
 * What is wrong with scaffolds that were run without their marks: exactly they fail, each of them, and nothing else does.
 * `alone`: nothing but their files was run, so that nothing else may have passed either.
 */
export function wrongWithoutMarks(titles: readonly string[], { exitCode, reported }: ScaffoldRun, alone: boolean): string[] {
  const failed = reported.filter(({ outcome }) => outcome === 'failed').map(({ title }) => title);
  const green = without(titles, failed);
  const others = [...without(failed, titles), ...(alone ? without(reported.filter(({ outcome }) => outcome !== 'failed').map(({ title }) => title), titles) : [])];
  return [
    ...(green.length > 0 ? [`these do not fail without their mark: ${list(green)}`] : []),
    ...(others.length > 0 ? [`these ran and are no scaffolds: ${list(others)}`] : []),
    ...(exitCode === 0 || exitCode === null ? ['the run without marks did not end as a failed one'] : []),
  ];
}

/** The items of `all` that are left when each of `taken` takes one like it away. */
function without(all: readonly string[], taken: readonly string[]): string[] {
  const left = [...all];
  for (const item of taken) {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

const SHOWN = 10;
const list = (items: readonly string[]): string => `${items.slice(0, SHOWN).join(', ')}${items.length > SHOWN ? ` and ${items.length - SHOWN} more` : ''}`;
