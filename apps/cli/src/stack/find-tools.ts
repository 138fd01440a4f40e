import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { findProgram, installPackage, isProgram, unpackPackage } from './distribution.js';
import { CLONE } from './home.js';

const TOOLS = join(CLONE, '.toolchain');

/** Where a tool was found, and how the person would call it. */
export interface Tool {
  readonly path: string;
  readonly version: string;
  readonly from: string;
}

const versionOf = (path: string, pattern: RegExp): string => {
  const { stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return pattern.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[1] ?? '?';
};

/**
 * The nats-server to start: NATS_SERVER_BIN, the PATH, one unpacked earlier, the distribution's package.
 * The official release is not tried: it needs a committed file of checksums, and there is none.
 * When all fail, one SetupError says what was tried and what to do.
 */
export async function findNatsServer(env: NodeJS.ProcessEnv = process.env): Promise<Tool> {
  const described = (path: string, from: string): Tool => ({ path, from, version: versionOf(path, /v?(\d+\.\d+\.\d+)/) });
  const named = env.NATS_SERVER_BIN;
  if (named) {
    if (isProgram(named)) return described(named, 'NATS_SERVER_BIN');
    throw new SetupError(`NATS_SERVER_BIN names no program: ${named}`, { hint: 'correct the path, or unset it' });
  }
  const onPath = findProgram('nats-server', env.PATH);
  if (onPath) return described(onPath, onPath);
  try {
    const unpacked = await unpackPackage('nats-server', 'usr/sbin/nats-server', join(TOOLS, 'nats-server'));
    return described(unpacked, "the distribution's package");
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw noNats(error);
  }
}

function noNats(reason: SetupError): SetupError {
  return new SetupError(`no nats-server: not named by NATS_URL or NATS_SERVER_BIN, not on the PATH, and the distribution's package is out of reach (${reason.message})`, {
    log: reason.log,
    hint: 'install it (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server), or download a release of nats-io/nats-server and set NATS_SERVER_BIN to its path',
  });
}

/**
 * Bubblewrap for the workers' sandbox: the PATH, else the distribution's package (installed where possible, because some
 * distributions allow user namespaces to that path only; unpacked otherwise). Undefined, with the reason, where neither can
 * be had: the fleet then reports the level it really reaches.
 */
export async function findBubblewrap(env: NodeJS.ProcessEnv = process.env): Promise<{ tool: Tool | undefined; reason?: string }> {
  const described = (path: string, from: string): Tool => ({ path, from, version: versionOf(path, /(\d+\.\d+\.\d+)/) });
  if (process.platform !== 'linux') return { tool: undefined, reason: 'bubblewrap exists on Linux only' };
  const onPath = findProgram('bwrap', env.PATH);
  if (onPath) return { tool: described(onPath, onPath) };
  const attempts = [
    async () => installPackage('bubblewrap').then(() => findProgram('bwrap', env.PATH)),
    async () => unpackPackage('bubblewrap', 'usr/bin/bwrap', join(TOOLS, 'bubblewrap')),
  ];
  let reason = '';
  for (const attempt of attempts) {
    try {
      const path = await attempt();
      if (path && versionOf(path, /(\d)/) !== '?') return { tool: described(path, "the distribution's package") };
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      reason = error.message;
    }
  }
  return { tool: undefined, reason: reason || 'the package did not bring a bwrap that runs' };
}
