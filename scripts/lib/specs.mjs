import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { projects } from './build.mjs';
import { bundle } from './bundle.mjs';
import { paint } from './report.mjs';

/** Finds what hangs; a slow machine under load is not to be mistaken for it. */
const FILE_LIMIT_MS = 1_200_000;
/** One more than there are cores: tests wait more than they work. Those of a whole stack, most with a browser, take the place of two: side by side they keep each other from answering in time. */
const PLACES = Math.min(6, availableParallelism() + 1);
const WHOLE_STACK = /^(?:test.dist.(?:faults|journeys|simulation|stack)|apps.cli.dist.stack)/;
const placesOf = ({ files }) => (files.some((file) => WHOLE_STACK.test(file)) ? 2 : 1);
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const REPORTER = new URL('spec-events.mjs', import.meta.url).href;
/** Milliseconds to expect of a file that was never timed here: what starts whole stacks comes first, so that nothing long is left for the end. */
const GUESSES = [
  [/^test.dist.(?:faults|journeys|simulation)/, 90_000],
  [/^(?:test.dist.stack|apps.cli.dist.stack)/, 60_000],
  [/^(?:agents|apps.fleet|apps.spawn-gate.dist.(?:parity|adapters.postgres)|test.dist.wire)/, 20_000],
  [/^(?:apps.(?:gateway|manager-agent|executor).dist.(?!domain)|libs.(?:audit|service)|test.dist.constitution)/, 5_000],
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

/** What tests start beside themselves; they ask for it with `programOf` (libs/testing/src/programs.ts). The stack's own programs are not among it: they run as they ship. */
const PROGRAM = /\/(?:testing|spec-support)\/[^/]+\.main\.js$/;

/**
 * Kinds of specs that share a process, as loading and warming up the same code is most of what they cost: those of rules, which
 * are pure functions, and those that have a database, and where they need it a broker, of their own. None changes what the next finds.
 */
const SHARED = [
  /^(?:apps\/[^/]+\/dist\/domain|libs\/view\/dist)\//,
  /^libs\/(?:audit|bus|models)\/dist\//,
  // Documents made of everything that is loaded: they stay alone.
  /^libs\/contracts\/dist\/(?!api-documents\.)/,
  /^libs\/service\/dist\/(?!crash\.)/,
  /^test\/dist\/(?:constitution|docs)\//,
  /^apps\/cli\/dist\/(?!commands\/|stack\/stack\.)/,
  /^apps\/gateway\/dist\/adapters\//,
  /^apps\/manager-agent\/dist\/[^/]+$/,
  /^apps\/executor\/dist\/(?:[^/]+$|adapters\/(?!crash\.))/,
  // The others take long, or have a `beforeEach` outside their describe, which would run before each test of all.
  /^apps\/spawn-gate\/dist\/adapters\/postgres\/(?!(?:crash|customer-account|ledger|meter|places|spawn|top-up)\.)/,
  /^apps\/fleet\/dist\/adapters\/(?:agents|git|worker)\//,
];
const TOGETHER = 24;

/**
 * Bundles the files and the programs that they start, as each would load Nest and all its packages module by module; returns
 * what to run: a program, and the files whose tests it holds.
 */
export async function bundleSpecs(root, files) {
  const out = join(root, '.toolchain', 'specs');
  rmSync(out, { recursive: true, force: true });
  const nameOf = (file) => file.replace(/\.js$/, '').replaceAll('/', '--');
  const entries = [...files, ...findCompiled(root, [], PROGRAM)];
  await bundle(root, out, Object.fromEntries(entries.map((file) => [nameOf(file), join(root, file)])));
  const alone = files.filter((file) => !SHARED.some((kind) => kind.test(file)));
  const programs = alone.map((file) => ({ program: join(out, `${nameOf(file)}.js`), files: [file] }));
  for (const kind of SHARED) {
    const rest = files.filter((file) => kind.test(file));
    while (rest.length > 0) {
      const own = rest.splice(0, TOGETHER);
      const program = join(out, `together-${programs.length}.js`);
      writeFileSync(program, own.map((file) => `import './${nameOf(file)}.js';\n`).join(''));
      programs.push({ program, files: own });
    }
  }
  return programs;
}

/**
 * Runs each program in a process group of its own, the slowest of last time first, and prints a line per file, what its tests report, and
 * every failure in full. What a program leaves running is ended with it, and one that does not end is ended: neither may hold up the rest.
 * Resolves with the sums; a file that holds no test, or ends early, counts as a failure.
 */
export async function runSpecs(root, programs, { long }) {
  const times = readTimes(root);
  const expected = ({ files }) => files.reduce((sum, file) => sum + (times[file] ?? guess(file)), 0);
  // What takes two places comes first: after it, one place alone would never do.
  const waiting = [...programs].sort((a, b) => placesOf(b) - placesOf(a) || expected(b) - expected(a));
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-specs-'));
  const running = new Set();
  const stop = () => {
    waiting.length = 0;
    running.forEach(endGroup);
  };
  // Their groups do not get the terminal's Ctrl-C: they are ended with us, and what was done so far is still summed up.
  for (const signal of INTERRUPTS) process.on(signal, stop);
  const outcomes = [];
  const runOne = async (program) => {
    const ended = await runProgram(root, program, { running, scratch, limitMs: long ? undefined : FILE_LIMIT_MS });
    outcomes.push(...ended);
    for (const outcome of ended) printOutcome(outcome, long);
  };
  await inPlaces(waiting, PLACES, placesOf, runOne);
  for (const signal of INTERRUPTS) process.off(signal, stop);
  for (const outcome of outcomes) times[outcome.file] = Math.round(outcome.ms);
  writeFileSync(timesPath(root), JSON.stringify(times));
  rmSync(scratch, { recursive: true });
  return outcomes;
}

/** Does the work for what waits, the first that fits next, and resolves when all of it has ended. */
async function inPlaces(waiting, places, placesOf, work) {
  let free = places;
  const working = new Set();
  while (waiting.length + working.size > 0) {
    const next = waiting.findIndex((one) => placesOf(one) <= free);
    if (next === -1) {
      await Promise.race(working);
      continue;
    }
    const [one] = waiting.splice(next, 1);
    free -= placesOf(one);
    const done = work(one).finally(() => {
      free += placesOf(one);
      working.delete(done);
    });
    working.add(done);
  }
}

/** Output and events go to files, not pipes: a pipe stays open for as long as any left-over process holds it. */
async function runProgram(root, { program, files }, { running, scratch, limitMs }) {
  const name = basename(program);
  const eventsPath = join(scratch, `${name}.events`);
  const outputPath = join(scratch, `${name}.output`);
  const output = openSync(outputPath, 'w');
  const started = Date.now();
  const args = ['--enable-source-maps', '--no-warnings', `--test-reporter=${REPORTER}`, `--test-reporter-destination=${eventsPath}`, program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', output, output], detached: true, env: { ...process.env, COUNTERSIGN_TEST_PROGRAMS: dirname(program) } });
  closeSync(output);
  running.add(child.pid);
  const end = await ending(child, limitMs);
  endGroup(child.pid);
  running.delete(child.pid);
  const events = existsSync(eventsPath) ? readFileSync(eventsPath, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
  const printed = readFileSync(outputPath, 'utf8');
  if (files.length === 1) return [{ ...sumUp(events, end), file: files[0], ms: Date.now() - started, output: printed }];
  return eachFile(root, files, events, end).map((outcome) => ({ ...outcome, output: printed }));
}

/** The sums of files that ran together: a test belongs to the file it is written in. An end in failure that a failed test explains is said once. */
function eachFile(root, files, events, end) {
  const notes = events.filter(({ note }) => note !== undefined);
  const ownerOf = ({ file }) => files.find((own) => file !== undefined && sourceOf(own) === relative(root, file)) ?? files[0];
  const of = Map.groupBy(events.filter(({ note }) => note === undefined), ownerOf);
  const explained = end?.endsWith('exit code 1') && events.some(({ failure }) => failure);
  return files.map((file) => {
    const own = of.get(file) ?? [];
    return { ...sumUp([...own, ...notes], explained ? undefined : end), file, ms: own.reduce((sum, { ms = 0 }) => sum + ms, 0) };
  });
}

/** How the program's process ended: nothing to say, or why that is a failure of its own. */
async function ending(child, limitMs) {
  let late = false;
  const timer = limitMs && setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, limitMs);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  if (late) return `did not end within ${limitMs / 1000} s`;
  if (signal) return `the file was ended by ${signal}`;
  return code === 0 ? undefined : `the file ended with exit code ${code}`;
}

function sumUp(events, end) {
  const notes = events.flatMap(({ note }) => note ?? []).join('\n');
  const reports = events.flatMap(({ report }) => report ?? []);
  const tests = events.filter(({ title, suite, failure }) => title !== undefined && !(suite && !failure));
  const failures = tests.filter(({ failure }) => failure && !failure.parts).map(({ title, failure }) => ({ title, text: failure.text }));
  const skipped = tests.filter((test) => test.passed && test.skipped).length;
  const passed = tests.filter((test) => test.passed).length - skipped;
  // A failed test makes the exit code 1 by itself: that is said once.
  if (end && (failures.length === 0 || !end.endsWith('exit code 1'))) failures.push({ title: end, text: notes });
  if (failures.length + passed + skipped === 0) failures.push({ title: 'the file holds no test', text: '' });
  return { passed, skipped, failures, reports };
}

/** Ends a process group; one that has ended already is no error. */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** What a long form prints are its figures. */
function printOutcome({ file, passed, skipped, failures, reports, output, ms }, long) {
  const good = failures.length === 0;
  for (const { title, text } of failures) console.log(`\n${paint(31, '✗')} ${sourceOf(file)} › ${title}\n${indent(text)}\n`);
  if ((long || !good) && output) console.log(indent(output.split('\n').slice(-60).join('\n')));
  const count = `${passed} passed${good ? '' : `, ${failures.length} failed`}${skipped ? `, ${skipped} skipped` : ''}`;
  console.log(`  ${good ? paint(32, '✓') : paint(31, '✗')} ${sourceOf(file).padEnd(64)} ${count.padEnd(12)} ${(ms / 1000).toFixed(1)}s`);
  for (const report of reports) console.log(indent(report));
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
