#!/usr/bin/env node
// The two commands' first half: brings a suitable Node, the packages and the build, then hands over.
// Runs on Node 20 or newer with nothing installed, so it is plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { compileCache } from './lib/compile-cache.mjs';
import { ensurePackages, findNpm } from './lib/install.mjs';
import { suitableNode } from './lib/node.mjs';
import { waitForLock } from './lib/process-lock.mjs';
import { explain, say, SetupError } from './lib/report.mjs';
import { handOver, trackCommands } from './lib/run.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const CLI = join('dist', 'cli.js');

/** What each word starts once everything is built: script, then the arguments in front of the person's own. */
const TARGETS = {
  build: undefined,
  demo: [CLI, 'demo'],
  dev: [CLI, 'dev'],
  cli: [CLI],
  test: [join('scripts', 'test.mjs')],
  'test:long': [join('scripts', 'test.mjs'), '--long'],
  bench: [join('scripts', 'bench.mjs')],
};
/** The test runner builds by itself: a type error is one of its results, not a broken set-up. */
const BUILDS_ITSELF = new Set(['test', 'test:long']);

async function main([word = 'build', ...rest]) {
  if (!(word in TARGETS)) throw new SetupError(`unknown word "${word}"`, { hint: `one of: ${Object.keys(TARGETS).join(', ')}` });
  // Others than their owner must be able to read what is installed: under root, parts of the stack run as other users.
  process.umask(0o022);
  const node = await setUp(word, rest);
  const target = TARGETS[word];
  if (!target) return 0;
  const [script, ...first] = target;
  const env = { NODE_COMPILE_CACHE: compileCache(ROOT), ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` };
  return handOver(node, [join(ROOT, script), ...first, ...rest], { env });
}

async function setUp(word, rest) {
  // Said by the test runner, which has built everything: many commands at once need not queue for the lock.
  if (process.env.COUNTERSIGN_BUILT) return suitableNode(ROOT, findNpm());
  const release = await waitForLock(join(ROOT, '.toolchain', 'setup.lock'), ({ pid }) => say(`  … another set-up is running here (process ${pid}); waiting for it`));
  process.once('exit', release);
  const untrack = await trackCommands(join(ROOT, '.toolchain', 'setup.child'));
  try {
    const npm = findNpm();
    const node = await suitableNode(ROOT, npm);
    await ensurePackages(ROOT, npm, node);
    if (!BUILDS_ITSELF.has(word) && !(word === 'cli' && talksToRunningStack(rest))) await ensureBuilt(ROOT, node);
    return node;
  } finally {
    untrack();
    release();
  }
}

/** Such a command belongs to the build that the stack was started from, and must work while a source is being edited. */
function talksToRunningStack([command]) {
  return command !== 'up' && command !== 'demo' && existsSync(join(ROOT, CLI));
}

function requireGit() {
  if (spawnSync('git', ['--version']).status !== 0) throw new SetupError('git is not on the PATH', { hint: 'install git and run the command again' });
}

try {
  requireGit();
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
