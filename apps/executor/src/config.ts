import { resolve } from 'node:path';

/** What the executor reads from its environment besides the common part. */
export interface ExecutorConfig {
  /** Where the fleet keeps its bare mirrors; only read. */
  readonly mirrorsDir: string;
  /** Where `file.publish` puts its folders; without it that effect is refused. */
  readonly publishDir: string | undefined;
}

export function readExecutorConfig(home: string, env: NodeJS.ProcessEnv): ExecutorConfig {
  const publishDir = env['COUNTERSIGN_PUBLISH_DIR'];
  return Object.freeze({
    mirrorsDir: resolve(env['COUNTERSIGN_MIRRORS'] ?? resolve(home, '../fleet/mirrors')),
    publishDir: publishDir === undefined || publishDir === '' ? undefined : resolve(publishDir),
  });
}
