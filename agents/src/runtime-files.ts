import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';

/** One thing the runner must be able to read: `source` on this machine, shown to the worker as `target`. */
export interface RuntimeFile {
  source: string;
  target: string;
}

/**
 * Everything a shipped bot reads besides Node itself and its input: its own code, the framing, and the TypeScript parser.
 * Targets lie where module resolution looks from `agents/dist`; nothing else of the repository needs to be visible.
 */
export function runtimeFiles(): RuntimeFile[] {
  const dist = dirname(fileURLToPath(import.meta.url));
  const agents = dirname(dist);
  const modules = join(dirname(agents), 'node_modules');
  const contracts = dirname(dirname(dirname(fileURLToPath(import.meta.resolve('@countersign/contracts/worker/lines')))));
  const typescript = dirname(dirname(fileURLToPath(import.meta.resolve('typescript'))));
  return [
    { source: dist, target: dist },
    { source: join(agents, 'package.json'), target: join(agents, 'package.json') },
    { source: realpathSync(join(contracts, 'package.json')), target: join(modules, '@countersign/contracts/package.json') },
    { source: realpathSync(join(contracts, 'dist/worker')), target: join(modules, '@countersign/contracts/dist/worker') },
    { source: join(typescript, 'package.json'), target: join(typescript, 'package.json') },
    { source: join(typescript, 'lib/typescript.js'), target: join(typescript, 'lib/typescript.js') },
  ];
}
