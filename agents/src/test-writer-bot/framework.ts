import type { TestScaffoldCheck } from '@countersign/contracts/worker';

export type Framework = TestScaffoldCheck['framework'];

/** The test framework a package uses, or the name of one for which there is no mark that keeps a failing test green. */
export type Detected = { framework: Framework } | { unsupported: string };

const OTHERS = ['mocha', 'ava', 'tap', 'tape', 'jasmine', 'uvu', 'qunit', 'karma', 'bun'];

/** By the test script, then by the imports of the tests that exist, then by what is installed; node:test where there is nothing yet. */
export function detectFramework(manifest: Record<string, unknown>, testTexts: readonly string[]): Detected {
  const script = testScript(manifest);
  const named = script === undefined ? undefined : inScript(script);
  if (named) return named;
  const uses = (pattern: RegExp): boolean => testTexts.some((text) => pattern.test(text));
  if (uses(/['"]vitest['"]/)) return { framework: 'vitest' };
  if (uses(/['"]@jest\/globals['"]/)) return { framework: 'jest' };
  if (uses(/['"]node:test['"]/)) return { framework: 'node:test' };
  const installed = dependenciesOf(manifest);
  if (installed.has('vitest')) return { framework: 'vitest' };
  if (installed.has('jest')) return { framework: 'jest' };
  const other = OTHERS.find((name) => installed.has(name));
  return other === undefined ? { framework: 'node:test' } : { unsupported: other };
}

function inScript(script: string): Detected | undefined {
  if (/\bvitest\b/.test(script)) return { framework: 'vitest' };
  if (/\bjest\b/.test(script)) return { framework: 'jest' };
  if (/\bnode\b[^&|;]*\s--test\b/.test(script)) return { framework: 'node:test' };
  const other = OTHERS.find((name) => new RegExp(`(?:^|[\\s/])${name}(?:\\s|$)`).test(script));
  return other === undefined ? undefined : { unsupported: other };
}

export function testScript(manifest: Record<string, unknown>): string | undefined {
  const scripts = manifest['scripts'];
  const test = typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>)['test'] : undefined;
  return typeof test === 'string' && !/no test specified/.test(test) ? test : undefined;
}

function dependenciesOf(manifest: Record<string, unknown>): Set<string> {
  const all = ['dependencies', 'devDependencies', 'peerDependencies'].flatMap((key) => Object.keys((manifest[key] as object | undefined) ?? {}));
  return new Set(all);
}

const quoted = (path: string): string => (/^[\w@./+-]+$/.test(path) ? path : `'${path.replace(/'/g, `'\\''`)}'`);

/**
 * Whether the package's tests are TypeScript that is compiled before it runs: they name their imports `./x.js`, and no loader is at work.
 * Such tests cannot be run one by one, only by the package's own script.
 */
export function isCompiled(framework: Framework, manifest: Record<string, unknown>, tests: readonly { path: string; text: string }[]): boolean {
  if (framework !== 'node:test' || /\b(?:tsx|ts-node|swc|esbuild|--import|--loader|-r|--require)\b/.test(testScript(manifest) ?? '')) return false;
  return tests.some(({ path, text }) => /\.[mc]?ts$/.test(path) && /from ['"]\.[^'"]*\.[mc]?js['"]/.test(text));
}

/** The command that runs exactly these files, with the loader and configuration of the package's own script; for a shell, in the package's directory. */
export function commandFor(framework: Framework, manifest: Record<string, unknown>, files: readonly string[], failuresByLine = false): string {
  const script = testScript(manifest) ?? '';
  const paths = files.map(quoted).join(' ');
  if (framework === 'node:test') {
    const flags = /\bnode\s+((?:--?[\w-]+(?:[= ](?!-)[^\s&|;]+)?\s+)*?)--test\b/.exec(script)?.[1]?.trim() ?? '';
    return ['node', flags, '--test', ...(failuresByLine ? ['--test-reporter=tap'] : []), paths].filter((part) => part !== '').join(' ');
  }
  const step = script.split(/&&|;|\|\|/).find((part) => part.includes(framework))?.trim() ?? framework;
  const program = new RegExp(`^(?:.*?[\\s/=])?${framework}(?:\\.m?js)?(?=\\s|$)`).exec(step)?.[0] ?? framework;
  const config = /\s(?:--config|-c)[= ]\S+/.exec(step)?.[0] ?? '';
  return framework === 'jest' ? `${program}${config}${failuresByLine ? ' --verbose' : ''} --runTestsByPath ${paths}` : `${program} run${config}${failuresByLine ? ' --reporter=tap-flat' : ''} ${paths}`;
}
