import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { NOBODY } from './database.js';
import { findBubblewrap, findNatsServer } from './find-tools.js';
import { isRoot, ownFolder } from './identity.js';
import { ManagedProcess } from './managed-process.js';
import { freePort } from './ports.js';
import { adminUrl, ensureCluster, postgresSpec, type Cluster } from './postgres.js';
import { postgresBinaries } from './postgres-binaries.js';

/** Real services for a run of the tests: how the tests find them, and how to end them. */
export interface TestServices {
  readonly env: Readonly<Record<string, string>>;
  readonly detail: string;
  stop(): Promise<void>;
}

/**
 * Starts a throw-away Postgres (TEST_PG_URL, a superuser's) and makes sure of nats-server (TEST_NATS_BIN) and bubblewrap
 * (on the PATH). Rejects when one of them cannot be had: a test without its service would prove nothing.
 */
export async function startTestServices(): Promise<TestServices> {
  const [nats, sandbox] = await Promise.all([findNatsServer(), findBubblewrap()]);
  if (!sandbox.tool && process.platform === 'linux') throw new SetupError(`no bubblewrap: ${sandbox.reason}`, { hint: 'install the package bubblewrap' });
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  chmodSync(folder, 0o755);
  const cluster = throwAwayCluster(folder);
  await ensureCluster(cluster);
  const port = await freePort();
  const postgres = new ManagedProcess(postgresSpec(cluster, port, join(folder, 'postgres.log')), () => undefined);
  await postgres.start();
  const path = [dirname(process.execPath), ...(sandbox.tool ? [dirname(sandbox.tool.path)] : []), process.env.PATH ?? ''].join(delimiter);
  return {
    env: { TEST_PG_URL: adminUrl(cluster, port, 'postgres'), TEST_NATS_BIN: nats.path, PATH: path },
    detail: `Postgres ${cluster.binaries.version}, nats-server ${nats.version}, bubblewrap ${sandbox.tool?.version ?? '-'}`,
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function throwAwayCluster(folder: string): Cluster {
  const identity = isRoot() ? { uid: NOBODY, gid: NOBODY } : undefined;
  const binaries = postgresBinaries(folder, identity !== undefined);
  return { folder: ownFolder(join(folder, 'pg'), identity), binaries, identity, password: randomBytes(12).toString('hex'), durable: false };
}
