// Lint, types, and every compiled *.spec.js, with a real Postgres and a real nats-server. Last line: `tests: …`.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt, tsc } from './lib/build.mjs';
import { waitForLock } from './lib/process-lock.mjs';
import { explain, paint, step } from './lib/report.mjs';
import { quietly } from './lib/run.mjs';
import { bundleSpecs, findSpecs, printSummary, runSpecs } from './lib/specs.mjs';
import { runStaged } from './lib/staged.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const node = process.execPath;
const bin = (...path) => join(ROOT, 'node_modules', ...path);

/** A step of the run: when it fails, it says why and counts as one failed test. */
const check = (title, failures, work) => attempt(title, failures, () => step(title, work));

/** The same for what shows its own steps. */
async function attempt(title, failures, work) {
  try {
    return await work();
  } catch (error) {
    explain(error);
    failures.push(title);
    return undefined;
  }
}

async function build() {
  const release = await waitForLock(join(ROOT, '.toolchain', 'setup.lock'));
  try {
    await ensureBuilt(ROOT, node);
  } finally {
    release();
  }
}

async function lint(filters) {
  const targets = filters.length > 0 ? filters : ['.'];
  await quietly(node, [bin('oxlint', 'bin', 'oxlint'), '--deny-warnings', ...targets], { cwd: ROOT });
}

async function webTypes() {
  await quietly(node, [tsc(ROOT), '-p', 'apps/web', '--noEmit', '--pretty', 'false'], { cwd: ROOT });
}

/** Real services for the tests. Their helpers live in the compiled command line, as the stack uses the same ones. */
async function services(failures) {
  const { startTestServices } = await import(pathToFileURL(join(ROOT, 'apps', 'cli', 'dist', 'stack', 'test-services.js')));
  const started = await check('Services', failures, () => startTestServices());
  Object.assign(process.env, started?.env);
  return started;
}

async function main(args) {
  const long = args.includes('--long');
  const filters = args.filter((arg) => !arg.startsWith('--'));
  const failures = [];
  await attempt('Build', failures, build);
  // Beside the tests: many of them wait for something, and the lint needs the processor only.
  const statics = Promise.all([
    check('Lint', failures, () => lint(filters)),
    ...(existsSync(join(ROOT, 'apps/web/tsconfig.json')) && filters.length === 0 ? [check('Web types', failures, webTypes)] : []),
  ]);
  const outcomes = await runAll(filters, long, failures);
  await statics;
  printSummary(outcomes);
  return { outcomes, failures };
}

async function runAll(filters, long, failures) {
  const files = findSpecs(ROOT, filters, long);
  if (files.length === 0) return [];
  const [started, programs] = await Promise.all([services(failures), check('Bundle', failures, () => bundleSpecs(ROOT, files))]);
  try {
    process.env.COUNTERSIGN_BUILT = '1';
    return programs ? await runSpecs(ROOT, programs, { long }) : [];
  } finally {
    await started?.stop();
  }
}

/** Enough of what went wrong to begin with where only the end of a log is kept; it was printed in full where it happened. */
const beginning = (text) => text.split('\n').slice(0, 40).join('\n').replaceAll(/^/gm, '      ');

function report({ outcomes, failures }) {
  const sum = (of) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  const skipped = sum((outcome) => outcome.skipped);
  const failed = sum((outcome) => outcome.failures.length) + failures.length;
  for (const title of failures) console.log(`  ${paint(31, '✗')} ${title}`);
  for (const { file, failures: failed } of outcomes) for (const { title, text } of failed) console.log(`  ${paint(31, '✗')} ${file} › ${title}\n${beginning(text)}`);
  if (passed + failed === 0) console.log('no test was found');
  console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && skipped === 0 && passed > 0 ? 0 : 1;
}

// exitCode rather than exit(): the last line must be out before the process ends.
process.exitCode = (await runStaged(ROOT, join('scripts', 'test.mjs'), process.argv.slice(2))) ?? report(await main(process.argv.slice(2)));
