// Runs every compiled *.bench.js with real services. Each prints its figures beside the raw limit of the same run.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { step } from './lib/report.mjs';
import { handOver } from './lib/run.mjs';
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
  let failed = 0;
  // One after the other: two at once would measure each other.
  for (const file of files) failed += (await handOver(process.execPath, ['--enable-source-maps', join(ROOT, file)], { env })) === 0 ? 0 : 1;
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await services.stop();
}
