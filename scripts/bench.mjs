// Runs every compiled *.bench.js with real services. Each prints its figures beside the raw limit of the same run.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { step } from './lib/report.mjs';
import { findCompiled } from './lib/specs.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const filters = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const files = findCompiled(ROOT, filters, /\.bench\.js$/);
if (files.length === 0) {
  console.error('  there is no benchmark to run');
  process.exit(1);
}
const { startTestServices } = await import(pathToFileURL(join(ROOT, 'apps', 'cli', 'dist', 'stack', 'test-services.js')));
const services = await step('Services', () => startTestServices());
try {
  const env = { ...process.env, ...services.env, COUNTERSIGN_BUILT: '1' };
  // One after the other: two at once would measure each other.
  const failed = files.filter((file) => spawnSync(process.execPath, ['--enable-source-maps', join(ROOT, file)], { stdio: 'inherit', env, cwd: ROOT }).status !== 0);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  await services.stop();
}
