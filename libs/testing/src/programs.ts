import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The file to run for a program that a test starts beside itself (`*.main.ts`): its bundle, where the runner of the tests has made one (scripts/lib/specs.mjs), as the stack starts bundles too. */
export function programOf(compiled: URL): string {
  const path = fileURLToPath(compiled);
  const folder = process.env['COUNTERSIGN_TEST_PROGRAMS'];
  if (folder === undefined) return path;
  const bundle = join(folder, relative(ROOT, path).replaceAll('/', '--'));
  if (!existsSync(bundle)) throw new Error(`no bundle of ${path}: is it a *.main.ts?`);
  return bundle;
}
