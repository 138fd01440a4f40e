import { connect } from 'node:net';
import type { Tool } from './find-tools.js';
import type { Identity } from './identity.js';
import type { ProcessSpec } from './managed-process.js';

const GREETING_MS = 1_000;

/** How to run nats-server with a configuration file that its user can read. */
export function natsSpec(tool: Tool, configPath: string, port: number, identity: Identity, log: Pick<ProcessSpec, 'logPath' | 'logReader'>, prepare: () => void): ProcessSpec {
  return {
    name: 'nats',
    command: tool.path,
    args: ['--config', configPath],
    // the gate reads the log's times in UTC, also of 2.9, which knows no setting for it
    env: { PATH: process.env.PATH, TZ: 'UTC' },
    identity,
    ...log,
    prepare,
    onOrphaned: 'TERM',
    stopSignal: 'SIGTERM',
    stopMs: 5_000,
    readyMs: 60_000,
    isReady: () => greets(port),
  };
}

/** The server speaks first: `INFO {…}` (NATS client protocol). */
export function greets(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const answer = (good: boolean): void => {
      socket.destroy();
      resolve(good);
    };
    socket.setTimeout(GREETING_MS, () => answer(false));
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('INFO ')));
    socket.once('error', () => answer(false));
    socket.once('close', () => answer(false));
  });
}
