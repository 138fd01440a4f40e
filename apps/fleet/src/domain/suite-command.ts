/** How a repository's own suite is run inside the sandbox: node runs the runner's entry file; npm and shells are not needed. */
export interface SuiteCommand {
  readonly framework: 'node:test' | 'jest' | 'vitest' | 'other';
  readonly argv: readonly string[];
}

interface PackageJson {
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Words of a simple command line; undefined where a shell would be needed to understand it. */
export function plainWords(command: string): string[] | undefined {
  if (/[|&;<>()$`\\\n*?[\]{}~#=%!]/.test(command.replaceAll(/'[^']*'|"[^"$`\\]*"/g, 'x'))) return undefined;
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
}

/** `npx x` of a script is the `x` of the dependencies, which are on the PATH; npx itself is not in the sandbox. */
export const withoutNpx = (script: string): string => script.replaceAll(/(^|[&|;]\s*)npx\s+(?:(?:--no-install|--no|--yes|-y|--)\s+)*/g, '$1');

const ENTRY: Readonly<Record<string, { framework: 'jest' | 'vitest'; entry: string; extra: readonly string[] }>> = {
  jest: { framework: 'jest', entry: 'node_modules/jest/bin/jest.js', extra: ['--ci', '--maxWorkers=2'] },
  vitest: { framework: 'vitest', entry: 'node_modules/vitest/vitest.mjs', extra: ['--pool=threads', '--maxWorkers=2'] },
};

/** Reads the `test` script of a package.json. A script that is not one known runner goes to the sandbox's `sh -c` as it stands. */
export function suiteCommand(packageJson: PackageJson): SuiteCommand | undefined {
  const written = packageJson.scripts?.['test'];
  if (written === undefined || /no test specified/.test(written)) return undefined;
  const script = withoutNpx(written);
  const words = plainWords(script);
  if (words?.[0] === 'node' && words.includes('--test')) return { framework: 'node:test', argv: words };
  const runner = words?.[0] === undefined ? undefined : ENTRY[words[0]];
  if (!runner) return { framework: 'other', argv: ['/bin/sh', '-c', script] };
  const given = words!.slice(1);
  const run = runner.framework === 'vitest' && given[0] !== 'run' ? ['run'] : [];
  return { framework: runner.framework, argv: ['node', runner.entry, ...run, ...given, ...runner.extra.filter((flag) => !given.includes(flag))] };
}
