import { availableParallelism } from 'node:os';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { projects } from './build.mjs';
import { paint } from './report.mjs';

/** Finds what hangs; a slow machine under load is not to be mistaken for it. */
const FILE_LIMIT_MS = 600_000;
/** One more than there are cores: the tests of the whole stack wait more than they work. */
const CONCURRENCY = Math.min(6, availableParallelism() + 1);
/** Milliseconds to expect of a file that was never timed here: what starts whole stacks comes first, so that nothing long is left for the end. */
const GUESSES = [
  [/^test.dist.(?:faults|journeys)/, 90_000],
  [/^(?:test.dist.stack|apps.cli.dist.stack)/, 60_000],
  [/^(?:agents|apps.fleet|apps.spawn-gate.dist.(?:parity|adapters.postgres)|test.dist.constitution)/, 20_000],
];
const guess = (file) => GUESSES.find(([pattern]) => pattern.test(file))?.[1] ?? 0;

/** Compiled test files, relative to the clone; with filters, those whose source or folder begins with one of them. */
export const findSpecs = (root, filters, long) => findCompiled(root, filters, long ? /\.long\.js$/ : /\.spec\.js$/);

export function findCompiled(root, filters, kind) {
  const kept = filters.map((filter) => relative(root, join(root, filter)));
  const wanted = (file) => kept.length === 0 || kept.some((filter) => sourceOf(file).startsWith(filter));
  return projects(root)
    .flatMap((project) => filesUnder(root, join(project, 'dist')))
    .filter((file) => kind.test(file) && wanted(file));
}

const sourceOf = (file) => file.replace('/dist/', '/src/').replace(/\.js$/, '.ts');

function filesUnder(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(root, join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/**
 * Runs the files in processes of their own, the slowest of last time first, prints a line per file and every failure in full.
 * Resolves with the sums; a file that holds no test, or ends early, counts as a failure.
 */
export async function runSpecs(root, files, { long }) {
  const times = readTimes(root);
  const expected = (file) => times[file] ?? guess(file);
  const ordered = [...files].sort((a, b) => expected(b) - expected(a));
  const outcomes = new Map();
  const outcomeOf = (path) => {
    const file = relative(root, path ?? '');
    if (!outcomes.has(file)) outcomes.set(file, { file, passed: 0, failures: [], skipped: 0, output: '', ms: 0 });
    return outcomes.get(file);
  };
  const stream = run({
    files: ordered.map((file) => join(root, file)),
    concurrency: CONCURRENCY,
    execArgv: ['--enable-source-maps', '--no-warnings'],
    ...(long ? {} : { timeout: FILE_LIMIT_MS }),
  });
  for await (const event of stream) record(event, outcomeOf);
  for (const outcome of outcomes.values()) times[outcome.file] = Math.round(outcome.ms);
  writeFileSync(timesPath(root), JSON.stringify(times));
  return [...outcomes.values()].filter(({ file }) => file !== '');
}

function record({ type, data }, outcomeOf) {
  if (type === 'test:stdout' || type === 'test:stderr') outcomeOf(data.entryFile ?? data.file).output += data.message;
  if (type === 'test:pass') recordPass(data, outcomeOf(data.entryFile ?? data.file));
  if (type === 'test:fail') recordFail(data, outcomeOf(data.entryFile ?? data.file));
  if (type === 'test:summary' && data.file) finish(outcomeOf(data.entryFile ?? data.file), data.duration_ms);
}

function recordPass(data, outcome) {
  if (data.details.type === 'suite') return;
  // Node reports a file without tests as one passing test that is named after the file.
  if (data.name === data.file) fail(outcome, 'the file holds no test', undefined);
  else if (data.skip !== undefined || data.todo !== undefined) outcome.skipped += 1;
  else outcome.passed += 1;
}

function recordFail(data, outcome) {
  const error = data.details.error;
  if (error?.failureType === 'subtestsFailed') return; // its parts are counted one by one
  if (data.name === data.file) fail(outcome, 'the file ended with an error of its own', error);
  else fail(outcome, [data.classname, data.name].filter(Boolean).join(' › '), error);
}

function fail(outcome, title, error) {
  outcome.failures.push(title);
  const cause = error?.cause ?? error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : cause === undefined ? '' : inspect(cause);
  console.log(`\n${paint(31, '✗')} ${sourceOf(outcome.file)} › ${title}\n${indent(text)}\n`);
}

function finish(outcome, ms) {
  outcome.ms = ms;
  const good = outcome.failures.length === 0;
  if (!good && outcome.output) console.log(indent(outcome.output.split('\n').slice(-60).join('\n')));
  const count = `${outcome.passed} passed${good ? '' : `, ${outcome.failures.length} failed`}${outcome.skipped ? `, ${outcome.skipped} skipped` : ''}`;
  console.log(`  ${good ? paint(32, '✓') : paint(31, '✗')} ${sourceOf(outcome.file).padEnd(64)} ${count.padEnd(12)} ${(ms / 1000).toFixed(1)}s`);
}

const indent = (text) => text.trimEnd().replaceAll(/^/gm, '    ');

/** Tests, failures and seconds of each workspace. */
export function printSummary(outcomes) {
  const packages = Map.groupBy(outcomes, ({ file }) => file.slice(0, file.indexOf('/dist/')));
  console.log('');
  for (const [name, files] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sum = (of) => files.reduce((total, file) => total + of(file), 0);
    const failed = sum(({ failures }) => failures.length);
    const text = `${sum(({ passed }) => passed)} passed, ${failed} failed`;
    console.log(`  ${failed ? paint(31, '✗') : paint(32, '✓')} ${name.padEnd(24)} ${text.padEnd(26)} ${(sum(({ ms }) => ms) / 1000).toFixed(1)}s`);
  }
}

const timesPath = (root) => join(root, '.toolchain', 'test-times.json');

function readTimes(root) {
  return existsSync(timesPath(root)) ? JSON.parse(readFileSync(timesPath(root), 'utf8')) : {};
}
