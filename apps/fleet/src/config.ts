import { ConfigError } from '@countersign/service';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SandboxProduct } from './adapters/sandbox/index.js';

/** What the fleet reads from its environment besides the common part. */
export interface FleetConfig {
  readonly agentsDir: string;
  readonly mirrorsDir: string;
  readonly workDir: string;
  readonly sandbox: SandboxProduct;
  /** Workers at once. */
  readonly concurrency: number;
}

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)));
const PRODUCTS = ['strict', 'process', 'none'] as const;

export function readFleetConfig(home: string, env: NodeJS.ProcessEnv): FleetConfig {
  const sandbox = env['COUNTERSIGN_SANDBOX'] ?? 'strict';
  if (!PRODUCTS.includes(sandbox as SandboxProduct)) throw new ConfigError([`COUNTERSIGN_SANDBOX is not one of ${PRODUCTS.join(', ')}`]);
  if (sandbox === 'none' && env['NODE_ENV'] === 'production') throw new ConfigError(['COUNTERSIGN_SANDBOX is none, which is not for production']);
  return Object.freeze({
    agentsDir: env['COUNTERSIGN_AGENTS_DIR'] ?? resolve(ROOT, 'agents'),
    mirrorsDir: env['COUNTERSIGN_MIRRORS'] ?? resolve(home, 'mirrors'),
    workDir: resolve(home, 'work'),
    sandbox: sandbox as SandboxProduct,
    concurrency: Number(env['COUNTERSIGN_WORKERS'] ?? 2),
  });
}
